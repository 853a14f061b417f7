//! Encrypts tokens, rightly or wrongly (RFC 7516 section 5.1).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384,
    OAEP_SHA512_MGF1SHA512, OaepAlgorithm, OaepPublicEncryptingKey, Pkcs1PublicEncryptingKey,
    PrivateDecryptingKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use poem_resource_server::token::DecryptionKey;
use serde_json::{Value, json};

/// Somebody to whom tokens are encrypted.
pub struct Recipient {
    private: PrivateDecryptingKey,
    pkcs8: Vec<u8>,
}

/// The key of the first issuer, of the second one, and a key that nobody configured.
pub static KEYS: LazyLock<[Recipient; 3]> =
    LazyLock::new(|| [(); 3].map(|()| Recipient::new(KeySize::Rsa2048)));

impl Recipient {
    pub fn new(size: KeySize) -> Self {
        let private = PrivateDecryptingKey::generate(size).unwrap();
        let pkcs8: Pkcs8V1Der<'_> = private.as_der().unwrap();
        let pkcs8 = pkcs8.as_ref().to_vec();
        Self { private, pkcs8 }
    }

    /// The key as it is configured, without a `kid`.
    pub fn key(&self) -> Arc<DecryptionKey> {
        Arc::new(DecryptionKey::parse(self.pem().as_bytes()).unwrap())
    }

    /// The key as it is configured, with this `kid`.
    pub fn named(&self, key_id: &str) -> Arc<DecryptionKey> {
        let jwk = self.jwk(&json!({ "kid": key_id })).to_string();
        Arc::new(DecryptionKey::parse(jwk.as_bytes()).unwrap())
    }

    pub fn thumbprint(&self) -> String {
        self.key().thumbprint().to_string()
    }

    pub fn pem(&self) -> String {
        pem("PRIVATE KEY", &self.pkcs8)
    }

    /// The `RSAPrivateKey` (RFC 8017 appendix A.1.2).
    pub fn pkcs1(&self) -> &[u8] {
        let (document, _) = value(&self.pkcs8);
        let (_, rest) = value(document);
        let (_, rest) = value(rest);
        value(rest).0
    }

    /// The private JSON Web Key with these members besides. `null` removes a member.
    pub fn jwk(&self, more: &Value) -> Value {
        let (mut numbers, _) = value(self.pkcs1());
        let mut next = || {
            let (number, rest) = value(numbers);
            numbers = rest;
            let zeros = number.iter().take_while(|byte| **byte == 0).count();
            encode(&number[zeros..])
        };
        next();
        let mut jwk = json!({ "kty": "RSA" });
        for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
            jwk[name] = next().into();
        }
        set(&mut jwk, more);
        jwk
    }

    /// The key in a file that only this user can read.
    pub fn file(&self, name: &str) -> PathBuf {
        file(name, &self.pem())
    }
}

/// A file that only this user can read.
pub fn file(name: &str, text: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = directory.join(format!("jwe-{}-{name}", std::process::id()));
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// The beginning of a key of 8192 bits. Such a key takes long to make.
pub fn long_key() -> String {
    let modulus = [&[0x02, 0x82, 0x04, 0x01, 0x00][..], &[0xff; 1024]].concat();
    let numbers = [&[0x02, 0x01, 0x00][..], &modulus].concat();
    let length = u16::try_from(numbers.len()).unwrap().to_be_bytes();
    pem(
        "RSA PRIVATE KEY",
        &[&[0x30, 0x82][..], &length, &numbers].concat(),
    )
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{encoded}\n-----END {label}-----\n")
}

/// The header that every issuer could send.
pub fn header() -> Value {
    json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT" })
}

pub fn header_with(more: &Value) -> Value {
    let mut header = header();
    set(&mut header, more);
    header
}

fn set(object: &mut Value, more: &Value) {
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(name);
        } else {
            object[name] = value.clone();
        }
    }
}

/// An encrypted token before it is put together.
#[derive(Clone)]
pub struct Parts {
    pub header: Vec<u8>,
    pub key: Vec<u8>,
    pub vector: Vec<u8>,
    pub ciphertext: Vec<u8>,
    pub tag: Vec<u8>,
}

impl Parts {
    pub fn join(&self) -> String {
        let parts = [
            &self.header,
            &self.key,
            &self.vector,
            &self.ciphertext,
            &self.tag,
        ];
        parts.map(encode).join(".")
    }
}

/// Encrypts a token to this key, as the header says.
pub fn seal(to: &Recipient, header: &Value, content: &str) -> String {
    parts(to, header.to_string().as_bytes(), content.as_bytes()).join()
}

/// As [`seal`], with these bytes as the header.
pub fn parts(to: &Recipient, header: &[u8], content: &[u8]) -> Parts {
    let members: Value = serde_json::from_slice(header).unwrap_or_default();
    let mut content_key = vec![0; key_bytes(&members)];
    rand::fill(&mut content_key).unwrap();
    parts_with_key(to, header, content, &content_key, &content_key)
}

