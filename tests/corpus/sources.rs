//! The whole corpus with key sources in every state: which tokens cause a fetch, and how each is
//! answered while there are no keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;
use poem_resource_server::token::{Jws, KeySet, KeySource};
use poem_resource_server::verifier::Verifier;

use crate::forge::{Forge, ISSUER};
use crate::{controls, hostile};

/// The keys now, the keys after a fetch, and the number of fetches.
#[derive(Debug)]
pub struct Scripted {
    now: Option<Arc<KeySet>>,
    after: Option<Arc<KeySet>>,
    fetches: AtomicUsize,
}

impl Scripted {
    pub fn new(now: Option<Arc<KeySet>>, after: Option<Arc<KeySet>>) -> Arc<Self> {
        let fetches = AtomicUsize::new(0);
        Arc::new(Self {
            now,
            after,
            fetches,
        })
    }

    pub fn take_fetches(&self) -> usize {
        self.fetches.swap(0, Ordering::Relaxed)
    }
}

impl KeySource for Scripted {
    fn current(&self) -> Option<Arc<KeySet>> {
        self.now.clone()
    }

    fn refreshed(&self) -> BoxFuture<'_, Option<Arc<KeySet>>> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { self.after.clone() })
    }
}

pub async fn verdict(verifier: &Verifier, token: &str) -> &'static str {
    let verdict = verifier.verify(token).await;
    verdict.map_or_else(|error| error.reason(), |_| "ok")
}

/// Whether a key is needed to judge a token: its form and its header are sound, and its payload
/// names the issuer.
fn needs_a_key(token: &str) -> bool {
    let is_ours = |jws: Jws<'_>| jws.unverified_issuer().is_ok_and(|found| found == ISSUER);
    Jws::parse(token).is_ok_and(is_ours)
}

#[tokio::test]
async fn only_an_unknown_key_causes_a_fetch_and_only_one() {
    let forge = Forge::new();
    let keys = forge.key_set();
    let source = Scripted::new(Some(keys.clone()), Some(keys));
    let verifier = forge.verifier_from(source.clone());
    for row in hostile(&forge).iter().chain(&controls(&forge)) {
        let found = verdict(&verifier, &row.token).await;

        assert_eq!(found, row.reason, "{}", row.name);
        let expected = usize::from(row.reason == "unknown_key");
        assert_eq!(source.take_fetches(), expected, "{}", row.name);
    }
}

#[tokio::test]
async fn form_and_issuer_are_checked_without_keys_and_nothing_else_is() {
    let forge = Forge::new();
    let source = Scripted::new(None, None);
    let verifier = forge.verifier_from(source.clone());
    for row in hostile(&forge).iter().chain(&controls(&forge)) {
        let found = verdict(&verifier, &row.token).await;

        let (expected, fetches) = if needs_a_key(&row.token) {
            ("no_keys", 1)
        } else {
            (row.reason, 0)
        };
        assert_eq!(found, expected, "{}", row.name);
        assert_eq!(source.take_fetches(), fetches, "{}", row.name);
    }
}

#[tokio::test]
async fn keys_that_are_fetched_late_or_again_change_no_verdict() {
    let forge = Forge::new();
    let keys = forge.key_set();
    let late = Scripted::new(None, Some(keys.clone()));
    let again = Scripted::new(Some(Arc::default()), Some(keys));
    for source in [late, again] {
        let verifier = forge.verifier_from(source.clone());
        for row in hostile(&forge).iter().chain(&controls(&forge)) {
            let found = verdict(&verifier, &row.token).await;

            assert_eq!(found, row.reason, "{}", row.name);
            assert!(source.take_fetches() <= 1, "{}", row.name);
        }
    }
}

/// The good tokens are in the cache, and the hostile ones differ little from them.
#[tokio::test]
async fn no_hostile_token_is_accepted_because_of_a_remembered_one() {
    let forge = Forge::new();
    let verifier = forge.verifier();
    let (hostile, controls) = (hostile(&forge), controls(&forge));
    for row in &controls {
        assert_eq!(verdict(&verifier, &row.token).await, "ok", "{}", row.name);
    }

    for row in hostile.iter().chain(&hostile).chain(&controls) {
        assert_eq!(
            verdict(&verifier, &row.token).await,
            row.reason,
            "{}",
            row.name
        );
    }
}
