//! `alg`: none, shared secrets, and one algorithm in another's place.

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigUint;
use poem_resource_server::dev::SigningAlgorithm;
use serde_json::{Value, json};

use crate::forge::{Forge, Row, decode, encode, header, join, key, row, split};

const REFUSED: &str = "algorithm_not_allowed";

pub fn none(forge: &Forge) -> Vec<Row> {
    let spellings = [
        json!("none"),
        json!("None"),
        json!("NONE"),
        json!("nOnE"),
        json!("none "),
        json!(" none"),
        json!("non\u{435}"),
        json!("none\u{0}"),
        json!(""),
        json!("null"),
        json!("plain"),
        Value::Null,
        json!(false),
        json!(0),
        json!([]),
        json!({}),
        json!(["none"]),
        json!(["RS256"]),
    ];
    let mut rows = Vec::new();
    for spelling in spellings {
        let token = forge.with_header(&json!({ "alg": spelling, "kid": "RS256" }));
        let input = split(&token).0;
        rows.push(row(
            format!("alg {spelling} without a signature"),
            format!("{input}."),
            REFUSED,
        ));
        rows.push(row(
            format!("alg {spelling} with a true signature"),
            token,
            REFUSED,
        ));
    }
    rows.push(row(
        "no alg",
        forge.with_header(&json!({ "kid": "RS256" })),
        REFUSED,
    ));
    rows
}

/// Whatever the public key may be rendered as, it is not a secret.
pub fn shared_secrets(forge: &Forge) -> Vec<Row> {
    let jwk = key("RS256").public_jwk();
    let n = decode(jwk["n"].as_str().unwrap());
    let e = decode(jwk["e"].as_str().unwrap());
    let pkcs1 = der(0x30, &[integer(&n), integer(&e)].concat());
    let oid = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    let bits = [&[0], &*pkcs1].concat();
    let spki = der(0x30, &[der(0x30, oid), der(0x03, &bits)].concat());
    let jwks = json!({ "keys": [jwk] });
    let hex = BigUint::from_bytes_be(&n).to_str_radix(16);
    let thumbprint = json!({ "e": jwk["e"], "kty": "RSA", "n": jwk["n"] }).to_string();
    let renderings: [(&str, Vec<u8>); 23] = [
        ("PEM", pem("PUBLIC KEY", &spki, "\n").into()),
        (
            "PEM without the last newline",
            pem("PUBLIC KEY", &spki, "\n").trim_end().into(),
        ),
        ("PEM with CRLF", pem("PUBLIC KEY", &spki, "\r\n").into()),
        ("PKCS#1 PEM", pem("RSA PUBLIC KEY", &pkcs1, "\n").into()),
        ("DER", spki.clone()),
        ("PKCS#1 DER", pkcs1.clone()),
        ("base64 of DER", STANDARD.encode(&spki).into()),
        ("JWK", jwk.to_string().into()),
        ("JWK, indented", format!("{jwk:#}").into()),
        ("modulus", n.clone()),
        ("modulus in base64url", encode(&n).into()),
        ("kid", b"RS256".to_vec()),
        ("the key set", jwks.to_string().into()),
        ("modulus in hexadecimal", hex.clone().into()),
        ("modulus in upper hexadecimal", hex.to_uppercase().into()),
        ("modulus in base64", STANDARD.encode(&n).into()),
        ("modulus as a DER integer", integer(&n)),
        ("exponent", e.clone()),
        ("modulus and exponent", [&*n, &*e].concat()),
        ("what a thumbprint is of", thumbprint.clone().into()),
        (
            "thumbprint",
            encode(digest::digest(&digest::SHA256, thumbprint.as_bytes()).as_ref()).into(),
        ),
        ("PEM in one line", pem("PUBLIC KEY", &spki, "").into()),
        ("nothing", Vec::new()),
    ];
    let hashes = [
        ("HS256", hmac::HMAC_SHA256),
        ("HS384", hmac::HMAC_SHA384),
        ("HS512", hmac::HMAC_SHA512),
    ];
    let mut rows = Vec::new();
    for (name, secret) in renderings {
        for (algorithm, hash) in hashes {
            let secret = hmac::Key::new(hash, &secret);
            let sign = |header: &Value| {
                let input = split(&forge.with_header(header)).0;
                join(&input, hmac::sign(&secret, input.as_bytes()).as_ref())
            };
            let honest = sign(&json!({ "alg": algorithm, "kid": "RS256" }));
            rows.push(row(format!("{algorithm} keyed by {name}"), honest, REFUSED));
            if algorithm == "HS256" {
                let lying = sign(&header("RS256"));
                rows.push(row(
                    format!("RS256 in name, HS256 keyed by {name}"),
                    lying,
                    "bad_signature",
                ));
            }
        }
    }
    for (kid, members) in [
        ("ES256", &["x", "y"][..]),
        ("ES384", &["x", "y"]),
        ("EdDSA", &["x"]),
    ] {
        let jwk = key(kid).public_jwk();
        let raw: Vec<u8> = members
            .iter()
            .flat_map(|member| decode(jwk[*member].as_str().unwrap()))
            .collect();
        let secrets = [
            ("JWK", jwk.to_string().into_bytes()),
            ("x in base64url", jwk["x"].as_str().unwrap().into()),
            ("kid", kid.into()),
            ("point", raw.clone()),
            ("point with its tag", [&[4], &*raw].concat()),
        ];
        for (name, secret) in secrets {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
            for (claimed, reason) in [("HS256", REFUSED), (kid, "bad_signature")] {
                let input = split(&forge.with_header(&json!({ "alg": claimed, "kid": kid }))).0;
                let signature = hmac::sign(&secret, input.as_bytes());
                let name = format!("{claimed} in name, HS256 keyed by the {name} of {kid}");
                rows.push(row(name, join(&input, signature.as_ref()), reason));
            }
        }
    }
    rows
}

