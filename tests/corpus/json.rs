//! JSON that some readers take and others read otherwise. The payloads are signed as they are.

use crate::forge::{AUDIENCE, Forge, ISSUER, Row, row};

/// Ways to spoil an object, written around its members.
fn spoiled(members: &str, name: &str, value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let object = format!("{{{members}}}");
    let deep = format!("{{{members},\"x\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    let mut not_utf8 = format!("{{{members},\"x\":\"").into_bytes();
    not_utf8.extend(b"\xff\xfe\"}");
    let mut overlong = format!("{{{members},\"x\":\"").into_bytes();
    overlong.extend(b"\xc0\xaf\"}");
    let utf16_be = object.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf32 = object
        .chars()
        .flat_map(|c| u32::from(c).to_le_bytes())
        .collect();
    let mut cesu8 = format!("{{{members},\"x\":\"").into_bytes();
    cesu8.extend(b"\xed\xa0\xbd\xed\xb4\x91\"}");
    vec![
        (
            "a name twice, the same value",
            format!("{{{members},\"{name}\":{value}}}").into(),
        ),
        (
            "a name twice, another value first",
            format!("{{\"{name}\":\"x\",{members}}}").into(),
        ),
        (
            "a name twice, once escaped",
            format!(
                "{{{members},\"\\u{:04x}{}\":\"x\"}}",
                name.as_bytes()[0],
                &name[1..]
            )
            .into(),
        ),
        (
            "a name twice further in",
            format!("{{{members},\"x\":{{\"y\":1,\"y\":2}}}}").into(),
        ),
        (
            "a name twice in an array",
            format!("{{{members},\"x\":[{{\"y\":1,\"y\":1}}]}}").into(),
        ),
        ("a byte order mark", format!("\u{feff}{object}").into()),
        ("UTF-16", utf16(&object)),
        ("no UTF-8", not_utf8),
        ("an overlong slash", overlong),
        (
            "a lone high surrogate",
            format!("{{{members},\"x\":\"\\ud800\"}}").into(),
        ),
        (
            "a lone low surrogate",
            format!("{{{members},\"x\":\"\\udc00\"}}").into(),
        ),
        ("NaN", format!("{{{members},\"x\":NaN}}").into()),
        ("Infinity", format!("{{{members},\"x\":-Infinity}}").into()),
        (
            "a number out of range",
            format!("{{{members},\"x\":1e999}}").into(),
        ),
        (
            "a number with a leading zero",
            format!("{{{members},\"x\":01}}").into(),
        ),
        (
            "a hexadecimal number",
            format!("{{{members},\"x\":0x1}}").into(),
        ),
        ("two hundred arrays", deep.into()),
        ("a letter behind", format!("{object}x").into()),
        ("an object behind", format!("{object}{{}}").into()),
        ("a NUL behind", format!("{object}\0").into()),
        ("a comma too many", format!("{{{members},}}").into()),
        ("a comment", format!("{{{members}/**/}}").into()),
        ("a line comment", format!("{object}//").into()),
        ("single quotes", object.replace('"', "'").into()),
        ("names without quotes", format!("{{{members},x:1}}").into()),
        (
            "a raw newline in a text",
            format!("{{{members},\"x\":\"\n\"}}").into(),
        ),
        (
            "an unknown escape",
            format!("{{{members},\"x\":\"\\x41\"}}").into(),
        ),
        ("no end", format!("{{{members}").into()),
        ("an array around it", format!("[{object}]").into()),
        ("a text around it", format!("{object:?}").into()),
        ("null", "null".into()),
        ("UTF-16, the other way round", utf16_be),
        ("UTF-32", utf32),
        ("surrogates in UTF-8", cesu8),
        (
            "two high surrogates",
            format!("{{{members},\"x\":\"\\ud800\\ud800\"}}").into(),
        ),
        (
            "surrogates turned round",
            format!("{{{members},\"x\":\"\\udc00\\ud800\"}}").into(),
        ),
        (
            "a short escape",
            format!("{{{members},\"x\":\"\\u00e\"}}").into(),
        ),
        (
            "a raw tab in a text",
            format!("{{{members},\"x\":\"\t\"}}").into(),
        ),
        (
            "a raw NUL in a text",
            format!("{{{members},\"x\":\"\0\"}}").into(),
        ),
        (
            "a form feed between members",
            format!("{{{members},\u{c}\"x\":1}}").into(),
        ),
        (
            "a no-break space between members",
            format!("{{{members},\u{a0}\"x\":1}}").into(),
        ),
        (
            "a plus before a number",
            format!("{{{members},\"x\":+1}}").into(),
        ),
        (
            "a number without its first digit",
            format!("{{{members},\"x\":.5}}").into(),
        ),
        (
            "a number without its last digit",
            format!("{{{members},\"x\":1.}}").into(),
        ),
        (
            "a number without its exponent",
            format!("{{{members},\"x\":1e}}").into(),
        ),
        ("a minus alone", format!("{{{members},\"x\":-}}").into()),
        (
            "a number with an underscore",
            format!("{{{members},\"x\":1_0}}").into(),
        ),
        ("True", format!("{{{members},\"x\":True}}").into()),
        ("undefined", format!("{{{members},\"x\":undefined}}").into()),
        (
            "Infinity without a sign",
            format!("{{{members},\"x\":Infinity}}").into(),
        ),
        (
            "a negative number out of range",
            format!("{{{members},\"x\":-1e999}}").into(),
        ),
        (
            "a name that is a number",
            format!("{{{members},1:1}}").into(),
        ),
        (
            "a name that is null",
            format!("{{{members},null:1}}").into(),
        ),
        (
            "a name without a value",
            format!("{{{members},\"x\"}}").into(),
        ),
        (
            "a name twice, in empty texts",
            format!("{{{members},\"\":1,\"\":1}}").into(),
        ),
        (
            "a name twice, once with an escaped slash",
            format!("{{{members},\"a/b\":1,\"a\\/b\":1}}").into(),
        ),
        (
            "a name twice, once as surrogates",
            format!("{{{members},\"\u{1f511}\":1,\"\\ud83d\\udd11\":1}}").into(),
        ),
        (
            "a name twice, deep within",
            format!("{{{members},\"x\":[[[{{\"y\":[{{\"z\":1,\"z\":1}}]}}]]]}}").into(),
        ),
        (
            "a comma before the first member",
            format!("{{,{members}}}").into(),
        ),
        ("two commas", format!("{{{members},,\"x\":1}}").into()),
        ("a semicolon", format!("{{{members};\"x\":1}}").into()),
        ("an equals sign", format!("{{{members},\"x\"=1}}").into()),
        (
            "a bracket in place of the brace",
            format!("{{{members}]").into(),
        ),
        ("JSON5", format!("{{{members},\"x\":'y',}}").into()),
        ("YAML", "alg: RS256\nkid: RS256\n".into()),
        ("a text sequence", format!("\u{1e}{object}\n").into()),
        (
            "a prefix against hijacking",
            format!(")]}}',\n{object}").into(),
        ),
        ("a number", "7".into()),
        ("white space", "  ".into()),
    ]
}

pub fn headers(forge: &Forge) -> Vec<Row> {
    let payload = forge.claims().to_string();
    spoiled(r#""alg":"RS256","kid":"RS256""#, "alg", "\"RS256\"")
        .into_iter()
        .map(|(name, header)| {
            let token = Forge::signed_bytes(&header, payload.as_bytes());
            row(format!("header: {name}"), token, "malformed_header")
        })
        .collect()
}

/// The arrays that may stand within each other in a member.
pub const DEEPEST: usize = 126;

pub fn payloads(forge: &Forge) -> Vec<Row> {
    let header = br#"{"alg":"RS256","kid":"RS256"}"#;
    let exp = forge.now() + 300;
    let members = format!(r#""iss":"{ISSUER}","aud":"{AUDIENCE}","exp":{exp},"sub":"ada""#);
    let nested = |depth| {
        format!(
            "{{{members},\"x\":{}{}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    let mut all = spoiled(&members, "sub", "\"ada\"");
    all.push(("an array more than the deepest", nested(DEEPEST + 1).into()));
    all.into_iter()
        .map(|(name, payload)| {
            let token = Forge::signed_bytes(header, &payload);
            row(format!("payload: {name}"), token, "malformed_payload")
        })
        .collect()
}
