//! Ed25519: numbers and points beyond their range (RFC 8032 section 5.1.7), which make a second
//! signature of a first where a verifier lets them pass.

use num_bigint::BigUint;

use crate::forge::{Forge, Row, header, join, key, row, split};

const REFUSED: &str = "bad_signature";

/// `S` as it is written, and back.
fn number(bytes: &[u8]) -> BigUint {
    BigUint::from_bytes_le(bytes)
}

fn written(number: &BigUint) -> Vec<u8> {
    let mut bytes = number.to_bytes_le();
    bytes.resize(bytes.len().max(32), 0);
    bytes
}

pub fn faults(forge: &Forge) -> Vec<Row> {
    let order = b"1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";
    let order = BigUint::parse_bytes(order, 16).unwrap();
    let (input, signature) = split(&key("EdDSA").sign(&header("EdDSA"), &forge.claims()));
    let (r, s) = signature.split_at(32);
    let point = |first: u8, middle: u8, last: u8| {
        let mut point = [middle; 32];
        (point[0], point[31]) = (first, last);
        point
    };
    let with_sign = |mut r: Vec<u8>| {
        r[31] ^= 0x80;
        r
    };
    let mut rows = Vec::new();
    let mut add = |name: &str, r: &[u8], s: &[u8]| {
        let token = join(&input, &[r, s].concat());
        rows.push(row(format!("EdDSA: {name}"), token, REFUSED));
    };
    for times in [1_u8, 2, 8, 14] {
        let name = format!("S plus {times} times the order");
        add(&name, r, &written(&(number(s) + &order * times)));
    }
    for bit in [252, 253, 254, 255] {
        let mut higher = number(s);
        higher.set_bit(bit, true);
        add(&format!("S with bit {bit} set"), r, &written(&higher));
    }
    add("S taken from the order", r, &written(&(&order - number(s))));
    add("S the order", r, &written(&order));
    add("S zero", r, &[0; 32]);
    add("R with the other sign", &with_sign(r.to_vec()), s);
    add("R and S swapped", s, r);
    add(
        "S in reverse",
        r,
        &s.iter().rev().copied().collect::<Vec<_>>(),
    );
    for (name, point) in [
        ("R neutral", point(1, 0, 0)),
        ("R neutral, beyond the field", point(0xee, 0xff, 0x7f)),
        ("R of order 2", point(0xec, 0xff, 0x7f)),
        ("R of order 4, beyond the field", point(0xed, 0xff, 0x7f)),
        ("R no point", point(2, 0, 0)),
    ] {
        add(name, &point, s);
        add(&format!("{name}, S zero"), &point, &written(&BigUint::ZERO));
    }
    rows
}
