//! Generated proofs: whatever is changed in a good one, it is refused. The seed is passed in, so a
//! failure is found again by its number.

use fastrand::Rng;

use poem_resource_server::dev::SigningAlgorithm;
use poem_resource_server::verifier::Proofs;
use serde_json::json;

use crate::world::{World, thumbprint};

/// Characters that matter to some reader of proofs.
const LETTERS: &[u8] = b"ABCXYZabcxyz0189-_.=+/ \"{}[]:,eyJ";

/// A good proof with one to three faults.
fn mutant_of(good: &str, random: &mut Rng) -> String {
    let mut bytes = good.as_bytes().to_vec();
    for _ in 0..random.usize(1..=3) {
        let at = random.usize(0..bytes.len());
        let letter = LETTERS[random.usize(0..LETTERS.len())];
        match random.u8(0..5) {
            0 => bytes[at] = letter,
            1 => bytes.insert(at, letter),
            2 if bytes.len() > 1 => {
                bytes.remove(at);
            }
            3 => bytes.truncate(at.max(1)),
            _ => {
                let other = random.usize(0..bytes.len());
                bytes.swap(at, other);
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The reason for which a mutant is refused is one of proofs, and not one of the token.
fn assert_refused(word: &str, context: &str) {
    let is_of_proof = word.contains("proof")
        || ["htm", "htu", "iat", "jti", "ath"]
            .iter()
            .any(|it| word.ends_with(it));
    assert!(is_of_proof, "{word}: {context}");
}

async fn no_mutant_is_accepted(seed: u64, count: usize) {
    let world = World::new();
    let token = world.bound_token();
    let mut random = Rng::with_seed(seed);
    for number in 0..count {
        let good = world.sign(&world.proof(&token));
        let mutant = mutant_of(&good, &mut random);
        // A proof has one spelling, apart from spaces around a header.
        if mutant.trim() != good {
            let word = world.word(&token, &mutant).await;
            assert_refused(&word, &format!("seed {seed}, number {number}: {mutant}"));
        }
        if number % 100 == 0 {
            assert_eq!(world.word(&token, &good).await, "admitted", "{number}");
        }
    }
}

/// The key of a proof is remembered with the token. Here, each mutant is the first proof of its token.
async fn no_first_mutant_is_accepted(algorithm: SigningAlgorithm, seed: u64, count: usize) {
    let world = World::with_holder(Proofs::default(), algorithm);
    let cnf = json!({ "jkt": thumbprint(&world.holder) });
    let mut random = Rng::with_seed(seed);
    for number in 0..count {
        let token = world.token(&json!({ "cnf": cnf, "jti": format!("{number}") }));
        let good = world.sign(&world.proof(&token));
        let mutant = mutant_of(&good, &mut random);
        if mutant.trim() != good {
            let word = world.word(&token, &mutant).await;
            let context = format!("{algorithm}, seed {seed}, number {number}: {mutant}");
            assert_refused(&word, &context);
        }
        // The mutant used up nothing, and its key is not remembered for the holder.
        assert_eq!(
            world.word(&token, &good).await,
            "admitted",
            "{algorithm}, {number}"
        );
    }
}

#[tokio::test]
async fn five_thousand_mutants_of_good_proofs_are_refused() {
    no_mutant_is_accepted(1, 5_000).await;
}

/// Run by `scripts/soak`, in release.
#[tokio::test]
#[ignore = "takes minutes: scripts/soak runs it"]
async fn a_million_mutants_of_good_proofs_are_refused() {
    no_mutant_is_accepted(2, 1_000_000).await;
}

#[tokio::test]
async fn mutants_of_the_first_proof_of_a_token_are_refused_with_each_kind_of_key() {
    for (algorithm, count) in [
        (SigningAlgorithm::Es256, 1_000),
        (SigningAlgorithm::EdDsa, 1_000),
        (SigningAlgorithm::Rs256, 200),
        (SigningAlgorithm::Ps256, 200),
    ] {
        no_first_mutant_is_accepted(algorithm, 3, count).await;
    }
}
