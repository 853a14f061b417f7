#![allow(clippy::unwrap_used)] // A test may panic.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::{Verifier, VerifyError};
use crate::clock::{Clock, ManualClock};
use crate::dev::{SigningAlgorithm, SigningKey};
use crate::token::{Audience, KeySet, KeySource, Validation};

const ISSUER: &str = "https://id.example/oauth2/default";
const AUDIENCE: &str = "api://default";

static KEYS: LazyLock<[SigningKey; 3]> = LazyLock::new(|| {
    ["a", "b", "c"].map(|kid| SigningKey::generate_with_kid(SigningAlgorithm::Es256, kid))
});

/// Keys that a test replaces and removes.
#[derive(Debug, Default)]
struct ReplaceableKeys(ArcSwapOption<KeySet>);

impl ReplaceableKeys {
    fn put(&self, keys: &[&SigningKey]) {
        let jwks = json!({ "keys": keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>() });
        let parsed = KeySet::parse(jwks.to_string().as_bytes()).unwrap();
        self.0.store(Some(Arc::new(parsed.key_set)));
    }
}

impl KeySource for ReplaceableKeys {
    fn current(&self) -> Option<Arc<KeySet>> {
        self.0.load_full()
    }

    fn refreshed(&self) -> BoxFuture<'_, Option<Arc<KeySet>>> {
        Box::pin(async { self.current() })
    }
}

/// Keys that never arrive.
#[derive(Debug)]
struct PendingKeys;

impl KeySource for PendingKeys {
    fn current(&self) -> Option<Arc<KeySet>> {
        None
    }

    fn refreshed(&self) -> BoxFuture<'_, Option<Arc<KeySet>>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn few_requests_wait_for_keys_and_the_rest_are_answered_at_once() {
    let clock = ManualClock::new();
    let validation = Validation::new(ISSUER, Audience::parse(AUDIENCE).unwrap());
    let verifier = Verifier::new(Arc::new(PendingKeys), validation);
    let token = token(&KEYS[0], "ada", secs(&clock) + 300);

    let mut waiting = Vec::new();
    for number in 0..=super::trusted::MAX_WAITING {
        let mut verdict = Box::pin(verifier.verify(&token));
        let at_once = futures_util::poll!(&mut verdict);
        if number < super::trusted::MAX_WAITING {
            assert!(at_once.is_pending(), "{number}");
            waiting.push(verdict);
        } else {
            assert_eq!(at_once, std::task::Poll::Ready(Err(VerifyError::NoKeys)));
        }
    }
    waiting.pop();

    let mut next = Box::pin(verifier.verify(&token));
    assert!(futures_util::poll!(&mut next).is_pending());
}

fn verifier(keys_in_use: &Arc<ReplaceableKeys>, clock: &ManualClock) -> Verifier {
    let validation = Validation::new(ISSUER, Audience::parse(AUDIENCE).unwrap());
    Verifier::new(keys_in_use.clone(), validation).with_clock(Arc::new(clock.clone()))
}

fn token(key: &SigningKey, subject: &str, expires_at: u64) -> String {
    key.sign(
        &json!({ "alg": "ES256", "kid": key.kid() }),
        &json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": expires_at }),
    )
}

fn secs(clock: &ManualClock) -> u64 {
    let since_epoch = clock.now().duration_since(SystemTime::UNIX_EPOCH);
    since_epoch.unwrap().as_secs()
}

#[tokio::test]
async fn a_remembered_token_is_the_same_value_at_each_call() {
    let (keys_in_use, clock) = (Arc::new(ReplaceableKeys::default()), ManualClock::new());
    let verifier = verifier(&keys_in_use, &clock);
    keys_in_use.put(&[&KEYS[0]]);
    let token = token(&KEYS[0], "ada", secs(&clock) + 300);

    let first = verifier.verify(&token).await.unwrap();
    let second = verifier.verify(&token).await.unwrap();
    let without = verifier.with_cache(None).verify(&token).await.unwrap();

    assert!(Arc::ptr_eq(&first, &second));
    assert!(!Arc::ptr_eq(&first, &without));
    assert_eq!(first, without);
}

#[tokio::test]
async fn a_remembered_token_expires_to_the_second() {
    let (keys_in_use, clock) = (Arc::new(ReplaceableKeys::default()), ManualClock::new());
    let verifier = verifier(&keys_in_use, &clock);
    keys_in_use.put(&[&KEYS[0]]);
    let token = token(&KEYS[0], "ada", secs(&clock) + 300);
    verifier.verify(&token).await.unwrap();

    clock.advance(Duration::from_secs(359));
    assert!(verifier.verify(&token).await.is_ok());

    clock.advance(Duration::from_secs(1));
    assert_eq!(
        verifier.verify(&token).await.unwrap_err().reason(),
        "expired"
    );
}

