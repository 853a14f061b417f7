//! The list of issuers changes while requests run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::poll;
use poem_resource_server::token::{Audience, KeySet, Validation};
use poem_resource_server::verifier::{TrustedIssuer, TrustedIssuers, Verifier};

use crate::scripted::{Answer, KEYS, key_set};
use crate::two::{A, B, KEY, NEW_B, Two, secs};

/// An issuer with this key, which is not fetched.
fn issuer(name: &str, identifier: &str, key: usize) -> TrustedIssuer {
    let jwks = key_set(&[&KEY[key]]).to_string();
    let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
    let rules = Validation::new(identifier, Audience::parse("api://b").unwrap());
    TrustedIssuer::new(name, Arc::new(keys), rules)
}

#[tokio::test]
async fn a_remembered_token_of_a_removed_issuer_is_refused_at_once() {
    let two = Two::start().await;
    let (of_a, of_b) = (two.token_of_a(A), two.token_of_b(B));
    assert_eq!(
        (two.verdict(&of_a).await, two.verdict(&of_b).await),
        ("ok", "ok")
    );

    assert!(two.issuers.remove(&two.b.url()));

    assert_eq!(two.verdict(&of_b).await, "unknown_issuer");
    assert_eq!(two.verdict(&of_a).await, "ok");
    assert!(
        !two.issuers.remove(&two.b.url()),
        "it is not there any more"
    );
    // An issuer that comes back is a new one, with its own keys.
    two.issuers.add(issuer("b", &two.b.url(), NEW_B)).unwrap();
    assert_eq!(two.verdict(&of_b).await, "unknown_key");
    assert!(two.issuers.remove(&two.b.url()));
    two.issuers.add(issuer("b", &two.b.url(), B)).unwrap();
    assert_eq!(two.verdict(&of_b).await, "ok");
}

#[tokio::test]
async fn two_issuers_have_neither_the_same_identifier_nor_the_same_name() {
    let issuers = TrustedIssuers::default();
    issuers.add(issuer("a", "https://a.example", A)).unwrap();
    for (name, other, is_accepted) in [
        (
            "the same identifier",
            issuer("b", "https://a.example", B),
            false,
        ),
        ("the same name", issuer("a", "https://b.example", B), false),
        ("another slash", issuer("b", "https://a.example/", B), true),
        ("both different", issuer("c", "https://c.example", B), true),
    ] {
        assert_eq!(issuers.add(other).is_ok(), is_accepted, "{name}");
    }
    let names = issuers.all();
    let names: Vec<_> = names.iter().map(|it| it.name()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn issuers_come_and_go_while_requests_run() {
    let two = Two::start().await;
    let (of_a, of_b) = (two.token_of_a(A), two.token_of_b(B));
    two.issuers.remove(&two.b.url());
    let is_over = Arc::new(AtomicBool::new(false));
    let caller = |verifier: Verifier, token: String, allowed: &'static [&'static str]| {
        let is_over = is_over.clone();
        tokio::spawn(async move {
            let mut calls = 0_u64;
            while !is_over.load(Ordering::Relaxed) {
                let verdict = verifier.verify(&token).await;
                let verdict = verdict.map_or_else(|error| error.reason(), |_| "ok");
                assert!(allowed.contains(&verdict), "{verdict}");
                calls += 1;
                tokio::task::yield_now().await;
            }
            calls
        })
    };
    let without_cache = two.verifier.clone().with_cache(None);
    let callers = [
        caller(two.verifier.clone(), of_a.clone(), &["ok"]),
        caller(without_cache.clone(), of_a.clone(), &["ok"]),
        caller(
            two.verifier.clone(),
            of_b.clone(),
            &["ok", "unknown_issuer"],
        ),
        caller(without_cache, of_b.clone(), &["ok", "unknown_issuer"]),
    ];

    for round in 0..500 {
        two.issuers.add(issuer("b", &two.b.url(), B)).unwrap();
        assert_eq!(two.verdict(&of_b).await, "ok", "{round}");
        assert!(two.issuers.remove(&two.b.url()));
        assert_eq!(two.verdict(&of_b).await, "unknown_issuer", "{round}");
    }

    is_over.store(true, Ordering::Relaxed);
    for caller in callers {
        assert!(caller.await.unwrap() > 0);
    }
}

#[tokio::test]
async fn a_request_that_waits_for_the_keys_of_a_removed_issuer_is_refused() {
    for (name, is_removed, expected) in [("removed", true, "unknown_issuer"), ("kept", false, "ok")]
    {
        let two = Two::start().await;
        two.b.set(KEYS, Answer::Gated(key_set(&[&KEY[NEW_B]])));
        two.clock.advance(secs(60));
        let token = two.token_of_b(NEW_B);
        let mut waiting = Box::pin(two.verdict(&token));
        assert!(poll!(&mut waiting).is_pending(), "{name}");

        if is_removed {
            two.issuers.remove(&two.b.url());
        }
        two.b.open_gate();

        assert_eq!(waiting.await, expected, "{name}");
    }
}

#[tokio::test]
async fn the_keys_of_a_removed_issuer_are_not_fetched_any_more() {
    let two = Two::start().await;
    let removed = Arc::downgrade(&two.issuers.find(&two.b.url()).unwrap());
    two.verdict(&two.token_of_b(B)).await;
    two.issuers.remove(&two.b.url());

    assert!(
        removed.upgrade().is_none(),
        "nothing keeps it, not even the cache"
    );
    let a = two.issuers.find(&two.a.url()).unwrap();
    let mut attempts = a.remote_keys().unwrap().attempts();
    for hour in 0..10 {
        two.clock.advance(secs(3600));
        attempts.ended().await;
        let (at_a, at_b) = two.fetches();
        assert_eq!((at_a, at_b), (hour + 2, 1));
    }
}

#[tokio::test]
async fn an_issuer_that_is_added_is_fetched_and_judges_from_then_on() {
    let two = Two::start().await;
    let c = crate::scripted::ScriptedIssuer::start(&[&KEY[NEW_B]]).await;
    let token = crate::two::sign(&KEY[NEW_B], "new-b", &two.claims(&c.url(), "c"));
    assert_eq!(two.verdict(&token).await, "unknown_issuer");
    assert_eq!(c.requests(KEYS), 0);

    two.add("c", &c.url());

    assert_eq!(two.verdict(&token).await, "ok");
    assert_eq!(c.requests(KEYS), 1);
    assert_eq!(two.fetches(), (1, 1));
}