pub fn crossings(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    for published in SigningAlgorithm::ALL.map(SigningAlgorithm::name) {
        for claimed in SigningAlgorithm::ALL.map(SigningAlgorithm::name) {
            if claimed == published {
                continue;
            }
            let crossed = json!({ "alg": claimed, "kid": published });
            let by_its_key = key(published).sign(&crossed, &forge.claims());
            rows.push(row(
                format!("{claimed} under the key for {published}"),
                by_its_key,
                "key_mismatch",
            ));
            let unnamed = key(published).sign(&header(claimed), &forge.claims());
            let name = format!("{claimed} in name, signed with the key for {published}");
            rows.push(row(name, unnamed, "bad_signature"));
        }
    }
    for unknown in [
        "ES512",
        "ES256K",
        "Ed25519",
        "Ed448",
        "RS1",
        "RS256 ",
        "rs256",
        "RSA",
        "RSA-OAEP",
        "dir",
        "A128KW",
        "HS1",
        "ML-DSA-44",
        "SHA256withRSA",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    ] {
        let token = forge.with_header(&json!({ "alg": unknown, "kid": "RS256" }));
        rows.push(row(format!("alg {unknown:?}"), token, REFUSED));
    }
    rows
}

fn pem(label: &str, der: &[u8], newline: &str) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let body = lines.join(newline);
    format!("-----BEGIN {label}-----{newline}{body}{newline}-----END {label}-----{newline}")
}

/// A DER value; none here is shorter than 128 bytes but with a length of one byte.
pub fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap();
    let mut value = vec![tag];
    match length {
        0..=127 => value.push(length.to_be_bytes()[1]),
        128..=255 => value.extend([0x81, length.to_be_bytes()[1]]),
        _ => value.extend([&[0x82], &length.to_be_bytes()[..]].concat()),
    }
    value.extend(content);
    value
}

/// A DER integer, never negative.
pub fn integer(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [0x80..=0xff, ..] => der(0x02, &[&[0], bytes].concat()),
        _ => der(0x02, bytes),
    }
}
