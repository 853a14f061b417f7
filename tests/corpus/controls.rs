//! Tokens that are unusual and good: each is the twin of some fault.

use num_bigint::BigUint;
use poem_resource_server::dev::SigningAlgorithm;
use serde_json::{Value, json};

use crate::forge::{AUDIENCE, Forge, ISSUER, Row, encode, header, join, key, padded, row, split};
use crate::signatures::raw_control;

pub fn all(forge: &Forge) -> Vec<Row> {
    let now = forge.now();
    let mut rows = Vec::new();
    let mut add = |name: &str, token: String| rows.push(row(name, token, "ok"));
    for algorithm in SigningAlgorithm::ALL.map(SigningAlgorithm::name) {
        add(
            algorithm,
            key(algorithm).sign(&header(algorithm), &forge.claims()),
        );
    }
    add("PKCS#1 padding as it should be", raw_control(forge));
    add("PSS as it should be", crate::padding::pss_control(forge));
    add(
        "no kid where one key fits",
        key("EdDSA").sign(&json!({ "alg": "EdDSA" }), &forge.claims()),
    );
    add(
        "ECDSA with the other s, which signs the same",
        other_s(forge),
    );
    for typ in [
        "JWT",
        "jwt",
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "Application/AT+JWT",
    ] {
        add(
            &format!("typ {typ}"),
            forge.with_header(&json!({ "alg": "RS256", "kid": "RS256", "typ": typ })),
        );
    }
    for (member, value) in [
        ("cty", json!("JWT")),
        ("x", json!([1, { "y": null }])),
        ("jku", json!("https://id.example/keys")),
    ] {
        let header = json!({ "alg": "RS256", "kid": "RS256", member: value });
        add(
            &format!("{member} in the header"),
            forge.with_header(&header),
        );
    }
    for (kind, header) in crate::headers::with_values(16) {
        let name = format!("a header of 16 values by {kind}");
        add(&name, forge.with_header(&header));
    }
    for (name, claim, value) in [
        ("aud among others", "aud", json!(["api://other", AUDIENCE])),
        ("aud alone in an array", "aud", json!([AUDIENCE])),
        ("aud twice in an array", "aud", json!([AUDIENCE, AUDIENCE])),
        ("exp 59 s ago", "exp", json!(now - 59)),
        (
            "exp 59.5 s ago",
            "exp",
            json!(format!("{}.5", now - 60).parse::<f64>().unwrap()),
        ),
        (
            "exp with a fraction",
            "exp",
            json!(format!("{}.25", now + 9).parse::<f64>().unwrap()),
        ),
        ("exp in year 9999", "exp", json!(253_402_300_799_u64)),
        ("nbf 60 s ahead", "nbf", json!(now + 60)),
        ("nbf in 1970", "nbf", json!(0)),
        ("iat 60 s ahead", "iat", json!(now + 60)),
        ("iat in 1970", "iat", json!(0)),
        ("a subject of one letter", "sub", json!("x")),
        (
            "a subject in another script",
            "sub",
            json!("\u{430}\u{434}\u{430} \u{1f511}"),
        ),
        ("no scopes", "scp", json!([])),
        ("scopes in one text", "scp", json!("a b c")),
        ("an empty text of scopes", "scp", json!("")),
        (
            "a scope with every character",
            "scp",
            json!(["!#$%&'()*+,-./:;<=>?@[]^_`{|}~"]),
        ),
        ("the same scope said twice", "scope", json!("profile:read")),
        ("deep but not too deep", "x", nested(crate::json::DEEPEST)),
        (
            "a claim of every type",
            "x",
            json!([null, true, 7, 7.5, "x", {}]),
        ),
    ] {
        add(name, forge.with_claim(claim, value));
    }
    add("scopes as RFC 9068 has them", {
        let mut claims = forge.claims();
        claims.as_object_mut().unwrap().shift_remove("scp");
        claims["scope"] = json!("b a");
        Forge::signed(&header("RS256"), &claims)
    });
    for claim in ["iat", "jti", "cid", "scp"] {
        add(&format!("no {claim}"), forge.without_claim(claim));
    }
    let payload = format!(
        "\r\n\t {{ \"iss\" : \"{ISSUER}\", \"\\u0061ud\": \"{AUDIENCE}\", \"exp\": {}, \"sub\": \"\\ud83d\\ude00\" }} \n",
        now + 300
    );
    add(
        "white space and escapes",
        Forge::signed_bytes(br#" {"alg" : "RS256","kid":"RS256"} "#, payload.as_bytes()),
    );
    let mut long = forge.claims();
    long["x"] =
        json!("x".repeat((8192 - Forge::signed(&header("RS256"), &long).len() - 12) / 4 * 3));
    let long = Forge::signed(&header("RS256"), &long);
    assert!((8150..=8192).contains(&long.len()), "{}", long.len());
    add("almost 8 KiB", long);
    rows
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

/// (r, n - s) verifies whenever (r, s) does: plain ECDSA is malleable, and RFC 7518 allows both.
fn other_s(forge: &Forge) -> String {
    let order = b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order = BigUint::parse_bytes(order, 16).unwrap();
    let mut claims = forge.claims();
    claims["jti"] = json!("other s");
    let (input, signature) = split(&key("ES256").sign(&header("ES256"), &claims));
    let (r, s) = signature.split_at(32);
    let other = padded(&(order - BigUint::from_bytes_be(s)), 32);
    assert!(!encode(&other).is_empty());
    join(&input, &[r, &other].concat())
}
