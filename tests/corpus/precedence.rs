//! Tokens with two faults: the first check that fails gives the reason, so that a cheap refusal
//! never waits for an expensive one, and a token of an unknown issuer never waits for a key.

use serde_json::{Value, json};

use crate::forge::{ATTACKER, Forge, ISSUER, Row, encode, header, join, row, split};

/// A header of the key for RS256 with these members besides.
fn with(forge: &Forge, members: &Value) -> String {
    let mut header = header("RS256");
    for (name, value) in members.as_object().unwrap() {
        header[name.as_str()] = value.clone();
    }
    forge.with_header(&header)
}

/// The token, its signature's first bit turned.
fn spoiled(token: &str) -> String {
    let (input, mut signature) = split(token);
    signature[0] ^= 0x80;
    join(&input, &signature)
}

/// Length, alphabet, dots, header, payload, issuer, key, signature.
#[rustfmt::skip] // A row a line.
pub fn forms(forge: &Forge) -> Vec<Row> {
    let good = forge.good();
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let long = "a".repeat(8192);
    let segment = |header: &Value| encode(header.to_string().as_bytes());
    let none = segment(&json!({ "alg": "none", "kid": 7 }));
    let unknown_kid = segment(&json!({ "alg": "RS256", "kid": "stranger" }));
    let mismatch = segment(&json!({ "alg": "PS256", "kid": "RS256" }));
    let unnamed = segment(&json!({ "alg": "RS256" }));
    let crowded = encode(&[b'['; 2049]);
    let empty = encode(b"{}");
    let array = segment(&json!({ "iss": [ISSUER] }));
    let foreign = segment(&json!({ "iss": "https://attacker.example" }));
    [
        ("too long, and no letters", " ".repeat(8193), "too_long"),
        ("too long, and dots", ".".repeat(8193), "too_long"),
        ("too long by letters of two bytes", "\u{e4}".repeat(4097), "too_long"),
        ("no letters within the length", "\u{e4}".repeat(4096), "illegal_character"),
        ("an illegal letter at the end of 8192 bytes", format!("{}=", &long[1..]), "illegal_character"),
        ("an illegal letter, and four segments", format!("{good}.="), "illegal_character"),
        ("an illegal letter, and one segment", "=".into(), "illegal_character"),
        ("four segments, and no header", format!(".{rest}."), "not_three_segments"),
        ("four segments, and alg none", format!("{none}.{rest}.A"), "not_three_segments"),
        ("two segments, and a long header", format!("{crowded}.{payload}"), "not_three_segments"),
        ("a long header, and no JSON", format!("{crowded}.{rest}"), "header_too_long"),
        ("a long header, and no base64", format!("{}.{rest}", "A".repeat(2733)), "header_too_long"),
        ("no base64 as header, payload and signature", "A.A.A".into(), "bad_base64"),
        ("no JSON as header, no base64 as payload", format!("{}.A.{signature}", encode(b"{")), "malformed_header"),
        ("alg none, and no base64 behind", format!("{none}.A.A"), "algorithm_not_allowed"),
        ("no base64 as payload, and a stranger's kid", format!("{unknown_kid}.A.{signature}"), "bad_base64"),
        ("no base64 as payload, and a kid of another algorithm", format!("{mismatch}.A.A"), "bad_base64"),
        ("no base64 as payload, and no kid", format!("{unnamed}.A.A"), "bad_base64"),
        ("no base64 as payload, and no signature", format!("{head}.A."), "bad_base64"),
        ("no payload, and a stranger's kid", format!("{unknown_kid}..{signature}"), "malformed_payload"),
        ("no payload, and no base64 as signature", format!("{head}..A"), "malformed_payload"),
        ("no payload, and a signature of one byte", format!("{head}..AA"), "malformed_payload"),
        ("no iss, and a stranger's kid", format!("{unknown_kid}.{empty}.{signature}"), "missing_claim"),
        ("no iss, and no base64 as signature", format!("{head}.{empty}.A"), "missing_claim"),
        ("an iss in an array, and no kid", format!("{unnamed}.{array}.A"), "malformed_claim"),
        ("a stranger's iss and kid", format!("{unknown_kid}.{foreign}.A"), "unknown_issuer"),
        ("a stranger's iss, and a kid of another algorithm", format!("{mismatch}.{foreign}.A"), "unknown_issuer"),
        ("a stranger's iss, and no base64 as signature", format!("{head}.{foreign}.A"), "unknown_issuer"),
        ("alg none, and a stranger's iss", format!("{none}.{foreign}."), "algorithm_not_allowed"),
        ("a stranger's kid, and no base64 as signature", format!("{unknown_kid}.{payload}.A"), "unknown_key"),
        ("a kid of another algorithm, and no base64 as signature", format!("{mismatch}.{payload}.A"), "key_mismatch"),
        ("no kid, and no base64 as signature", format!("{unnamed}.{payload}.A"), "ambiguous_key"),
    ]
    .into_iter()
    .map(|(name, token, reason)| row(name, token, reason))
    .collect()
}

