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

pub fn payloads(forge: &Forge) -> Vec<Row> {
    let header = br#"{"alg":"RS256","kid":"RS256"}"#;
    let exp = forge.now() + 300;
    let members = format!(r#""iss":"{ISSUER}","aud":"{AUDIENCE}","exp":{exp},"sub":"ada""#);
    spoiled(&members, "sub", "\"ada\"")
        .into_iter()
        .map(|(name, payload)| {
            let token = Forge::signed_bytes(header, &payload);
            row(format!("payload: {name}"), token, "malformed_payload")
        })
        .collect()
}
