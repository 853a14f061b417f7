//! The issuer's key, and requests with tokens that it signed.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{Done, WHOAMI};

const KID: &str = "benchmark";

/// Writes a private key (PKCS #8) and prints its public half.
pub fn make_key(file: &str) -> Done {
    let key = match std::fs::read(file) {
        Ok(der) => RsaKeyPair::from_pkcs8(&der)?,
        Err(_) => {
            let key = RsaKeyPair::generate(KeySize::Rsa2048)?;
            let der = AsDer::<Pkcs8V1Der>::as_der(&key)?;
            std::fs::write(file, der.as_ref())?;
            key
        }
    };
    let PublicKeyComponents { n, e }: PublicKeyComponents<Vec<u8>> = key.public_key().into();
    let der = AsDer::<PublicKeyX509Der>::as_der(key.public_key())?;
    let body = STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = (0..body.len())
        .step_by(64)
        .map(|start| &body[start..body.len().min(start + 64)])
        .collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    );
    let text = |bytes: Vec<u8>| URL_SAFE_NO_PAD.encode(bytes);
    let jwk = json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KID, "n": text(n), "e": text(e),
    });
    println!("{}", json!({ "pem": pem, "jwk": jwk }));
    Ok(())
}

/// Writes requests of equal length, each with a token of its own: `claims` is a JSON object,
/// `jti` distinguishes them.
pub fn write_requests(file: &str, count: usize, key: &str, claims: &str) -> Done {
    let key = RsaKeyPair::from_pkcs8(&std::fs::read(key)?)?;
    let claims: Value = serde_json::from_str(claims)?;
    let threads = std::thread::available_parallelism()?.get();
    let mut file = BufWriter::new(File::create(file)?);
    // By the piece, so that a million need not be held at once.
    for start in (0..count).step_by(PIECE) {
        let numbers: Vec<usize> = (start..count.min(start + PIECE)).collect();
        let share = numbers.len().div_ceil(threads);
        let written = std::thread::scope(|scope| {
            let (key, claims) = (&key, &claims);
            let work = |numbers: &[usize]| {
                let numbers = numbers.to_vec();
                scope.spawn(move || {
                    let requests = numbers.into_iter().map(|it| request(key, claims, it));
                    requests.collect::<Vec<String>>().concat()
                })
            };
            let workers: Vec<_> = numbers.chunks(share).map(work).collect();
            let texts = workers.into_iter().map(|worker| worker.join());
            texts.collect::<Result<Vec<String>, _>>()
        });
        for text in written.map_err(|_| "a signing thread panicked")? {
            file.write_all(text.as_bytes())?;
        }
    }
    Ok(file.flush()?)
}

/// Prints the median of fifteen rounds, by the CPU time of the thread: it shares its core.
pub fn time_verification(key: &str) -> Done {
    let key = RsaKeyPair::from_pkcs8(&std::fs::read(key)?)?;
    let message = [b'x'; 560];
    let signature = sign(&key, &message);
    let public = ParsedPublicKey::new(
        &RSA_PKCS1_2048_8192_SHA256,
        AsDer::<PublicKeyX509Der>::as_der(key.public_key())?.as_ref(),
    )?;
    let mut rounds = Vec::new();
    for _ in 0..15 {
        let before = cpu_nanos()?;
        for _ in 0..CALLS {
            let verified = public.verify_sig(black_box(&message), black_box(&signature));
            black_box(verified).expect("its own signature");
        }
        rounds.push((cpu_nanos()? - before) / CALLS);
    }
    rounds.sort_unstable();
    println!("{}", rounds[rounds.len() / 2]);
    Ok(())
}

/// What the kernel has counted for this thread.
fn cpu_nanos() -> Result<u64, Box<dyn Error + Send + Sync>> {
    let account = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = account.split_whitespace().next().unwrap_or_default();
    Ok(nanos.parse()?)
}

fn request(key: &RsaKeyPair, claims: &Value, number: usize) -> String {
    let mut claims = claims.clone();
    claims["jti"] = format!("AT.{number:045}").into();
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = encode(json!({ "alg": "RS256", "kid": KID, "typ": "at+jwt" }));
    let input = format!("{header}.{}", encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(sign(key, input.as_bytes()));
    format!(
        "GET {WHOAMI} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {input}.{signature}\r\n\r\n"
    )
}

fn sign(key: &RsaKeyPair, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        message,
        &mut signature,
    )
    .expect("a key of ours signs");
    signature
}

const PIECE: usize = 20_000;
const CALLS: u64 = 4_000;