/// As [`parts`], with a content key that differs from the encrypted one.
pub fn parts_with_key(
    to: &Recipient,
    header: &[u8],
    content: &[u8],
    content_key: &[u8],
    encrypted_key: &[u8],
) -> Parts {
    let members: Value = serde_json::from_slice(header).unwrap_or_default();
    let aad = encode(header);
    let (vector, ciphertext, tag) = encrypt(enc(&members), content_key, aad.as_bytes(), content);
    Parts {
        header: header.to_vec(),
        key: encrypt_key(to, &members, encrypted_key),
        vector,
        ciphertext,
        tag,
    }
}

fn encrypt_key(to: &Recipient, header: &Value, key: &[u8]) -> Vec<u8> {
    let public = to.private.public_key();
    let mut encrypted = vec![0; public.key_size_bytes()];
    let oaep = |algorithm: &'static OaepAlgorithm| {
        let key = OaepPublicEncryptingKey::new(to.private.public_key()).unwrap();
        move |plain: &[u8], out: &mut [u8]| {
            key.encrypt(algorithm, plain, out, None).unwrap();
        }
    };
    match header["alg"].as_str() {
        Some("RSA1_5") => {
            let rsa = Pkcs1PublicEncryptingKey::new(public).unwrap();
            rsa.encrypt(key, &mut encrypted).unwrap();
        }
        Some("RSA-OAEP") => oaep(&OAEP_SHA1_MGF1SHA1)(key, &mut encrypted),
        Some("RSA-OAEP-384") => oaep(&OAEP_SHA384_MGF1SHA384)(key, &mut encrypted),
        Some("RSA-OAEP-512") => oaep(&OAEP_SHA512_MGF1SHA512)(key, &mut encrypted),
        _ => oaep(&OAEP_SHA256_MGF1SHA256)(key, &mut encrypted),
    }
    encrypted
}

fn enc(header: &Value) -> &str {
    header["enc"].as_str().unwrap_or("A256GCM")
}

pub fn key_bytes(header: &Value) -> usize {
    match enc(header) {
        "A128GCM" => 16,
        "A192GCM" => 24,
        "A192CBC-HS384" => 48,
        "A256CBC-HS512" => 64,
        _ => 32,
    }
}

fn encrypt(enc: &str, key: &[u8], aad: &[u8], content: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    match enc {
        "A128CBC-HS256" => cbc(HMAC_SHA256, &AES_128, key, aad, content),
        "A192CBC-HS384" => cbc(HMAC_SHA384, &AES_192, key, aad, content),
        "A256CBC-HS512" => cbc(HMAC_SHA512, &AES_256, key, aad, content),
        _ => {
            let algorithm = match key.len() {
                16 => &AES_128_GCM,
                24 => &AES_192_GCM,
                _ => &AES_256_GCM,
            };
            let key = LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap());
            let mut vector = [0; 12];
            rand::fill(&mut vector).unwrap();
            let nonce = Nonce::assume_unique_for_key(vector);
            let mut ciphertext = content.to_vec();
            let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut ciphertext);
            (vector.to_vec(), ciphertext, tag.unwrap().as_ref().to_vec())
        }
    }
}

fn cbc(
    authentication: hmac::Algorithm,
    algorithm: &'static aws_lc_rs::cipher::Algorithm,
    key: &[u8],
    aad: &[u8],
    content: &[u8],
) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let (first, second) = key.split_at(key.len() / 2);
    let mut vector = [0; 16];
    rand::fill(&mut vector).unwrap();
    let cipher = UnboundCipherKey::new(algorithm, second).unwrap();
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(cipher).unwrap();
    let mut ciphertext = content.to_vec();
    let iv = EncryptionContext::Iv128(vector.into());
    cipher.less_safe_encrypt(&mut ciphertext, iv).unwrap();
    let bits = (aad.len() as u64 * 8).to_be_bytes();
    let input = [aad, &vector, &ciphertext, &bits].concat();
    let tag = hmac::sign(&hmac::Key::new(authentication, first), &input);
    let tag = tag.as_ref()[..first.len()].to_vec();
    (vector.to_vec(), ciphertext, tag)
}

/// The content of the first value in DER, and what follows it.
fn value(der: &[u8]) -> (&[u8], &[u8]) {
    let first = usize::from(der[1]);
    let (length, rest) = if first < 0x80 {
        (first, &der[2..])
    } else {
        let bytes = &der[2..2 + first - 0x80];
        let digit = |sum, byte: &u8| sum * 256 + usize::from(*byte);
        (bytes.iter().fold(0, digit), &der[2 + first - 0x80..])
    };
    rest.split_at(length)
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
