//! Encoded messages that the true key signed, or that need no key at all, and that RFC 8017 does
//! not allow: PSS with other lengths and hashes, PKCS#1 v1.5 that only a lax parser takes.

use aws_lc_rs::digest::{self, Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use num_bigint::BigUint;
use serde_json::json;

use crate::forge::{Forge, Row, encode, join, padded, row};

const REFUSED: &str = "bad_signature";
const BYTES: usize = 256;

const SHA256_INFO: &[u8] =
    b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
const SHA384_INFO: &[u8] =
    b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30";
const SHA512_INFO: &[u8] =
    b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40";
const SHA1_INFO: &[u8] = b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14";

fn hash(algorithm: &'static Algorithm, message: &[u8]) -> Vec<u8> {
    digest::digest(algorithm, message).as_ref().to_vec()
}

/// Header and payload for one of the raw keys.
fn input(forge: &Forge, algorithm: &str, kid: &str, token_id: &str) -> String {
    let mut claims = forge.claims();
    claims["jti"] = token_id.into();
    let header = json!({ "alg": algorithm, "kid": kid }).to_string();
    format!(
        "{}.{}",
        encode(header.as_bytes()),
        encode(claims.to_string().as_bytes())
    )
}

/// How a message is encoded for PSS (RFC 8017 section 9.1.1); RFC 7518 section 3.5 leaves no choice.
#[derive(Clone, Copy)]
struct Pss {
    hash: &'static Algorithm,
    mask: &'static Algorithm,
    salt_bytes: usize,
    separator: u8,
    padding: u8,
    trailer: u8,
    top_bit: u8,
}

const PS256: Pss = Pss {
    hash: &SHA256,
    mask: &SHA256,
    salt_bytes: 32,
    separator: 1,
    padding: 0,
    trailer: 0xbc,
    top_bit: 0,
};

impl Pss {
    fn encode(self, message: &[u8]) -> Vec<u8> {
        let salt = vec![0x5a; self.salt_bytes];
        let hashed = hash(
            self.hash,
            &[&[0; 8], &*hash(self.hash, message), &salt].concat(),
        );
        let mut block = vec![self.padding; BYTES - hashed.len() - 1 - salt.len() - 1];
        block.push(self.separator);
        block.extend(salt);
        for (byte, mask) in block.iter_mut().zip(mask(self.mask, &hashed)) {
            *byte ^= mask;
        }
        block[0] = block[0] & 0x7f | self.top_bit;
        [&block[..], &hashed, &[self.trailer]].concat()
    }
}

/// MGF1 (RFC 8017 appendix B.2.1), as much as anybody takes.
fn mask(algorithm: &'static Algorithm, seed: &[u8]) -> impl Iterator<Item = u8> {
    let seed = seed.to_vec();
    (0_u32..).flat_map(move |counter| hash(algorithm, &[&*seed, &counter.to_be_bytes()].concat()))
}

fn pss_token(forge: &Forge, name: &str, pss: Pss) -> String {
    let input = input(forge, "PS256", "raw-pss", name);
    join(&input, &forge.rsa.sign(&pss.encode(input.as_bytes())))
}

/// The twin of the faults of PSS.
pub fn pss_control(forge: &Forge) -> String {
    pss_token(forge, "PSS as it should be", PS256)
}

#[rustfmt::skip] // A row a line.
pub fn pss(forge: &Forge) -> Vec<Row> {
    let mut rows: Vec<Row> = [
        ("no salt", Pss { salt_bytes: 0, ..PS256 }),
        ("a salt of 20 bytes", Pss { salt_bytes: 20, ..PS256 }),
        ("a salt of 31 bytes", Pss { salt_bytes: 31, ..PS256 }),
        ("a salt of 33 bytes", Pss { salt_bytes: 33, ..PS256 }),
        ("a salt of all there is room for", Pss { salt_bytes: 222, ..PS256 }),
        ("a mask by SHA-1", Pss { mask: &SHA1_FOR_LEGACY_USE_ONLY, ..PS256 }),
        ("a mask by SHA-384", Pss { mask: &SHA384, ..PS256 }),
        ("SHA-1", Pss { hash: &SHA1_FOR_LEGACY_USE_ONLY, mask: &SHA1_FOR_LEGACY_USE_ONLY, ..PS256 }),
        ("SHA-384", Pss { hash: &SHA384, mask: &SHA384, ..PS256 }),
        ("SHA-512 with a salt of 64 bytes", Pss { hash: &SHA512, mask: &SHA512, salt_bytes: 64, ..PS256 }),
        ("the separator 0", Pss { separator: 0, ..PS256 }),
        ("the separator 2", Pss { separator: 2, ..PS256 }),
        ("padding of ones", Pss { padding: 1, ..PS256 }),
        ("the trailer 0xcc", Pss { trailer: 0xcc, ..PS256 }),
        ("the trailer of X9.31", Pss { trailer: 0x33, ..PS256 }),
        ("the highest bit", Pss { top_bit: 0x80, ..PS256 }),
    ]
    .into_iter()
    .map(|(name, pss)| row(format!("PSS: {name}"), pss_token(forge, name, pss), REFUSED))
    .collect();
    let crossed = |algorithm, kid, encoded: &dyn Fn(&[u8]) -> Vec<u8>| {
        let input = input(forge, algorithm, kid, "crossed");
        join(&input, &forge.rsa.sign(&encoded(input.as_bytes())))
    };
    rows.push(row("PSS: PKCS#1 v1.5 in its place", crossed("PS256", "raw-pss", &sound), REFUSED));
    rows.push(row("PKCS#1: PSS in its place", crossed("RS256", "raw", &|message| PS256.encode(message)), REFUSED));
    rows.push(row("PSS: another message", crossed("PS256", "raw-pss", &|_| PS256.encode(b"")), REFUSED));
    rows
}

/// EMSA-PKCS1-v1_5 with this content after the separator, then `garbage`.
fn pkcs1(content: &[u8], garbage: &[u8]) -> Vec<u8> {
    let mut message = vec![0, 1];
    message.resize(BYTES - content.len() - garbage.len() - 1, 0xff);
    [&*message, &[0], content, garbage].concat()
}

fn sound(message: &[u8]) -> Vec<u8> {
    pkcs1(&[SHA256_INFO, &hash(&SHA256, message)].concat(), &[])
}

/// `DigestInfo` whose lengths are encoded in a way that DER does not allow, or that hides bytes.
fn info(algorithm_identifier: &[u8], digest: &[u8]) -> Vec<u8> {
    let sequence = |tag, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap();
        let mut value = if length < 128 {
            vec![tag, length]
        } else {
            vec![tag, 0x81, length]
        };
        value.extend(content);
        value
    };
    let content = [sequence(0x30, algorithm_identifier), sequence(4, digest)].concat();
    sequence(0x30, &content)
}

