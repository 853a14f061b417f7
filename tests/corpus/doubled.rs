//! A name said twice, once with what is wanted and once with what is not: readers differ on which
//! of the two counts, so neither does. The twins, said in two spellings, are two names.

use serde_json::{Value, json};

use crate::forge::{AUDIENCE, Forge, ISSUER, Row, row};

const HEADER: &[u8] = br#"{"alg":"RS256","kid":"RS256"}"#;

/// An object's text: each pair unchanged, with names that are JSON already.
fn object(members: &[(String, Value)]) -> Vec<u8> {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{name}:{value}"))
        .collect();
    format!("{{{}}}", members.join(",")).into_bytes()
}

fn quoted(name: &str) -> String {
    json!(name).to_string()
}

/// The name with its first letter escaped, and with each.
fn escaped(name: &str) -> [String; 2] {
    let escape = |letter: char| format!("\\u{:04x}", u32::from(letter));
    let mut letters = name.chars();
    let first = letters.next().unwrap();
    [
        format!("\"{}{}\"", escape(first), letters.as_str()),
        format!("\"{}\"", name.chars().map(escape).collect::<String>()),
    ]
}

/// The members with one said again: before all, behind all, beside it, and twice escaped.
fn said_twice(
    members: &[(String, Value)],
    name: &str,
    other: &Value,
) -> Vec<(&'static str, Vec<u8>)> {
    let again = |name: String| (name, other.clone());
    let first = |name: String| [&[again(name)], members].concat();
    let last = |name: String| [members, &[again(name)]].concat();
    let [by_one, by_all] = escaped(name);
    vec![
        ("first", object(&first(quoted(name)))),
        ("last", object(&last(quoted(name)))),
        ("first, escaped", object(&first(by_one.clone()))),
        ("last, escaped", object(&last(by_one))),
        ("last, all of it escaped", object(&last(by_all))),
    ]
}

pub fn headers(forge: &Forge) -> Vec<Row> {
    let payload = forge.claims().to_string();
    let good: Vec<(String, Value)> = [("alg", "RS256"), ("kid", "RS256"), ("typ", "JWT")]
        .map(|(name, value)| (quoted(name), json!(value)))
        .into();
    [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("kid", json!("attacker")),
        ("kid", Value::Null),
        ("typ", json!("dpop+jwt")),
        ("typ", json!("at+jwt")),
    ]
    .into_iter()
    .flat_map(|(name, other)| {
        said_twice(&good, name, &other)
            .into_iter()
            .map(move |(place, header)| (format!("header: {name} also {other}, {place}"), header))
    })
    .map(|(name, header)| {
        let token = Forge::signed_bytes(&header, payload.as_bytes());
        row(name, token, "malformed_header")
    })
    .collect()
}

fn claims(forge: &Forge) -> Vec<(String, Value)> {
    let now = forge.now();
    [
        ("iss", json!(ISSUER)),
        ("aud", json!(AUDIENCE)),
        ("sub", json!("ada")),
        ("exp", json!(now + 300)),
        ("nbf", json!(now)),
        ("iat", json!(now)),
        ("scp", json!(["profile:read"])),
        ("cid", json!("client")),
    ]
    .map(|(name, value)| (quoted(name), value))
    .into()
}

pub fn payloads(forge: &Forge) -> Vec<Row> {
    let (good, now) = (claims(forge), forge.now());
    [
        ("iss", json!("https://attacker.example")),
        ("aud", json!("api://other")),
        ("sub", json!("eve")),
        ("exp", json!(253_402_300_799_u64)),
        ("exp", json!(now - 3600)),
        ("nbf", json!(now + 3600)),
        ("iat", json!(now + 3600)),
        ("scp", json!(["admin"])),
        ("cid", json!("other")),
    ]
    .into_iter()
    .flat_map(|(name, other)| {
        said_twice(&good, name, &other)
            .into_iter()
            .map(move |(place, claims)| (format!("claims: {name} also {other}, {place}"), claims))
    })
    .map(|(name, claims)| {
        row(
            name,
            Forge::signed_bytes(HEADER, &claims),
            "malformed_payload",
        )
    })
    .collect()
}

/// Names are compared to the letter (RFC 7515 section 5.3): these are others, and say nothing.
pub fn controls(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    let payload = forge.claims().to_string();
    for (name, value) in [
        ("ALG", json!("none")),
        ("alg ", json!("none")),
        ("Kid", json!("attacker")),
        ("Crit", json!(["exp"])),
        ("crit\0", json!(["exp"])),
        ("B64", json!(false)),
        ("TYP", json!("dpop+jwt")),
    ] {
        let header = object(&[
            (quoted("alg"), json!("RS256")),
            (quoted(name), value),
            (escaped("kid")[1].clone(), json!("RS256")),
        ]);
        let token = Forge::signed_bytes(&header, payload.as_bytes());
        rows.push(row(format!("{name:?} in the header"), token, "ok"));
    }
    for (name, value) in [
        ("ISS", json!("https://attacker.example")),
        ("iss ", json!("https://attacker.example")),
        ("Aud", json!("api://other")),
        ("EXP", json!(0)),
        ("exp\0", json!(0)),
        ("NBF", json!(253_402_300_799_u64)),
        ("Cnf", json!({ "jkt": "x" })),
        ("Nonce", json!("x")),
        ("SCP", json!("admin")),
        ("\u{ff49}ss", json!("https://attacker.example")),
    ] {
        let claims = object(&[claims(forge), vec![(quoted(name), value)]].concat());
        let token = Forge::signed_bytes(HEADER, &claims);
        rows.push(row(format!("{name:?} among the claims"), token, "ok"));
    }
    rows
}
