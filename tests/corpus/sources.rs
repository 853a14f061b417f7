//! The whole corpus once more, before key sources in every state: what a hostile token makes them
//! do, and what is said of it while there are no keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use poem_resource_server::token::{KeySet, KeySource};
use poem_resource_server::verifier::Verifier;

use crate::forge::Forge;
use crate::{controls, hostile};

/// Keys now, keys after a look at their origin, and how often that look was wanted.
#[derive(Debug)]
struct Scripted {
    now: Option<Arc<KeySet>>,
    after: Option<Arc<KeySet>>,
    looks: AtomicUsize,
}

impl Scripted {
    fn new(now: Option<Arc<KeySet>>, after: Option<Arc<KeySet>>) -> Arc<Self> {
        let looks = AtomicUsize::new(0);
        Arc::new(Self { now, after, looks })
    }

    fn take_looks(&self) -> usize {
        self.looks.swap(0, Ordering::Relaxed)
    }
}

impl KeySource for Scripted {
    fn current(&self) -> Option<Arc<KeySet>> {
        self.now.clone()
    }

    fn refreshed(&self) -> BoxFuture<'_, Option<Arc<KeySet>>> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { self.after.clone() })
    }
}

/// The checks that need no key: the form of the token and its header.
const WITHOUT_A_KEY: [&str; 10] = [
    "too_long",
    "illegal_character",
    "not_three_segments",
    "header_too_long",
    "malformed_header",
    "algorithm_not_allowed",
    "critical_header",
    "wrong_type",
    "malformed_kid",
    "unencoded_payload",
];

async fn verdict(verifier: &Verifier, token: &str) -> &'static str {
    let verdict = verifier.verify(token).await;
    verdict.map_or_else(|error| error.reason(), |_| "ok")
}

/// A segment that is not base64 is refused without a key only if it is the header.
fn needs_no_key(token: &str, reason: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    WITHOUT_A_KEY.contains(&reason)
        || (reason == "bad_base64" && URL_SAFE_NO_PAD.decode(header).is_err())
}

#[tokio::test]
async fn only_an_unknown_key_makes_the_source_look_and_only_once() {
    let forge = Forge::new();
    let keys = forge.key_set();
    let source = Scripted::new(Some(keys.clone()), Some(keys));
    let verifier = forge.verifier_from(source.clone());
    for row in hostile(&forge).iter().chain(&controls(&forge)) {
        let found = verdict(&verifier, &row.token).await;

        assert_eq!(found, row.reason, "{}", row.name);
        let expected = usize::from(row.reason == "unknown_key");
        assert_eq!(source.take_looks(), expected, "{}", row.name);
    }
}

#[tokio::test]
async fn without_keys_only_the_form_of_a_token_is_judged() {
    let forge = Forge::new();
    let source = Scripted::new(None, None);
    let verifier = forge.verifier_from(source.clone());
    for row in hostile(&forge).iter().chain(&controls(&forge)) {
        let found = verdict(&verifier, &row.token).await;

        let (expected, looks) = if needs_no_key(&row.token, row.reason) {
            (row.reason, 0)
        } else {
            ("no_keys", 1)
        };
        assert_eq!(found, expected, "{}", row.name);
        assert_eq!(source.take_looks(), looks, "{}", row.name);
    }
}

#[tokio::test]
async fn keys_that_arrive_late_or_again_change_no_verdict() {
    let forge = Forge::new();
    let keys = forge.key_set();
    let late = Scripted::new(None, Some(keys.clone()));
    let again = Scripted::new(Some(Arc::default()), Some(keys));
    for source in [late, again] {
        let verifier = forge.verifier_from(source.clone());
        for row in hostile(&forge).iter().chain(&controls(&forge)) {
            let found = verdict(&verifier, &row.token).await;

            assert_eq!(found, row.reason, "{}", row.name);
            assert!(source.take_looks() <= 1, "{}", row.name);
        }
    }
}

/// The good tokens are held in the cache, and the hostile ones differ from them by little.
#[tokio::test]
async fn a_remembered_token_admits_no_other_token() {
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