const OID: &[u8] = b"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01";

pub fn pkcs1_by_lax_parsers(forge: &Forge) -> Vec<Row> {
    type Encoding = fn(&[u8]) -> Vec<u8>;
    #[rustfmt::skip] // A row a line.
    let rows: [(&str, Encoding); 17] = [
        ("SHA-384 under RS256", |m| pkcs1(&[SHA384_INFO, &hash(&SHA384, m)].concat(), &[])),
        ("SHA-512 under RS256", |m| pkcs1(&[SHA512_INFO, &hash(&SHA512, m)].concat(), &[])),
        ("SHA-1 under RS256", |m| pkcs1(&[SHA1_INFO, &hash(&SHA1_FOR_LEGACY_USE_ONLY, m)].concat(), &[])),
        ("SHA-512's identifier before a digest of SHA-256", |m| pkcs1(&[SHA512_INFO, &hash(&SHA256, m)].concat(), &[])),
        ("SHA-1's identifier before a digest of SHA-256", |m| pkcs1(&[SHA1_INFO, &hash(&SHA256, m)].concat(), &[])),
        ("a byte behind the digest", |m| pkcs1(&[SHA256_INFO, &hash(&SHA256, m)].concat(), &[0])),
        ("a digest cut by a byte", |m| pkcs1(&[SHA256_INFO, &hash(&SHA256, m)[..31]].concat(), &[])),
        ("the digest of the digest", |m| sound(&hash(&SHA256, m))),
        ("the digest of another message", |_| sound(b"")),
        ("parameters of a byte in place of NULL", |m| pkcs1(&info(&[OID, &[5, 1, 0]].concat(), &hash(&SHA256, m)), &[])),
        ("NULL in the long form", |m| pkcs1(&info(&[OID, &[5, 0x81, 0]].concat(), &hash(&SHA256, m)), &[])),
        ("garbage in the parameters", |m| pkcs1(&info(&[OID, &[4, 40], &[7; 40]].concat(), &hash(&SHA256, m)), &[])),
        ("garbage behind NULL", |m| pkcs1(&info(&[OID, &[5, 0], &[7; 40]].concat(), &hash(&SHA256, m)), &[])),
        ("lengths in the long form", |m| pkcs1(&[b"\x30\x81\x31", &SHA256_INFO[2..], &hash(&SHA256, m)].concat(), &[])),
        ("an indefinite length", |m| pkcs1(&[b"\x30\x80", &SHA256_INFO[2..], &hash(&SHA256, m), b"\0\0"].concat(), &[])),
        ("no padding at all", |m| {
            let content = [&[0, 1, 0], SHA256_INFO, &hash(&SHA256, m)].concat();
            [&*content, &vec![7; BYTES - content.len()]].concat()
        }),
        ("seven bytes of padding", |m| {
            let content = [&[0, 1], &[0xff; 7][..], &[0], SHA256_INFO, &hash(&SHA256, m)].concat();
            [&*content, &vec![0; BYTES - content.len()]].concat()
        }),
    ];
    rows.into_iter()
        .map(|(name, encoding)| {
            let input = input(forge, "RS256", "raw", name);
            let token = join(&input, &forge.rsa.sign(&encoding(input.as_bytes())));
            row(format!("PKCS#1: {name}"), token, REFUSED)
        })
        .collect()
}

