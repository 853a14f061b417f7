#![allow(clippy::unwrap_used)] // A test may panic.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{VerifiedCache, shards};
use crate::clock::{Clock, ManualClock};
use crate::dev::{SigningAlgorithm, SigningKey};
use crate::token::{Audience, KeySet, Validation};
use crate::verifier::{Tally, TrustedIssuer, Verifier};

const ISSUER: &str = "https://dev-12345678.okta.com/oauth2/default";
const AUDIENCE: &str = "api://default";

/// An access token of Okta as long as one of RS256, which takes longer to sign: the name of
/// the key makes up for the shorter signature.
fn token(key: &SigningKey, user: usize, now: u64) -> String {
    key.sign(
        &json!({ "kid": key.kid(), "alg": "ES256" }),
        &json!({
            "ver": 1,
            "jti": format!("AT.{user:043}"),
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 3600,
            "cid": "0oa1b2c3d4e5f6g7h8i9",
            "uid": format!("00u{user:017}"),
            "scp": ["profile:read", "reports:read", "offline_access"],
            "auth_time": now,
            "sub": format!("user{user:05}@example.com"),
            "x": "01234567890",
        }),
    )
}

#[tokio::test]
async fn the_default_cache_keeps_ten_thousand_tokens_of_okta() {
    let clock = ManualClock::new();
    let now = clock.now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let key = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "k".repeat(228));
    let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
    let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
    let validation = Validation::new(ISSUER, Audience::parse(AUDIENCE).unwrap());
    let tally = Arc::new(Tally::default());
    let verifier = Verifier::new(Arc::new(keys), validation)
        .with_clock(Arc::new(clock))
        .with_tally(tally.clone());
    let tokens: Vec<_> = (0..10_000)
        .map(|user| token(&key, user, now.as_secs()))
        .collect();
    let lengths = tokens.iter().map(String::len);
    assert_eq!(
        (lengths.clone().min(), lengths.max()),
        (Some(900), Some(900))
    );

    for token in &tokens {
        verifier.verify(token).await.unwrap();
    }
    let first = tally.counts();
    for token in &tokens {
        verifier.verify(token).await.unwrap();
    }

    assert_eq!((first.cache_hits, first.cache_misses), (0, 10_000));
    let second = tally.counts();
    assert_eq!((second.cache_hits, second.cache_misses), (10_000, 10_000));
}

#[tokio::test]
async fn tokens_that_differ_in_one_byte_are_different_wherever_it_is() {
    let clock = ManualClock::new();
    let now = clock.now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let key = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "key");
    let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
    let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
    let validation = Validation::new(ISSUER, Audience::parse(AUDIENCE).unwrap());
    let issuer = TrustedIssuer::new("default", Arc::new(keys.clone()), validation.clone());
    let issuer = Arc::new(issuer);
    let verifier = Verifier::new(Arc::new(keys.clone()), validation).with_clock(Arc::new(clock));
    let accepted = verifier.verify(&token(&key, 1, now.as_secs())).await;
    let claims = accepted.unwrap();

    for length in [1, 63, 64, 65, 127, 128, 129, 300] {
        let cache = VerifiedCache::new(1024 * 1024);
        let is_found = |token: &[u8]| cache.find(token, || Duration::ZERO).is_some();
        let token = vec![b'a'; length];
        cache.insert(&token, claims.clone(), keys.clone(), &issuer);

        assert!(is_found(&token), "{length}");
        assert!(!is_found(&token[1..]) && !is_found(&[&token[..], b"a"].concat()));
        for place in 0..length {
            let mut other = token.clone();
            other[place] = b'b';
            assert!(!is_found(&other), "{place} of {length}");
            cache.insert(&other, claims.clone(), keys.clone(), &issuer);
            assert!(is_found(&other), "{place} of {length}");
        }
    }
}

#[test]
fn the_tokens_of_an_issuer_share_its_judge_until_its_keys_change() {
    let keys = || Arc::new(KeySet::default());
    let issuer = |name: &str| {
        let validation = Validation::new(name, Audience::parse(AUDIENCE).unwrap());
        Arc::new(TrustedIssuer::new(name, Arc::new(keys()), validation))
    };
    let cache = VerifiedCache::new(1024 * 1024);
    let ([first_keys, next_keys], [one, other]) = ([keys(), keys()], ["one", "other"].map(issuer));

    let of_one = cache.judge(first_keys.clone(), &one);
    let of_other = cache.judge(first_keys.clone(), &other);
    assert!(!Arc::ptr_eq(&of_one, &of_other));
    for (known, issuer) in [(&of_one, &one), (&of_other, &other)] {
        let again = cache.judge(first_keys.clone(), issuer);
        assert!(Arc::ptr_eq(known, &again) && again.issuer.as_ptr() == Arc::as_ptr(issuer));
    }

    // The sets are equal, but another set is other keys.
    let next = cache.judge(next_keys.clone(), &one);
    assert!(!Arc::ptr_eq(&of_one, &next) && Arc::ptr_eq(&next.keys, &next_keys));
    assert!(Arc::ptr_eq(&of_other, &cache.judge(first_keys, &other)));

    drop(other);
    cache.judge(keys(), &one);
    assert_eq!(cache.judges.read().unwrap().len(), 1);
}

#[test]
fn there_are_as_many_shards_as_are_filled_evenly() {
    for (entries, expected) in [
        (0, 1),
        (11_184, 1),
        (16_383, 1),
        (16_384, 2),
        (32_768, 4),
        (usize::MAX, 1 << 50),
    ] {
        assert_eq!(shards(entries), expected, "{entries}");
    }
}
