//! Generated tokens: whatever is changed in a good one, it is refused; whatever is sent, it
//! is answered. The seeds are handed in, so a failure is found again by its number.

use fastrand::Rng;
use poem_resource_server::token::{Jws, KeySet};
use poem_resource_server::verifier::Verifier;

use crate::forge::{Forge, encode, header, key};

/// Characters that matter to some reader of tokens.
const LETTERS: &[u8] = b"ABCXYZabcxyz0189-_.=+/ \t\n\0\"{}[]:,eyJhbGciOiJub25lIn0\xc3\xa9";

/// One to three changes of a text.
fn mutate(text: &str, random: &mut Rng) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..random.usize(1..=3) {
        let at = random.usize(0..bytes.len());
        let letter = LETTERS[random.usize(0..LETTERS.len())];
        match random.u8(0..7) {
            0 => bytes[at] = letter,
            1 => bytes[at] ^= 1 << random.u8(0..7),
            2 => bytes.insert(at, letter),
            3 if bytes.len() > 1 => {
                bytes.remove(at);
            }
            4 => bytes.truncate(at.max(1)),
            5 => {
                let other = random.usize(0..bytes.len());
                bytes.swap(at, other);
            }
            _ => {
                let end = (at + random.usize(1..20)).min(bytes.len());
                let part = bytes[at..end].to_vec();
                let to = random.usize(0..=bytes.len());
                bytes.splice(to..to, part);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One to three changes below base64, where mutants of the text seldom get.
fn mutate_decoded(token: &str, random: &mut Rng) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let part = random.usize(0..3);
    let mut bytes = crate::forge::decode(&parts[part]);
    for _ in 0..random.usize(1..=3) {
        let at = random.usize(0..bytes.len());
        match random.u8(0..3) {
            0 => bytes[at] ^= 1 << random.u8(0..8),
            1 => bytes.insert(at, LETTERS[random.usize(0..LETTERS.len())]),
            _ => {
                bytes.remove(at);
            }
        }
    }
    parts[part] = encode(&bytes);
    parts.join(".")
}

async fn no_mutant_gets_in(verifier: &Verifier, seed: u64, count: usize) {
    let forge = Forge::new();
    let mut random = Rng::with_seed(seed);
    let tokens: Vec<String> = ["RS256", "PS256", "ES256", "EdDSA"]
        .map(|algorithm| key(algorithm).sign(&header(algorithm), &forge.claims()))
        .into();
    for token in &tokens {
        assert!(verifier.verify(token).await.is_ok());
    }
    for number in 0..count {
        let token = &tokens[number % tokens.len()];
        let mutant = if random.bool() {
            mutate(token, &mut random)
        } else {
            mutate_decoded(token, &mut random)
        };
        // A token has one spelling: another text is another token.
        if !tokens.contains(&mutant) {
            let verdict = verifier.verify(&mutant).await;
            assert!(verdict.is_err(), "seed {seed}, number {number}: {mutant}");
        }
    }
}

#[tokio::test]
async fn ten_thousand_mutants_of_good_tokens_are_refused() {
    no_mutant_gets_in(&Forge::new().verifier(), 1, 10_000).await;
}

/// Run by `scripts/soak`, in release.
#[tokio::test]
#[ignore = "takes minutes: scripts/soak runs it"]
async fn a_million_mutants_of_good_tokens_are_refused() {
    no_mutant_gets_in(&Forge::new().verifier(), 2, 1_000_000).await;
}

#[test]
fn nothing_that_is_sent_or_published_panics() {
    let mut random = Rng::with_seed(3);
    let jwks =
        serde_json::json!({ "keys": [key("RS256").public_jwk(), key("ES256").public_jwk()] });
    let jwks = jwks.to_string();
    for _ in 0..5_000 {
        let length = random.usize(0..300);
        let bytes: Vec<u8> = (0..length)
            .map(|_| LETTERS[random.usize(0..LETTERS.len())])
            .collect();
        let _ = Jws::parse(&String::from_utf8_lossy(&bytes));
        let _ = KeySet::parse(&bytes);
        let _ = KeySet::parse(mutate(&jwks, &mut random).as_bytes());
    }
}