/// Bleichenbacher's forgeries for the exponent 3: cubes below the modulus that look signed. No
/// private key is used; the key is published as `cube`.
pub fn cubes(forge: &Forge) -> Vec<Row> {
    // The cube root modulo a power of two needs an odd digest.
    let (input, content) = (0..10_000)
        .map(|number| input(forge, "RS256", "cube", &format!("cube {number}")))
        .map(|input| {
            let digest = hash(&SHA256, input.as_bytes());
            (input, [&[0], SHA256_INFO, &digest].concat())
        })
        .find(|(_, content)| content.last().unwrap() % 2 == 1)
        .unwrap();

    let start = [&[0, 1], &[0xff; 8][..], &content].concat();
    let above = [&*start, &vec![0xff; BYTES - start.len()]].concat();
    let garbage_behind = BigUint::from_bytes_be(&above).cbrt();
    assert!(padded(&garbage_behind.pow(3), BYTES).starts_with(&start));

    let bits = 8 * content.len();
    let end = low_cube_root(&BigUint::from_bytes_be(&content), bits);
    let garbage_before = (&garbage_behind >> bits << bits) + end;
    let message = padded(&garbage_before.pow(3), BYTES);
    assert!(message.starts_with(&[0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
    assert!(message.ends_with(&content));

    [
        ("garbage behind the digest", garbage_behind),
        ("garbage within the padding", garbage_before),
        ("the number 0", BigUint::ZERO),
        ("the number 1", BigUint::from(1_u8)),
    ]
    .map(|(name, root)| {
        let token = join(&input, &padded(&root, BYTES));
        row(format!("exponent 3: {name}"), token, REFUSED)
    })
    .into()
}

/// The number whose cube ends in these bits.
fn low_cube_root(end: &BigUint, bits: usize) -> BigUint {
    let mut root = BigUint::ZERO;
    for bit in 0..u64::try_from(bits).unwrap() {
        if root.pow(3).bit(bit) != end.bit(bit) {
            root.set_bit(bit, true);
        }
    }
    root
}

/// The same residue as another number, in as many bytes or one more.
pub fn residues(forge: &Forge) -> Vec<Row> {
    let n = &forge.rsa.n;
    let signed = |number: u32| {
        let input = input(forge, "RS256", "raw", &format!("residue {number}"));
        let signature = BigUint::from_bytes_be(&forge.rsa.sign(&sound(input.as_bytes())));
        (input, signature)
    };
    let fits = |larger: &BigUint| larger.bits() <= 8 * BYTES as u64;
    let (short, small) = (0..10_000)
        .map(signed)
        .find(|(_, s)| fits(&(s + n)))
        .unwrap();
    let (long, large) = (0..10_000)
        .map(signed)
        .find(|(_, s)| !fits(&(s + n)))
        .unwrap();
    [
        ("plus the modulus, in as many bytes", &short, &small + n),
        ("plus the modulus, in a byte more", &long, &large + n),
        ("plus twice the modulus", &short, &small + n + n),
        ("taken from the modulus", &short, n - &small),
        ("the modulus", &short, n.clone()),
        ("the modulus less one", &short, n - 1_u8),
        ("the number 1", &short, BigUint::from(1_u8)),
    ]
    .map(|(name, input, number)| {
        let token = join(input, &padded(&number, BYTES));
        row(format!("RS256 signature: {name}"), token, REFUSED)
    })
    .into()
}
