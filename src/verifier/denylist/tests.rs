#![allow(clippy::unwrap_used)] // A test may panic.

mod clients;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{Denial, DenialSource, Denylist, DenylistFull};
use crate::clock::{Clock, ManualClock};
use crate::dev::{SigningAlgorithm, SigningKey};
use crate::token::{Audience, KeySet, MAX_LEEWAY, Validation};
use crate::verifier::{Verifier, VerifyError};

const ISSUER: &str = "https://id.example/oauth2/default";

/// A verifier with a denylist, and the clock of both.
struct World {
    clock: ManualClock,
    denylist: Arc<Denylist>,
    verifier: Verifier,
    key: SigningKey,
}

impl World {
    fn new() -> Self {
        Self::with(|denylist| denylist)
    }

    fn with(set: impl Fn(Denylist) -> Denylist) -> Self {
        Self::sized(4, set)
    }

    fn sized(max_entries: usize, set: impl Fn(Denylist) -> Denylist) -> Self {
        let clock = ManualClock::new();
        let key = SigningKey::generate(SigningAlgorithm::Es256);
        let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
        let keys = KeySet::parse(jwks.as_bytes()).unwrap().key_set;
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let denylist = Arc::new(set(Denylist::new(max_entries, shared.clone())));
        let validation = Validation::new(ISSUER, Audience::parse("api://default").unwrap());
        let verifier = Verifier::new(Arc::new(Arc::new(keys)), validation)
            .with_clock(shared)
            .with_denylist(denylist.clone());
        Self {
            clock,
            denylist,
            verifier,
            key,
        }
    }

    fn now(&self) -> u64 {
        let since = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap().as_secs()
    }

    /// A token that is valid for one hour, of client `c` and user `ada`, issued now.
    fn token(&self, claims: &Value) -> String {
        let now = self.now();
        let mut all = json!({
            "iss": ISSUER, "aud": "api://default", "sub": "ada", "cid": "c", "jti": "1",
            "iat": now, "exp": now + 3600,
        });
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        let header = json!({ "alg": "ES256", "kid": self.key.kid() });
        self.key.sign(&header, &all)
    }

    fn deny(&self, denial: &Value) {
        self.denylist.deny(self.denial(denial)).unwrap();
    }

    /// Adds an expiry in one hour, if there is none.
    fn denial(&self, denial: &Value) -> Denial {
        let mut denial = denial.clone();
        if denial["exp"].is_null() {
            denial["exp"] = json!(self.now() + 3600);
        }
        Denial::parse(denial.to_string().as_bytes()).unwrap()
    }

    async fn reason(&self, token: &str) -> Option<&'static str> {
        let verdict = self.verifier.verify(token).await;
        verdict.err().as_ref().map(VerifyError::reason)
    }
}

#[tokio::test]
async fn a_token_with_every_member_of_a_denial_is_denied() {
    let now = World::new().now();
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("its id", json!({ "jti": "1" }), true),
        ("another id", json!({ "jti": "2" }), false),
        ("its id and issuer", json!({ "iss": ISSUER, "jti": "1" }), true),
        ("its id by another issuer", json!({ "iss": "https://other.example", "jti": "1" }), false),
        ("its subject", json!({ "sub": "ada" }), true),
        ("another subject", json!({ "sub": "eve" }), false),
        ("a subject in other letters", json!({ "sub": "ADA" }), false),
        ("its client", json!({ "cid": "c" }), true),
        ("another client", json!({ "cid": "d" }), false),
        ("its subject by its client", json!({ "sub": "ada", "cid": "c" }), true),
        ("its subject by another client", json!({ "sub": "ada", "cid": "d" }), false),
        ("a time after it", json!({ "issued_before": now + 1 }), true),
        ("its very second", json!({ "issued_before": now }), false),
        ("its subject before a time", json!({ "sub": "ada", "issued_before": now + 1 }), true),
        ("its subject until a time", json!({ "sub": "ada", "issued_before": now }), false),
    ];
    for (name, denial, is_denied) in rows {
        let world = World::new();
        let token = world.token(&json!({}));
        assert_eq!(world.reason(&token).await, None, "{name}");

        world.deny(&denial);

        // The cache remembers it.
        assert_eq!(
            world.reason(&token).await,
            is_denied.then_some("revoked"),
            "{name}"
        );
        let fresh = world.verifier.clone().with_cache(None);
        let verdict = fresh.verify(&token).await;
        assert_eq!(verdict.is_err(), is_denied, "{name}");
    }
}

#[tokio::test]
async fn a_token_without_iat_counts_as_issued_before() {
    let world = World::new();
    let silent = world.token(&json!({ "iat": null }));
    assert_eq!(world.reason(&silent).await, Some("malformed_claim"));
    let header = json!({ "alg": "ES256", "kid": world.key.kid() });
    let claims =
        json!({ "iss": ISSUER, "aud": "api://default", "sub": "ada", "exp": world.now() + 60 });
    let silent = world.key.sign(&header, &claims);
    assert_eq!(world.reason(&silent).await, None);

    world.deny(&json!({ "issued_before": 1 }));

    assert_eq!(world.reason(&silent).await, Some("revoked"));
    assert_eq!(world.reason(&world.token(&json!({}))).await, None);
}

