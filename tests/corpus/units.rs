//! Curve keys whose private half is the number one, so that their owner's every signature can be
//! written down: ECDSA and Ed25519 with other hashes, domains and encodings.
//!
//! The public key is the base point `G`. ECDSA with the nonce 1 gives `r = x(G)` and `s = z + r`;
//! Ed25519 with the nonce -1 gives `R = -B` and `S = h - 1`.

use aws_lc_rs::digest::{
    self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA224, SHA256, SHA384, SHA512, SHA512_256,
};
use num_bigint::BigUint;
use serde_json::{Value, json};

use crate::algorithms::{der, integer};
use crate::forge::{Forge, Row, encode, join, key, padded, row};

const REFUSED: &str = "bad_signature";

struct Curve {
    algorithm: &'static str,
    hash: &'static Algorithm,
    name: &'static str,
    bytes: usize,
    x: &'static str,
    y: &'static str,
    order: &'static str,
}

/// SEC 2 sections 2.4.2 and 2.5.1.
#[rustfmt::skip]
const CURVES: [Curve; 2] = [
    Curve {
        algorithm: "ES256", hash: &SHA256, name: "P-256", bytes: 32,
        x: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        y: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        order: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    },
    Curve {
        algorithm: "ES384", hash: &SHA384, name: "P-384", bytes: 48,
        x: "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        y: "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
        order: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    },
];

/// RFC 8032 section 5.1: the field, the order and the base point.
const FIELD: &str = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
const ORDER: &str = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";
const BASE: &str = "6666666666666666666666666666666666666666666666666666666666666658";

fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

fn hash(algorithm: &'static Algorithm, message: &[u8]) -> Vec<u8> {
    digest::digest(algorithm, message).as_ref().to_vec()
}

fn little_endian(number: &BigUint) -> [u8; 32] {
    let mut bytes = padded(number, 32);
    bytes.reverse();
    bytes.try_into().unwrap()
}

pub fn jwks() -> Value {
    let coordinate = |hex: &str, bytes| encode(&padded(&number(hex), bytes));
    let mut keys: Vec<Value> = CURVES
        .iter()
        .map(|curve| {
            json!({
                "kty": "EC", "crv": curve.name, "kid": curve.algorithm,
                "x": coordinate(curve.x, curve.bytes), "y": coordinate(curve.y, curve.bytes),
            })
        })
        .collect();
    let x = encode(&little_endian(&number(BASE)));
    keys.push(json!({ "kty": "OKP", "crv": "Ed25519", "kid": "EdDSA", "x": x }));
    keys.push(key("RS256").public_jwk());
    json!({ "keys": keys })
}

fn input(forge: &Forge, algorithm: &str) -> String {
    let header = json!({ "alg": algorithm, "kid": algorithm }).to_string();
    let claims = forge.claims().to_string();
    format!(
        "{}.{}",
        encode(header.as_bytes()),
        encode(claims.as_bytes())
    )
}

/// Rows, the sound ones with the reason `ok`.
fn ecdsa(forge: &Forge, curve: &Curve) -> Vec<Row> {
    let input = input(forge, curve.algorithm);
    let message = input.as_bytes();
    let (n, r) = (number(curve.order), number(curve.x));
    let fixed =
        |r: &BigUint, s: &BigUint| [padded(r, curve.bytes), padded(s, curve.bytes)].concat();
    let s = |z: &[u8]| (BigUint::from_bytes_be(z) + &r) % &n;
    let over = |z: &[u8]| fixed(&r, &s(z));
    let leftmost = |hash: &[u8]| hash[..hash.len().min(curve.bytes)].to_vec();
    let whole = hash(curve.hash, message);
    let sound = s(&whole);
    let (long, wide) = (hash(&SHA512, message), curve.bytes + 16);
    let turned: Vec<u8> = whole.iter().rev().copied().collect();
    let minimal = |number: &BigUint| integer(&number.to_bytes_be());
    let bare = |number: &BigUint| der(0x02, &number.to_bytes_be());
    let other: &Algorithm = if curve.bytes == 32 { &SHA384 } else { &SHA256 };
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("as it should be", over(&whole), "ok"),
        ("with the other s", fixed(&r, &(&n - &sound)), "ok"),
        ("the other curve's hash", over(&leftmost(&hash(other, message))), REFUSED),
        ("SHA-512", over(&leftmost(&long)), REFUSED),
        ("SHA-512, its last bytes", over(&long[64 - curve.bytes..]), REFUSED),
        ("SHA-512, reduced", over(&long), REFUSED),
        ("SHA-512/256", over(&hash(&SHA512_256, message)), REFUSED),
        ("SHA-224", over(&hash(&SHA224, message)), REFUSED),
        ("SHA-1", over(&hash(&SHA1_FOR_LEGACY_USE_ONLY, message)), REFUSED),
        ("the hash of the hash", over(&hash(curve.hash, &whole)), REFUSED),
        ("the hash in reverse", over(&turned), REFUSED),
        ("half of the hash", over(&whole[..curve.bytes / 2]), REFUSED),
        ("no hash", over(message), REFUSED),
        ("a hash of zero", over(&[0]), REFUSED),
        ("the hash of nothing", over(&hash(curve.hash, b"")), REFUSED),
        ("r taken from the order", fixed(&(&n - &r), &sound), REFUSED),
        ("both taken from the order", fixed(&(&n - &r), &(&n - &sound)), REFUSED),
        ("s and one", fixed(&r, &(&sound + 1_u8)), REFUSED),
        ("in wider halves", [padded(&r, wide), padded(&sound, wide)].concat(), REFUSED),
        ("zeros behind", [over(&whole), vec![0; 32]].concat(), REFUSED),
        ("r alone", padded(&r, curve.bytes), REFUSED),
        ("in DER", der(0x30, &[minimal(&r), minimal(&sound)].concat()), REFUSED),
        ("in DER, perhaps negative", der(0x30, &[bare(&r), bare(&sound)].concat()), REFUSED),
        ("in DER, with a zero behind", [der(0x30, &[minimal(&r), minimal(&sound)].concat()), vec![0]].concat(), REFUSED),
        ("in DER, in a text", der(0x04, &der(0x30, &[minimal(&r), minimal(&sound)].concat())), REFUSED),
    ];
    rows.into_iter()
        .map(|(name, signature, reason)| {
            let name = format!("{}: {name}", curve.algorithm);
            row(name, join(&input, &signature), reason)
        })
        .collect()
}