#[tokio::test]
async fn a_remembered_token_is_forgotten_with_its_key() {
    let (keys_in_use, clock) = (Arc::new(ReplaceableKeys::default()), ManualClock::new());
    let verifier = verifier(&keys_in_use, &clock);
    keys_in_use.put(&[&KEYS[0], &KEYS[1]]);
    let token = token(&KEYS[0], "ada", secs(&clock) + 300);
    verifier.verify(&token).await.unwrap();

    keys_in_use.put(&[&KEYS[1]]);
    assert_eq!(
        verifier.verify(&token).await.unwrap_err().reason(),
        "unknown_key"
    );

    keys_in_use.put(&[&KEYS[0]]);
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn a_remembered_token_is_not_accepted_without_keys() {
    let (keys_in_use, clock) = (Arc::new(ReplaceableKeys::default()), ManualClock::new());
    let verifier = verifier(&keys_in_use, &clock);
    keys_in_use.put(&[&KEYS[0]]);
    let token = token(&KEYS[0], "ada", secs(&clock) + 300);
    verifier.verify(&token).await.unwrap();

    keys_in_use.0.store(None);

    assert_eq!(
        verifier.verify(&token).await.unwrap_err(),
        VerifyError::NoKeys
    );
}

/// Random schedules of calls, time, clock jumps and keys: a verifier with a cache, one with a
/// cache that is always full and one without give the same verdicts.
#[tokio::test]
async fn a_cache_changes_no_verdict() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (keys_in_use, clock) = (Arc::new(ReplaceableKeys::default()), ManualClock::new());
        let plain = verifier(&keys_in_use, &clock).with_cache(None);
        let cached = verifier(&keys_in_use, &clock);
        let crowded = verifier(&keys_in_use, &clock).with_cache(Some(8 * 1024));
        let start = secs(&clock);
        let tokens: Vec<String> = (0..20)
            .map(|n| {
                token(
                    random.choice(&*KEYS).unwrap(),
                    &format!("user{n}"),
                    start + random.u64(0..900),
                )
            })
            .collect();

        for step in 0..300 {
            match random.u32(0..20) {
                0 => clock.advance(Duration::from_secs(random.u64(0..120))),
                1 => clock.set_wall(clock.now() - Duration::from_secs(random.u64(0..120))),
                2 => keys_in_use.put(&random.choose_multiple(KEYS.iter(), 2)),
                3 => keys_in_use.0.store(None),
                _ => {
                    let token = random.choice(&tokens).unwrap();
                    let verdict = plain.verify(token).await;
                    let where_ = format!("seed {seed}, step {step}");
                    assert_eq!(cached.verify(token).await, verdict, "{where_}");
                    assert_eq!(crowded.verify(token).await, verdict, "{where_}");
                }
            }
        }
    }
}

#[test]
fn the_default_size_of_the_cache_is_32_mebibytes() {
    assert_eq!(super::DEFAULT_CACHE_BYTES, 33_554_432);
}

fn remembered(verifier: &Verifier) -> usize {
    let shown = format!("{verifier:?}");
    let (_, rest) = shown.split_once("entries: ").unwrap();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
    rest[..end].parse().unwrap()
}

#[tokio::test]
async fn a_token_that_has_expired_is_forgotten() {
    let (keys_in_use, clock) = (Arc::new(ReplaceableKeys::default()), ManualClock::new());
    keys_in_use.put(&[&KEYS[0]]);
    let verifier = verifier(&keys_in_use, &clock);
    let token = token(&KEYS[0], "ada", secs(&clock) + 60);

    verifier.verify(&token).await.unwrap();
    assert_eq!(remembered(&verifier), 1);

    clock.advance(Duration::from_secs(300));
    verifier.verify(&token).await.unwrap_err();
    assert_eq!(remembered(&verifier), 0);
}

#[tokio::test]
async fn the_cache_counts_a_token_with_its_claims() {
    let (keys_in_use, clock) = (Arc::new(ReplaceableKeys::default()), ManualClock::new());
    keys_in_use.put(&[&KEYS[0]]);
    // A token of 4 KiB takes about 16 KiB, one of 300 bytes about 1.5.
    for (length, most) in [(3_000, 3), (30, 44)] {
        let verifier = verifier(&keys_in_use, &clock).with_cache(Some(64 * 1024));
        for user in 0..100 {
            let subject = format!("{user:0length$}");
            let token = token(&KEYS[0], &subject, secs(&clock) + 60);
            verifier.verify(&token).await.unwrap();
        }
        let remembered = remembered(&verifier);
        assert!((1..=most).contains(&remembered), "{length}: {remembered}");
    }
}

#[cfg(feature = "service")]
#[tokio::test]
async fn a_token_of_the_wrong_kind_or_server_has_a_warning_whatever_else_is_wrong() {
    let verifier = verifier(&Arc::default(), &ManualClock::new());
    for (name, claims, expected) in [
        ("an access token", json!({ "iss": ISSUER }), None),
        (
            "an ID token",
            json!({ "iss": ISSUER, "nonce": "n" }),
            Some("an ID token"),
        ),
        (
            "another one",
            json!({ "iss": ISSUER, "at_hash": "h" }),
            Some("an ID token"),
        ),
        (
            "the org server's",
            json!({ "iss": "https://dev-1.okta.com" }),
            Some("org authorization server"),
        ),
        (
            "its neighbour's",
            json!({ "iss": "https://dev-1.okta.com/oauth2/default" }),
            None,
        ),
        ("no text for an issuer", json!({ "iss": 1 }), None),
    ] {
        let token = KEYS[0].sign(&json!({ "alg": "ES256" }), &claims);

        let explanation = verifier.explain(&token).await;

        let warnings = explanation.warnings();
        assert_eq!(warnings.len(), usize::from(expected.is_some()), "{name}");
        let expected = expected.unwrap_or("");
        assert!(
            warnings.iter().all(|warning| warning.contains(expected)),
            "{name}"
        );
    }
}
