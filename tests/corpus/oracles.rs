//! Signatures that the true key made, over bytes that are nearly the token's, or that are written
//! in another way: what a signing service for something else could be talked into.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::algorithms::der;
use crate::forge::{Forge, Row, decode, encode, header, join, key, row, split};

const REFUSED: &str = "bad_signature";
const ALGORITHMS: [&str; 4] = ["RS256", "PS256", "ES256", "EdDSA"];

/// RFC 7515 section 5.1, step 5: the two segments and the dot between them, nothing else.
pub fn other_inputs(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    for algorithm in ALGORITHMS {
        let (input, _) = split(&key(algorithm).sign(&header(algorithm), &forge.claims()));
        let (first, second) = input.split_once('.').unwrap();
        let (head, claims) = (decode(first), decode(second));
        let hash = digest(&SHA256, input.as_bytes()).as_ref().to_vec();
        let hex = hexadecimal(&hash);
        let padded = |segment: &[u8]| URL_SAFE.encode(segment);
        let utf16 = input.encode_utf16().flat_map(u16::to_le_bytes).collect();
        #[rustfmt::skip] // A row a line.
        let inputs: [(&str, Vec<u8>); 22] = [
            ("nothing", Vec::new()),
            ("a dot", b".".to_vec()),
            ("the header", first.into()),
            ("the payload", second.into()),
            ("the header and a dot", format!("{first}.").into()),
            ("the payload behind a dot", format!(".{second}").into()),
            ("both without a dot", format!("{first}{second}").into()),
            ("both turned round", format!("{second}.{first}").into()),
            ("the decoded header", head.clone()),
            ("the decoded payload", claims.clone()),
            ("both decoded", [&*head, b".", &*claims].concat()),
            ("the payload decoded (RFC 7797)", [first.as_bytes(), b".", &*claims].concat()),
            ("both with padding", format!("{}.{}", padded(&head), padded(&claims)).into()),
            ("both encoded twice", format!("{}.{}", encode(first.as_bytes()), encode(second.as_bytes())).into()),
            ("a newline behind", format!("{input}\n").into()),
            ("a dot behind", format!("{input}.").into()),
            ("a NUL behind", format!("{input}\0").into()),
            ("a space before", format!(" {input}").into()),
            ("lower case", input.to_ascii_lowercase().into()),
            ("UTF-16", utf16),
            ("the digest", hash.clone()),
            ("the digest in hexadecimal", hex.into()),
        ];
        for (name, bytes) in inputs {
            let token = join(&input, &key(algorithm).sign_bytes(&bytes));
            rows.push(row(format!("{algorithm} over {name}"), token, REFUSED));
        }
    }
    rows
}

/// A good signature that another reader could take out of its wrapping.
pub fn other_spellings(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    for algorithm in ALGORITHMS {
        let (input, signature) = split(&key(algorithm).sign(&header(algorithm), &forge.claims()));
        let hex = hexadecimal(&signature);
        let half = signature.len() / 2;
        let turned = |part: &[u8]| part.iter().rev().copied().collect::<Vec<u8>>();
        let length = u32::try_from(signature.len()).unwrap().to_be_bytes();
        #[rustfmt::skip] // A row a line.
        let spellings: [(&str, Vec<u8>); 14] = [
            ("in hexadecimal", hex.clone().into()),
            ("in upper hexadecimal", hex.to_uppercase().into()),
            ("in base64url twice", encode(&signature).into()),
            ("in base64 within", STANDARD.encode(&signature).into()),
            ("as an OCTET STRING", der(0x04, &signature)),
            ("as a BIT STRING", der(0x03, &[&[0], &*signature].concat())),
            ("in a SEQUENCE", der(0x30, &signature)),
            ("behind its length", [&length, &*signature].concat()),
            ("as a JSON text", format!("{:?}", encode(&signature)).into()),
            ("behind eight zeros", [&[0; 8], &*signature].concat()),
            ("before eight zeros", [&*signature, &[0; 8]].concat()),
            ("with a recovery id behind", [&*signature, &[27]].concat()),
            ("with a recovery id before", [&[31], &*signature].concat()),
            ("its halves reversed", [turned(&signature[..half]), turned(&signature[half..])].concat()),
        ];
        for (name, bytes) in spellings {
            let name = format!("{algorithm} signature {name}");
            rows.push(row(name, join(&input, &bytes), REFUSED));
        }
    }
    rows
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