#[tokio::test]
async fn a_denial_applies_until_it_expires_or_is_removed() {
    let world = World::new();
    let token = world.token(&json!({}));
    world.deny(&json!({ "sub": "ada", "exp": world.now() + 10 }));
    world.deny(&json!({ "cid": "c" }));
    let of_client = world.denial(&json!({ "cid": "c" }));

    assert!(world.denylist.allow(&of_client));
    assert!(!world.denylist.allow(&of_client));
    world
        .clock
        .advance(MAX_LEEWAY + Duration::from_millis(9_999));
    assert_eq!(world.reason(&token).await, Some("revoked"));
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.reason(&token).await, None);
}

#[tokio::test]
async fn a_source_replaces_its_own_denials_only() {
    let world = World::new();
    let [ada, eve] = ["ada", "eve"].map(|sub| world.token(&json!({ "sub": sub })));
    let of = |sub| vec![world.denial(&json!({ "sub": sub }))];
    world
        .denylist
        .replace(DenialSource::File, of("ada"))
        .unwrap();
    world.deny(&json!({ "sub": "eve" }));
    assert_eq!(world.reason(&ada).await, Some("revoked"));

    world
        .denylist
        .replace(DenialSource::File, Vec::new())
        .unwrap();

    assert_eq!(world.reason(&ada).await, None);
    assert_eq!(world.reason(&eve).await, Some("revoked"));
    world
        .denylist
        .replace(DenialSource::Shared, of("ada"))
        .unwrap();
    assert_eq!(world.reason(&ada).await, Some("revoked"));
    assert_eq!(world.reason(&eve).await, None);
    assert_eq!(world.denylist.len(), 1);
}

#[tokio::test]
async fn a_full_list_accepts_no_denial_and_loses_none() {
    let world = World::new();
    for id in 0..4 {
        world.deny(&json!({ "jti": id.to_string(), "exp": world.now() + 10 }));
    }
    let more = world.denial(&json!({ "jti": "more" }));
    let token = world.token(&json!({}));

    assert_eq!(world.denylist.deny(more.clone()), Err(DenylistFull));
    let five = vec![more.clone()];
    assert_eq!(
        world.denylist.replace(DenialSource::File, five),
        Err(DenylistFull)
    );
    assert_eq!(world.reason(&token).await, Some("revoked"));
    // Expired denials are removed first.
    world.clock.advance(MAX_LEEWAY + Duration::from_secs(10));
    assert_eq!(world.denylist.deny(more), Ok(()));
    assert_eq!(world.denylist.len(), 1);
}

#[tokio::test]
async fn a_source_adds_denials_up_to_the_limit_and_removes_none() {
    let world = World::new();
    let all: Vec<_> = (0..6)
        .map(|id| world.denial(&json!({ "jti": id.to_string() })))
        .collect();
    world.deny(&json!({ "cid": "c" }));

    let first = world.denylist.add(DenialSource::Shared, all[..3].to_vec());
    let again = world.denylist.add(DenialSource::Shared, all[..3].to_vec());
    let more = world.denylist.add(DenialSource::Shared, all.clone());

    assert_eq!((first, again, more), (Ok(()), Ok(()), Err(DenylistFull)));
    assert_eq!(world.denylist.len(), 4);
    let contained: Vec<_> = all.iter().map(|it| world.denylist.contains(it)).collect();
    assert_eq!(contained, [true, true, true, false, false, false]);
    assert_eq!(
        world.reason(&world.token(&json!({}))).await,
        Some("revoked")
    );
}

#[test]
fn a_denial_that_is_repeated_counts_once() {
    let world = World::new();

    for _ in 0..9 {
        world.deny(&json!({ "jti": "1", "exp": 4_000_000_000_u64 }));
    }

    assert_eq!(world.denylist.len(), 1);
}

#[tokio::test]
async fn an_unconfirmed_list_with_a_maximum_age_refuses_every_token() {
    let strict = World::with(|denylist| denylist.with_max_age(Duration::from_secs(5)));
    let lenient = World::new();
    let [token, other] = [&strict, &lenient].map(|world| world.token(&json!({})));

    assert_eq!(strict.reason(&token).await, Some("denylist_stale"));
    strict.denylist.confirm();
    assert_eq!(strict.reason(&token).await, None);
    strict.clock.advance(Duration::from_secs(5));
    assert_eq!(strict.reason(&token).await, None);
    strict.clock.advance(Duration::from_millis(1));
    assert_eq!(strict.reason(&token).await, Some("denylist_stale"));
    lenient.clock.advance(Duration::from_secs(600));
    assert_eq!(lenient.reason(&other).await, None);
    assert_eq!(lenient.denylist.age(), Duration::from_secs(600));
}

#[test]
fn a_denial_added_while_a_source_is_replaced_is_not_lost() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new());
    let list = Denylist::new(1_000_000, clock);
    let named = |name: &str| {
        let text = json!({ "jti": name, "exp": 9_000_000_000_u64 }).to_string();
        Denial::parse(text.as_bytes()).unwrap()
    };
    let of_file: Vec<_> = (0..2_000).map(|id| named(&format!("file-{id}"))).collect();

    std::thread::scope(|threads| {
        threads.spawn(|| {
            for _ in 0..50 {
                list.replace(DenialSource::File, of_file.clone()).unwrap();
            }
        });
        threads.spawn(|| {
            for id in 0..2_000 {
                list.deny(named(&format!("given-{id}"))).unwrap();
            }
        });
    });

    assert_eq!(list.len(), 4_000);
}
