//! Encrypted tokens in the cache and on the denylist.

use std::num::NonZeroU32;
use std::sync::Arc;

use poem_resource_server::verifier::{Denial, Denylist};
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_remembered_token_needs_no_key() {
    let world = World::new();
    let token = world.token(&json!({}));
    let one = NonZeroU32::new(1).unwrap();
    let verifier = world.verifier.clone().with_max_decryptions(one);
    assert!(verifier.verify(&token).await.is_ok());

    for _ in 0..100 {
        assert!(verifier.verify(&token).await.is_ok());
    }

    assert_eq!(world.tally.counts().cache_hits, 100);
}

#[tokio::test]
async fn a_remembered_token_expires() {
    let world = World::new();
    let token = world.token(&json!({ "exp": world.now() + 10 }));
    assert_eq!(world.verdict(&token).await, "ok");

    world.advance(69);
    assert_eq!(world.verdict(&token).await, "ok");
    world.advance(2);

    assert_eq!(world.verdict(&token).await, "expired");
}

#[tokio::test]
async fn the_signed_token_alone_is_remembered_separately() {
    let world = World::new();
    let (token, signed) = (world.token(&json!({})), world.signed(&json!({})));
    assert_eq!(world.verdict(&token).await, "ok");

    assert_eq!(world.verdict(&signed).await, "ok");

    assert_eq!(world.tally.counts().cache_misses, 2);
}

#[tokio::test]
async fn the_denylist_knows_the_signed_token() {
    let world = World::new();
    let denylist = Arc::new(Denylist::new(10, Arc::new(world.clock.clone())));
    let verifier = world.verifier.clone().with_denylist(denylist.clone());
    let token = world.token(&json!({ "jti": "stolen" }));
    let other = world.token(&json!({ "jti": "other" }));
    assert!(verifier.verify(&token).await.is_ok());

    let denial = json!({ "jti": "stolen", "exp": world.now() + 100_000 });
    let denial = Denial::parse(denial.to_string().as_bytes()).unwrap();
    denylist.deny(denial).unwrap();

    let refused = verifier.verify(&token).await.unwrap_err();
    assert_eq!(refused.reason(), "revoked");
    assert!(verifier.verify(&other).await.is_ok());
}
