//! Texts that are no compact JWS, or not in its one spelling.

use serde_json::json;

use crate::forge::{Forge, Row, encode, row};

pub fn base64(forge: &Forge) -> Vec<Row> {
    let good = forge.good();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let illegal = "illegal_character";
    let mut rows = Vec::new();
    for (name, text) in [
        ("=", "="),
        ("==", "=="),
        ("+", "+"),
        ("/", "/"),
        ("a space", " "),
        ("a tab", "\t"),
        ("a newline", "\n"),
        ("CRLF", "\r\n"),
        ("NUL", "\0"),
        ("a quote", "\""),
        ("a comma", ","),
        ("%", "%"),
        ("a no-break space", "\u{a0}"),
        ("a full-width dot", "\u{ff0e}"),
        ("a byte order mark", "\u{feff}"),
    ] {
        rows.push(row(
            format!("{name} at the end"),
            format!("{good}{text}"),
            illegal,
        ));
        rows.push(row(
            format!("{name} at the start"),
            format!("{text}{good}"),
            illegal,
        ));
        rows.push(row(
            format!("{name} behind the header"),
            format!("{header}{text}.{payload}.{signature}"),
            illegal,
        ));
    }
    let standard = good.replace('-', "+").replace('_', "/");
    if standard != good {
        rows.push(row("the standard alphabet", standard, illegal));
    }
    // One character more than whole bytes.
    for (name, token) in [
        ("header", format!("A.{payload}.{signature}")),
        ("payload", format!("{header}.A.{signature}")),
        ("signature", format!("{header}.{payload}.A")),
    ] {
        rows.push(row(
            format!("a lone character as the {name}"),
            token,
            "bad_base64",
        ));
    }
    // Bits behind the last whole byte, which other readers throw away.
    let mut claims = forge.claims().to_string();
    while claims.len() % 3 != 1 {
        claims.push(' ');
    }
    let header_bytes = br#"{"alg":"RS256","kid":"RS256","x":""}"#;
    let signed = Forge::signed_bytes(header_bytes, claims.as_bytes());
    let parts: Vec<&str> = signed.split('.').collect();
    for (name, index) in [("payload", 1), ("signature", 2)] {
        let mut parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        let last = parts[index].pop().unwrap();
        parts[index].push(next_of_same_bytes(last));
        rows.push(row(
            format!("trailing bits in the {name}"),
            parts.join("."),
            "bad_base64",
        ));
    }
    let odd = encode(br#"{"alg":"RS256","kid":"RS256","x":1}"#);
    let last = odd.chars().last().unwrap();
    let odd = format!("{}{}", &odd[..odd.len() - 1], next_of_same_bytes(last));
    rows.push(row(
        "trailing bits in the header",
        format!("{odd}.{payload}.{signature}"),
        "bad_base64",
    ));
    rows
}

/// The next letter of the alphabet: it differs in the lowest bit, which no byte holds.
fn next_of_same_bytes(letter: char) -> char {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = ALPHABET.find(letter).unwrap();
    ALPHABET.chars().nth(at ^ 1).unwrap()
}

pub fn segments(forge: &Forge) -> Vec<Row> {
    let good = forge.good();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let flat = json!({ "protected": header, "payload": payload, "signature": signature });
    let general = json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] });
    let jwe = encode(br#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
    let nested = encode(good.as_bytes());
    let wrong = "not_three_segments";
    [
        ("nothing", String::new(), wrong),
        ("a dot", ".".into(), wrong),
        ("two dots", "..".into(), "malformed_header"),
        ("three dots", "...".into(), wrong),
        ("the header alone", header.into(), wrong),
        ("header and payload", format!("{header}.{payload}"), wrong),
        (
            "payload and signature",
            format!("{payload}.{signature}"),
            wrong,
        ),
        ("a segment more", format!("{good}.{signature}"), wrong),
        ("a dot before", format!(".{good}"), wrong),
        ("a dot behind", format!("{good}."), wrong),
        ("a dot twice", good.replacen('.', "..", 1), wrong),
        (
            "five segments",
            format!("{good}.{payload}.{signature}"),
            wrong,
        ),
        (
            "a JWE",
            format!("{jwe}.AAAA.AAAA.AAAA.AAAA"),
            "encrypted_token",
        ),
        (
            "a JWE cut to three",
            format!("{jwe}.AAAA.AAAA"),
            "algorithm_not_allowed",
        ),
        ("two tokens", format!("{good}.{good}"), wrong),
        ("thousands of dots", ".".repeat(8000), wrong),
        ("dots between letters", "a.".repeat(4000), wrong),
        (
            "no header",
            format!(".{payload}.{signature}"),
            "malformed_header",
        ),
        (
            "no payload",
            format!("{header}..{signature}"),
            "malformed_payload",
        ),
        ("neither", format!("{header}.."), "malformed_payload"),
        (
            "segments turned round",
            format!("{signature}.{payload}.{header}"),
            "malformed_header",
        ),
        (
            "payload in the header's place",
            format!("{payload}.{payload}.{signature}"),
            "algorithm_not_allowed",
        ),
        (
            "header in the payload's place",
            format!("{header}.{header}.{signature}"),
            "missing_claim",
        ),
        ("the flat JSON form", flat.to_string(), "illegal_character"),
        (
            "the general JSON form",
            general.to_string(),
            "illegal_character",
        ),
        (
            "a token in a token",
            Forge::signed_bytes(
                br#"{"alg":"RS256","kid":"RS256","cty":"JWT"}"#,
                good.as_bytes(),
            ),
            "malformed_payload",
        ),
        (
            "a token in base64",
            format!("{header}.{nested}.{signature}"),
            "malformed_payload",
        ),
        ("8193 letters", "a".repeat(8193), "too_long"),
        ("a megabyte", "a".repeat(1 << 20), "too_long"),
        ("8192 letters", "a".repeat(8192), wrong),
        (
            "a header of 2049 bytes",
            format!("{}.{payload}.{signature}", encode(&[b' '; 2049])),
            "header_too_long",
        ),
        (
            "a header of 2048 spaces",
            format!("{}.{payload}.{signature}", encode(&[b' '; 2048])),
            "malformed_header",
        ),
        (
            "the scheme within",
            format!("Bearer {good}"),
            "illegal_character",
        ),
        (
            "in upper case",
            good.to_ascii_uppercase(),
            "malformed_header",
        ),
    ]
    .into_iter()
    .map(|(name, token, reason)| row(name, token, reason))
    .collect()
}
