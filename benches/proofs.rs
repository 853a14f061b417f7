//! What a DPoP proof costs, in nanoseconds: `cargo bench --profile dist --bench proofs`.
//!
//! A remembered token with a new proof, compared with one bare verification of an ES256 signature. The
//! median of fifteen rounds, in turn, in one run on one thread.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // A stopwatch, and nothing else.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt;
use poem::Request;
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::guard::{Guard, Requirement};
use poem_resource_server::token::{Audience, KeySet, Thumbprint, Validation};
use poem_resource_server::verifier::Verifier;
use serde_json::{Value, json};

const ROUNDS: usize = 15;
const CALLS: usize = 2_000;
const URL: &str = "https://api.example/orders";

fn main() {
    let issuer = SigningKey::generate_with_kid(SigningAlgorithm::Rs256, "key");
    let holder = SigningKey::generate(SigningAlgorithm::Es256);
    let jwks = json!({ "keys": [issuer.public_jwk()] }).to_string();
    let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
    let rules = Validation::new("https://id.example", Audience::parse("api").unwrap());
    let verifier = Verifier::new(Arc::new(keys), rules);
    let guard = Guard::new(verifier).with_public_url("https://api.example");
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims = json!({
        "iss": "https://id.example", "aud": "api", "sub": "ada@example.com", "exp": now + 3600,
        "iat": now, "jti": "AT.0123456789012345678901234567890123456789012", "cid": "0oa0123456789",
        "uid": "00u0123456789", "scp": ["profile:read"], "ver": 1, "x": "x".repeat(150),
    });
    let sign = |extra: Value| {
        let mut claims = claims.clone();
        claims["cnf"] = extra;
        issuer.sign(&json!({ "alg": "RS256", "kid": "key" }), &claims)
    };
    let bound = sign(json!({ "jkt": thumbprint(&holder) }));
    let bearer = issuer.sign(&json!({ "alg": "RS256", "kid": "key" }), &claims);
    let proof = |number: usize| {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public_key(&holder) });
        let claims = json!({
            "htm": "GET", "htu": URL, "iat": now, "jti": format!("{number:032}"),
            "ath": Thumbprint::digest(bound.as_bytes()).to_string(),
        });
        holder.sign(&header, &claims)
    };
    let request = |scheme: &str, token: &str, proof: &str| {
        Request::builder()
            .uri("/orders".parse().unwrap())
            .header("authorization", format!("{scheme} {token}"))
            .header("dpop", proof)
            .finish()
    };
    let requirement = Requirement::default();
    let is_admitted = |request: &Request| {
        let verdict = guard.admit(request, &requirement);
        verdict.now_or_never().unwrap().is_ok()
    };
    let key = public_point(&holder);
    let (mut bare, mut proven, mut remembered) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let proofs: Vec<_> = (0..CALLS).map(|call| proof(round * CALLS + call)).collect();
        let signed: Vec<_> = proofs.iter().map(|proof| parts(proof)).collect();
        let requests: Vec<_> = proofs
            .iter()
            .map(|proof| request("DPoP", &bound, proof))
            .collect();
        let plain = request("Bearer", &bearer, "");
        bare.push(nanos(|| {
            let mut all = signed.iter();
            all.all(|(input, signature)| key.verify_sig(input, signature).is_ok())
        }));
        proven.push(nanos(|| requests.iter().all(is_admitted)));
        remembered.push(nanos(|| (0..CALLS).all(|_| is_admitted(black_box(&plain)))));
    }
    let [bare, proven, remembered] = [bare, proven, remembered].map(median);
    println!("| call | ns |\n| --- | --- |");
    println!("| a remembered bearer token | {remembered} |");
    println!("| one bare ES256 verification | {bare} |");
    println!("| a remembered bound token with a new ES256 proof | {proven} |");
    let others = proven.saturating_sub(bare + remembered);
    println!("| of it besides the verification and the token | {others} |");
}

/// The time of one call, of a round.
fn nanos(round: impl FnOnce() -> bool) -> u64 {
    let start = Instant::now();
    assert!(round());
    u64::try_from(start.elapsed().as_nanos()).unwrap() / CALLS as u64
}

fn median(mut rounds: Vec<u64>) -> u64 {
    rounds.sort_unstable();
    rounds[rounds.len() / 2]
}

/// What was signed, and the signature.
fn parts(proof: &str) -> (Vec<u8>, Vec<u8>) {
    let (input, signature) = proof.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    (input.as_bytes().to_vec(), signature)
}

fn public_key(key: &SigningKey) -> Value {
    let jwk = key.public_jwk();
    json!({ "kty": "EC", "crv": "P-256", "x": jwk["x"], "y": jwk["y"] })
}

fn public_point(key: &SigningKey) -> ParsedPublicKey {
    let jwk = public_key(key);
    let mut point = vec![4];
    for coordinate in ["x", "y"] {
        point.extend(
            URL_SAFE_NO_PAD
                .decode(jwk[coordinate].as_str().unwrap())
                .unwrap(),
        );
    }
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).unwrap()
}

fn thumbprint(key: &SigningKey) -> String {
    let jwk = public_key(key);
    let canonical = format!(
        r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#,
        jwk["x"], jwk["y"]
    );
    Thumbprint::digest(canonical.as_bytes()).to_string()
}
