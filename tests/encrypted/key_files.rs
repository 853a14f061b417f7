//! Which keys can decrypt.

use std::fmt::Write as _;

use poem_resource_server::token::{DecryptionKey, DecryptionKeyError};
use rcgen::KeyPair;
use serde_json::{Value, json};

use crate::seal::{KEYS, long_key, pem};

fn parse(text: &str) -> Result<DecryptionKey, String> {
    DecryptionKey::parse(text.as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn a_key_is_read_in_each_form() {
    let recipient = &KEYS[0];
    let thumbprint = recipient.thumbprint();
    let pkcs1 = pem("RSA PRIVATE KEY", recipient.pkcs1());
    let comment = format!("the key of the API\n{}", recipient.pem());
    let jwk = |more: Value| recipient.jwk(&more).to_string();
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("PKCS #8", recipient.pem(), None),
        ("PKCS #1", pkcs1, None),
        ("with a comment", comment, None),
        ("JWK", jwk(json!({})), None),
        ("JWK with a kid", jwk(json!({ "kid": "2026" })), Some("2026")),
        ("JWK for encryption", jwk(json!({ "use": "enc", "alg": "RSA-OAEP-256" })), None),
        ("JWK that unwraps keys", jwk(json!({ "key_ops": ["unwrapKey"] })), None),
        ("JWK after spaces", format!("\n  {}", jwk(json!({}))), None),
    ];
    for (row, text, key_id) in rows {
        let key = parse(&text).expect(row);

        assert_eq!(key.thumbprint().to_string(), thumbprint, "{row}");
        assert_eq!((key.key_id(), key.bits()), (key_id, 2048), "{row}");
        assert!(!format!("{key:?}").contains(&recipient.jwk(&json!({}))["d"].to_string()));
    }
}

#[test]
fn any_other_file_is_refused_by_name() {
    let recipient = &KEYS[0];
    let jwk = |more: Value| recipient.jwk(&more).to_string();
    let ec = KeyPair::generate().unwrap();
    let public = pem("PUBLIC KEY", &[0x30, 0]);
    let other = "it is not an RSA key, or the key is damaged";
    let none = "it is neither a private key in PEM form nor a JSON Web Key";
    let purpose = DecryptionKeyError::OtherPurpose.to_string();
    let size = |bits: usize| format!("it is an RSA key of {bits} bits; 2048 to 4096 are accepted");
    let mut damaged = recipient.pkcs1().to_vec();
    let length = damaged.len();
    damaged[length - 1] ^= 1;
    let n = |bytes: usize| crate::seal::encode(vec![0xff; bytes]);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("nothing", String::new(), none.to_owned()),
        ("garbage", "swordfish".to_owned(), none.to_owned()),
        ("a certificate", pem("CERTIFICATE", &[0x30, 0]), none.to_owned()),
        ("a public key", public, "it is a public key; the private key is needed".to_owned()),
        ("an EC key", ec.serialize_pem(), other.to_owned()),
        ("an encrypted key", pem("ENCRYPTED PRIVATE KEY", &[0x30, 0]), none.to_owned()),
        ("damaged PEM", pem("PRIVATE KEY", &[0x30, 3, 2, 1, 0]), other.to_owned()),
        ("a damaged number", pem("RSA PRIVATE KEY", &damaged), other.to_owned()),
        ("1024 bits", RSA_1024.to_owned(), size(1024)),
        ("8192 bits", long_key(), size(8192)),
        ("8192 bits as a JWK", jwk(json!({ "n": n(1024) })), size(8192)),
        ("a JWK of 1024 bits", jwk(json!({ "n": n(128) })), size(1024)),
        ("a JWK of 2047 bits", jwk(json!({ "n": crate::seal::encode([vec![0x7f], vec![0xff; 255]].concat()) })), size(2047)),
        ("a public JWK", jwk(json!({ "d": null })), "it is a public key; the private key is needed".to_owned()),
        ("a JWK without primes", jwk(json!({ "p": null })), other.to_owned()),
        ("a JWK with another number", jwk(json!({ "dp": "AQAB" })), other.to_owned()),
        ("a JWK of another kind", json!({ "kty": "oct", "k": "AAAA" }).to_string(), other.to_owned()),
        ("a JWK set", json!({ "keys": [recipient.jwk(&json!({}))] }).to_string(), none.to_owned()),
        ("a JWK with a name twice", jwk(json!({})).replacen('{', "{\"kty\":\"RSA\",", 1), none.to_owned()),
        ("a JWK that signs", jwk(json!({ "use": "sig" })), purpose.clone()),
        ("a JWK for another algorithm", jwk(json!({ "alg": "RSA-OAEP" })), purpose.clone()),
        ("a JWK for RSA1_5", jwk(json!({ "alg": "RSA1_5" })), purpose.clone()),
        ("a JWK for signatures", jwk(json!({ "alg": "RS256" })), purpose.clone()),
        ("a JWK with the operation sign", jwk(json!({ "key_ops": ["sign"] })), purpose),
    ];
    for (row, text, expected) in rows {
        assert_eq!(parse(&text).err().as_deref(), Some(&*expected), "{row}");
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_is_refused_and_does_not_panic() {
    let der = KEYS[0].pkcs1();
    for length in 0..der.len() {
        let cut = pem("RSA PRIVATE KEY", &der[..length]);

        assert!(parse(&cut).is_err(), "{length}");
    }
    let mut text = String::new();
    for number in 0..=255_u8 {
        let _ = write!(text, "{}", pem("PRIVATE KEY", &[0x30, number]));
        assert!(parse(&pem("PRIVATE KEY", &[0x30, number, number])).is_err());
    }
    assert!(parse(&text).is_err());
}

/// A key that is too short, made with `openssl genrsa 1024`.
pub const RSA_1024: &str = "-----BEGIN PRIVATE KEY-----\n\
MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAMQ/tYscPDy9uwzo\n\
jp4n8ZhoDVEkcE/ijK9XE10u1BqFscHO2jRBwFMxjY2baKuV9tCxcJ8c2PMfDx68\n\
KkbYC7E/07suoBuBVM8CVmmaWbKEs9Y1lMgwUFojIGVNT0Rf0Z9L7lUE3N5/apdq\n\
0t/hVTC/8NSxtqzvx56SyAZKs9zRAgMBAAECgYAOQPJWoD5fywgC8AEry4ronuYY\n\
tqTRqIq/UXu+kOAm7P70LKn8kan+YOL/HgKEM+gxUDH13IqFXgQjH1eSva5bmL7I\n\
AKmuZ2hhI3eMCXqNRrnJOjm3q1bj7KZ9kNp4i/0tpMiSmMfQCb5bV+3A/2nYQ1cs\n\
wcLitdwhXkyVY6eGAQJBAO75ytpluVVh+uNd6RkCmknkzeEL0Xu09Rv0kea3ddtb\n\
B9fTIxOyFlMUF3QV4GwS0VD5VUxoJ4EBbj1pMtX8bskCQQDSOrSNypFw2rSBdimK\n\
BWnorlX9dzixPhHMhuuHuG45Sp47aKx9ut9St3aXKc1FWTGMQRDFRaz5ztXZkWW6\n\
lVnJAkAip9bjFR1rZGodzuCe3+HAFY5FtJEMf5GMHEuMSc6toOXiRpwvnwPdyGwe\n\
SY3iHlh8hav5CKGx86MpBLh6j8EBAkBF5druYfGlkjH98WmySEaEZKKWmbMxyy9j\n\
z2A0Se/sAJFHs2/WhfGGsRUvAWkMq7E7rs6CqL3weQLFSgCG3u1xAkEAwPWReVPz\n\
3j7cNkmIgMlURitQHUAzazDxrMkRzcMlzzz/UBmYtZwLROK69A4DprLOqFE7AF5z\n\
wYUSoM2k63qXGQ==\n\
-----END PRIVATE KEY-----\n\
";