/// `alg`, `crit`, `typ`, `kid`, `b64`, the issuer, the key, the signature, the claims.
#[rustfmt::skip] // A row a line.
pub fn headers(forge: &Forge) -> Vec<Row> {
    let all = json!({ "alg": "none", "crit": ["b64"], "typ": "dpop+jwt", "kid": 7, "b64": false });
    let from = |member: &str| {
        let names = ["alg", "crit", "typ", "kid", "b64"];
        let first = names.iter().position(|name| *name == member).unwrap();
        let members = names[first..].iter().map(|name| (name.to_string(), all[*name].clone()));
        with(forge, &Value::Object(members.collect()))
    };
    let mut rows: Vec<Row> = [
        ("alg", "algorithm_not_allowed"),
        ("crit", "critical_header"),
        ("typ", "wrong_type"),
        ("kid", "malformed_kid"),
    ]
    .into_iter()
    .map(|(member, reason)| row(format!("a bad {member} and all behind it"), from(member), reason))
    .collect();
    let claims = |changes: &[(&str, Value)]| {
        let mut claims = forge.claims();
        for (name, value) in changes {
            claims[*name] = value.clone();
        }
        claims
    };
    let signed = |kid: &str, claims: &Value| Forge::signed(&json!({ "alg": "RS256", "kid": kid }), claims);
    let bad = claims(&[("exp", json!(0)), ("aud", json!("x"))]);
    let foreign = claims(&[("exp", json!(0)), ("iss", json!("x"))]);
    let unsigned = |claims: &Value| spoiled(&signed("RS256", claims));
    let signed_bytes = |payload: &str| {
        Forge::signed_bytes(header("RS256").to_string().as_bytes(), payload.as_bytes())
    };
    let twice = forge.claims().to_string().replacen('{', r#"{"sub":"eve","#, 1);
    rows.extend([
        row("b64, and a stranger's kid", with(forge, &json!({ "b64": true, "kid": "stranger" })), "unencoded_payload"),
        row("a stranger's kid, and bad claims", signed("stranger", &bad), "unknown_key"),
        row("a kid of another algorithm, and bad claims", signed("PS256", &bad), "key_mismatch"),
        row("no JSON, and a bad signature", spoiled(&signed_bytes("{")), "malformed_payload"),
        row("b64, and a stranger's iss", Forge::signed(&json!({ "alg": "RS256", "kid": "RS256", "b64": true }), &foreign), "unencoded_payload"),
        row("a stranger's iss and kid, and bad claims", signed("stranger", &foreign), "unknown_issuer"),
        row("a stranger's iss, and a kid of another algorithm with bad claims", signed("PS256", &foreign), "unknown_issuer"),
        row("a stranger's iss, and a bad signature", unsigned(&foreign), "unknown_issuer"),
        row("a stranger's iss, and another's signature", ATTACKER.sign(&header("RS256"), &foreign), "unknown_issuer"),
        row("a bad signature, and a claim twice", spoiled(&signed_bytes(&twice)), "bad_signature"),
        row("a bad signature, and bad claims", unsigned(&bad), "bad_signature"),
        row("a bad signature of an ID token", unsigned(&claims(&[("nonce", json!("x"))])), "bad_signature"),
        row("a bad signature of an expired token", unsigned(&claims(&[("exp", json!(0))])), "bad_signature"),
        row("another's signature over bad claims", ATTACKER.sign(&header("RS256"), &bad), "bad_signature"),
    ]);
    rows
}

/// The issuer, the types of the claims, what kind of token, audience, `exp`, `nbf`, `iat`, `cnf`.
pub fn claims(forge: &Forge) -> Vec<Row> {
    let late = json!(forge.now() + 3600);
    let faults = [
        ("iss", json!("https://attacker.example"), "unknown_issuer"),
        ("sub", json!(7), "malformed_claim"),
        ("nonce", json!("x"), "id_token"),
        ("aud", json!("api://other"), "wrong_audience"),
        ("exp", json!(0), "expired"),
        ("nbf", late.clone(), "not_yet_valid"),
        ("iat", late, "issued_in_future"),
        ("cnf", json!({ "jkt": "A".repeat(43) }), "proof_required"),
    ];
    (0..faults.len())
        .flat_map(|first| (first + 1..faults.len()).map(move |second| (first, second)))
        .map(|(first, second)| {
            let mut claims = forge.claims();
            for (name, value, _) in [&faults[first], &faults[second]] {
                claims[*name] = value.clone();
            }
            let name = format!(
                "a bad {} before a bad {}",
                faults[first].0, faults[second].0
            );
            let token = Forge::signed(&header("RS256"), &claims);
            row(name, token, faults[first].2)
        })
        .collect()
}
