//! Signatures that are none.

use num_bigint::BigUint;

use crate::algorithms::{der, integer};
use crate::forge::{ATTACKER, Forge, Row, encode, header, join, key, padded, row, split};

const REFUSED: &str = "bad_signature";

pub fn mutilated(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    for algorithm in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let token = key(algorithm).sign(&header(algorithm), &forge.claims());
        let mut others = forge.claims();
        others["sub"] = "eve".into();
        let other = key(algorithm).sign(&header(algorithm), &others);
        let (input, signature) = split(&token);
        let length = signature.len();
        let flipped = |at: usize, bit: u8| {
            let mut signature = signature.clone();
            signature[at] ^= bit;
            signature
        };
        let reversed: Vec<u8> = signature.iter().rev().copied().collect();
        for (name, bytes) in [
            ("first bit flipped", flipped(0, 0x80)),
            ("middle bit flipped", flipped(length / 2, 1)),
            ("last bit flipped", flipped(length - 1, 1)),
            ("last byte cut", signature[..length - 1].to_vec()),
            ("first byte cut", signature[1..].to_vec()),
            ("half of it", signature[..length / 2].to_vec()),
            ("empty", Vec::new()),
            ("a zero behind", [&signature[..], &[0]].concat()),
            ("a zero before", [&[0], &signature[..]].concat()),
            ("twice", [&signature[..], &signature[..]].concat()),
            ("reversed", reversed),
            ("zeros", vec![0; length]),
            ("ones", vec![0xff; length]),
            ("of another token", split(&other).1),
        ] {
            rows.push(row(
                format!("{algorithm} signature: {name}"),
                join(&input, &bytes),
                REFUSED,
            ));
        }
        let (other_input, _) = split(&other);
        let swapped = join(&other_input, &signature);
        rows.push(row(
            format!("{algorithm}: payload of another token"),
            swapped,
            REFUSED,
        ));
    }
    let (input, _) = split(&forge.good());
    let by_attacker = ATTACKER.sign_bytes(input.as_bytes());
    rows.push(row(
        "RS256 by another key of this kid",
        join(&input, &by_attacker),
        REFUSED,
    ));
    rows
}

/// RFC 7518 section 3.4: the two numbers side by side, each in its range.
pub fn ecdsa(forge: &Forge) -> Vec<Row> {
    let order = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16).unwrap();
    let mut rows = Vec::new();
    for (algorithm, half, order) in [
        (
            "ES256",
            32,
            order("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
        ),
        (
            "ES384",
            48,
            order(
                "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
            ),
        ),
    ] {
        let (input, signature) = split(&key(algorithm).sign(&header(algorithm), &forge.claims()));
        let (r, s) = signature.split_at(half);
        let zero = vec![0; half];
        let one = padded(&BigUint::from(1_u8), half);
        let n = padded(&order, half);
        let above = padded(&(&order + 1_u8), half);
        let below = padded(&(&order - 1_u8), half);
        for (name, bytes) in [
            ("r zero", [&zero[..], s].concat()),
            ("s zero", [r, &zero].concat()),
            ("r the order", [&n[..], s].concat()),
            ("s the order", [r, &n].concat()),
            ("both the order", [&n[..], &n].concat()),
            ("r above the order", [&above[..], s].concat()),
            ("both one", [&one[..], &one].concat()),
            (
                "both one less than the order",
                [&below[..], &below].concat(),
            ),
            ("r and s swapped", [s, r].concat()),
            (
                "DER",
                der(0x30, &[integer(trimmed(r)), integer(trimmed(s))].concat()),
            ),
            ("each with a zero before", [&[0], r, &[0], s].concat()),
        ] {
            rows.push(row(
                format!("{algorithm}: {name}"),
                join(&input, &bytes),
                REFUSED,
            ));
        }
    }
    rows
}

/// Encoded messages that the true key signed and RFC 8017 section 9.2 does not allow.
pub fn pkcs1(forge: &Forge) -> Vec<Row> {
    let info = digest_info(true);
    let good = encoded_message(&info, 0xff);
    let changed = |at: usize, byte: u8| {
        let mut message = good.clone();
        message[at] = byte;
        message
    };
    let separator = good.len() - info.len() - 32 - 1;
    // Eight bytes of padding, the digest, and garbage to the end.
    let mut early = vec![0, 1, 255, 255, 255, 255, 255, 255, 255, 255, 0];
    early.extend(&info);
    let digest_at = early.len();
    early.resize(256, 0);
    let mut short = vec![0; 20];
    short.extend(&good[20..]);
    let mut sha1 = digest_info(true);
    sha1[10] = 0x02;
    let mut rows = Vec::new();
    for (name, message) in [
        ("block type 0", changed(1, 0)),
        ("block type 2", changed(1, 2)),
        ("a first byte of 1", changed(0, 1)),
        ("a zero within the padding", changed(20, 0)),
        ("a padding byte of 0xfe", changed(20, 0xfe)),
        ("padding of ones", encoded_message(&info, 1)),
        ("no separator", changed(separator, 0xff)),
        ("a hash of another length", changed(separator + 2, 0x30)),
        ("another hash's identifier", encoded_message(&sha1, 0xff)),
        ("no NULL", encoded_message(&digest_info(false), 0xff)),
        ("no digest info", encoded_message(&[], 0xff)),
        ("zeros in place of padding", short),
    ] {
        rows.push(row(
            format!("PKCS#1: {name}"),
            raw_token(forge, &message),
            REFUSED,
        ));
    }
    let garbage = raw_token_with(forge, |digest| {
        let mut message = early.clone();
        message[digest_at..digest_at + 32].copy_from_slice(digest);
        message
    });
    rows.push(row("PKCS#1: garbage behind the digest", garbage, REFUSED));
    rows
}

/// `DigestInfo` of SHA-256 without its digest; some leave out the NULL.
fn digest_info(with_null: bool) -> Vec<u8> {
    let mut info =
        b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20".to_vec();
    if !with_null {
        info.drain(15..17);
        info[1] -= 2;
        info[3] -= 2;
    }
    info
}

/// 256 bytes but for the digest, which the caller of [`raw_token`] puts at the end.
fn encoded_message(info: &[u8], padding: u8) -> Vec<u8> {
    let mut message = vec![0, 1];
    message.resize(256 - 32 - info.len() - 1, padding);
    message.push(0);
    message.extend(info);
    message.resize(256, 0);
    message
}

/// A token under the raw key whose signature is this message with the digest at its end.
pub fn raw_token(forge: &Forge, message: &[u8]) -> String {
    raw_token_with(forge, |digest| [&message[..256 - 32], digest].concat())
}

/// The twin of all the faults.
pub fn raw_control(forge: &Forge) -> String {
    raw_token(forge, &encoded_message(&digest_info(true), 0xff))
}

fn raw_token_with(forge: &Forge, message: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let header = serde_json::json!({ "alg": "RS256", "kid": "raw" });
    let input = format!(
        "{}.{}",
        encode(header.to_string().as_bytes()),
        encode(forge.claims().to_string().as_bytes())
    );
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, input.as_bytes());
    join(&input, &forge.rsa.sign(&message(digest.as_ref())))
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}