#[expect(clippy::many_single_char_names, reason = "the letters of RFC 8032")]
fn ed25519(forge: &Forge) -> Vec<Row> {
    let input = input(forge, "EdDSA");
    let m = input.as_bytes();
    let (order, a) = (number(ORDER), little_endian(&number(BASE)));
    let mut r = a;
    r[31] |= 0x80;
    // The point of order 2 added: both coordinates change their sign.
    let twisted = little_endian(&(number(FIELD) - number(BASE)));
    let s = |h: &[u8]| (BigUint::from_bytes_le(h) + &order - 1_u8) % &order;
    let by = |h: &[u8]| [r, little_endian(&s(h))].concat();
    let over = |parts: &[&[u8]]| by(&hash(&SHA512, &parts.concat()));
    let domain = |flag: u8, context: &[u8]| {
        let length = u8::try_from(context.len()).unwrap();
        [
            b"SigEd25519 no Ed25519 collisions",
            &[flag, length][..],
            context,
        ]
        .concat()
    };
    let h = hash(&SHA512, &[&r, &a, m].concat());
    let prehash = hash(&SHA512, m);
    let minus = (&order + &order - 1_u8 - BigUint::from_bytes_le(&h) % &order) % &order;
    let cofactored = s(&hash(&SHA512, &[&twisted, &a, m].concat()));
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("as it should be", by(&h), "ok"),
        ("prehashed (Ed25519ph)", over(&[&domain(1, b""), &r, &a, &prehash]), REFUSED),
        ("prehashed in a context", over(&[&domain(1, b"JWT"), &r, &a, &prehash]), REFUSED),
        ("in a context (Ed25519ctx)", over(&[&domain(0, b"JWT"), &r, &a, m]), REFUSED),
        ("in an empty context", over(&[&domain(0, b""), &r, &a, m]), REFUSED),
        ("in Ed448's domain", over(&[b"SigEd448\0\0", &r, &a, m]), REFUSED),
        ("prehashed without a domain", over(&[&r, &a, &prehash]), REFUSED),
        ("prehashed by SHA-256", over(&[&r, &a, &hash(&SHA256, m)]), REFUSED),
        ("R and A turned round in the hash", over(&[&a, &r, m]), REFUSED),
        ("R not in the hash", over(&[&a, m]), REFUSED),
        ("A not in the hash", over(&[&r, m]), REFUSED),
        ("the message alone in the hash", over(&[m]), REFUSED),
        ("the message not in the hash", over(&[&r, &a]), REFUSED),
        ("SHA-256 as hash", by(&hash(&SHA256, &[&r, &a, m].concat())), REFUSED),
        ("SHA-384 as hash", by(&hash(&SHA384, &[&r, &a, m].concat())), REFUSED),
        ("half of the hash", by(&h[..32]), REFUSED),
        ("the hash in reverse", by(&h.iter().rev().copied().collect::<Vec<_>>()), REFUSED),
        ("a hash of zero", by(&[0]), REFUSED),
        ("the hash taken away", [r, little_endian(&minus)].concat(), REFUSED),
        ("S in reverse", [&r[..], &padded(&s(&h), 32)].concat(), REFUSED),
        ("a point of order 2 in R", [twisted, little_endian(&cofactored)].concat(), REFUSED),
        ("a point of order 2 in R alone", [twisted, little_endian(&s(&h))].concat(), REFUSED),
        ("R as the other point of this height", [a, little_endian(&s(&h))].concat(), REFUSED),
    ];
    rows.into_iter()
        .map(|(name, signature, reason)| {
            row(format!("EdDSA: {name}"), join(&input, &signature), reason)
        })
        .collect()
}

/// The tokens that are as they should be, the same at every run.
pub fn sound(forge: &Forge) -> Vec<Row> {
    let mut rows = ed25519(forge);
    rows.extend(CURVES.iter().flat_map(|curve| ecdsa(forge, curve)));
    rows.retain(|row| row.name.ends_with("as it should be"));
    rows
}

#[tokio::test]
async fn the_owner_of_a_curve_key_signs_by_the_rules_or_not_at_all() {
    let forge = Forge::new();
    let cached = forge.verifier_with(&jwks());
    let plain = cached.clone().with_cache(None);
    let mut rows = ed25519(&forge);
    rows.extend(CURVES.iter().flat_map(|curve| ecdsa(&forge, curve)));
    let names: std::collections::HashSet<&str> = rows.iter().map(|row| &*row.name).collect();
    assert_eq!(names.len(), rows.len());

    for row in &rows {
        for verifier in [&plain, &cached] {
            let verdict = verifier.verify(&row.token).await;

            let verdict = verdict.map_or_else(|error| error.reason(), |_| "ok");
            assert_eq!(verdict, row.reason, "{}", row.name);
        }
    }
}
