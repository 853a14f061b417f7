//! No token that differs in one character or in one byte is accepted.

use serde_json::json;

use crate::seal::{KEYS, header_with};
use crate::world::World;

#[tokio::test]
async fn no_token_with_another_character_is_accepted() {
    for enc in ["A256GCM", "A128CBC-HS256"] {
        let world = World::new();
        let header = header_with(&json!({ "enc": enc, "kid": KEYS[0].thumbprint() }));
        let token = world.sealed(&KEYS[0], &header, &json!({}));
        assert_eq!(world.verdict(&token).await, "ok");
        let mut accepted = Vec::new();
        let mut verdicts = std::collections::BTreeMap::<_, u32>::new();

        for position in 0..token.len() {
            for bit in [1, 8] {
                let mut bytes = token.clone().into_bytes();
                bytes[position] ^= bit;
                let mutant = String::from_utf8(bytes).unwrap();
                let verdict = world.verdict(&mutant).await;
                *verdicts.entry(verdict).or_default() += 1;
                if verdict == "ok" {
                    accepted.push(position);
                }
            }
        }

        assert!(accepted.is_empty(), "{enc}: {accepted:?}");
        assert!(verdicts["undecryptable"] > 500, "{verdicts:?}");
    }
}

#[tokio::test]
async fn no_token_that_lacks_a_character_or_has_one_more_is_accepted() {
    let world = World::new();
    let token = world.token(&json!({}));

    for position in 0..token.len() {
        let mut shorter = token.clone();
        shorter.remove(position);
        let mut longer = token.clone();
        longer.insert(position, '.');

        assert_ne!(world.verdict(&shorter).await, "ok", "{position}");
        assert_ne!(world.verdict(&longer).await, "ok", "{position}");
    }
    assert_eq!(world.verdict(&token).await, "ok");
}
