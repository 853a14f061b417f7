//! Generated proofs: whatever is changed in a good one, it is refused. The seed is passed in, so a
//! failure is found again by its number.

use fastrand::Rng;

use crate::world::World;

/// Characters that matter to some reader of proofs.
const LETTERS: &[u8] = b"ABCXYZabcxyz0189-_.=+/ \"{}[]:,eyJ";

async fn no_mutant_is_accepted(seed: u64, count: usize) {
    let world = World::new();
    let token = world.bound_token();
    let mut random = Rng::with_seed(seed);
    for number in 0..count {
        let good = world.sign(&world.proof(&token));
        let mut bytes = good.clone().into_bytes();
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
        let mutant = String::from_utf8(bytes).unwrap();
        // A proof has one spelling, apart from spaces around a header.
        if mutant.trim() != good {
            let word = world.word(&token, &mutant).await;
            assert_ne!(word, "admitted", "seed {seed}, number {number}: {mutant}");
        }
        if number % 100 == 0 {
            assert_eq!(world.word(&token, &good).await, "admitted", "{number}");
        }
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
