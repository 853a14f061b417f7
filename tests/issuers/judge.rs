//! Which issuer judges a token: the one that its `iss` names, and no other.

use allocation_counter::measure;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt;
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::two::{A, B, KEY, Two, sign};

#[tokio::test]
async fn a_token_with_the_audience_of_another_issuer_is_refused() {
    let two = Two::start().await;
    let with_audience = |audience: Value| {
        let mut claims = two.claims(&two.a.url(), "a");
        claims["aud"] = audience;
        sign(&KEY[A], "key", &claims)
    };
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("that of the other", json!("api://b"), "wrong_audience"),
        ("that of the other in an array", json!(["api://b"]), "wrong_audience"),
        ("its own", json!("api://a"), "ok"),
        ("both", json!(["api://b", "api://a"]), "ok"),
    ];
    for (name, audience, expected) in rows {
        let found = two.verdict(&with_audience(audience)).await;

        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test]
async fn a_token_that_another_issuer_signed_is_refused_without_a_fetch() {
    let two = Two::start().await;
    let es384 = SigningKey::generate_with_kid(SigningAlgorithm::Es384, "key");
    let claims = two.claims(&two.b.url(), "b");
    two.verdict(&two.token_of_a(A)).await;

    for (name, token, expected) in [
        (
            "the same kid",
            sign(&KEY[A], "key", &claims),
            "bad_signature",
        ),
        (
            "the same kid for another algorithm",
            sign(&es384, "key", &claims),
            "key_mismatch",
        ),
        ("its own key", sign(&KEY[B], "key", &claims), "ok"),
    ] {
        assert_eq!(two.verdict(&token).await, expected, "{name}");
        assert_eq!(two.fetches(), (1, 1), "{name}");
    }
    // A key that only the other issuer could have is looked for at the issuer that is named.
    let elsewhere = sign(&KEY[A], "elsewhere", &claims);
    two.clock.advance(crate::two::secs(60));
    assert_eq!(two.verdict(&elsewhere).await, "unknown_key");
    assert_eq!(two.fetches(), (1, 2));
}

/// A token that nobody signed, with this payload.
fn unsigned(payload: &str) -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = encode(br#"{"alg":"ES256","kid":"key"}"#);
    format!(
        "{header}.{}.{}",
        encode(payload.as_bytes()),
        encode(&[1; 64])
    )
}

/// The number of tokens in the cache and their size, as the verifier prints them.
fn cache(two: &Two) -> String {
    let printed = format!("{:?}", two.verifier);
    let (_, cache) = printed.split_once("VerifiedCache").unwrap();
    cache.split_once('}').unwrap().0.to_owned()
}

/// A payload by number, and the reason of its refusal.
type Row<'a> = (&'a str, Box<dyn Fn(u32) -> String + 'a>, &'a str);

#[tokio::test]
async fn ten_thousand_tokens_of_unknown_issuers_cause_no_request_and_use_no_memory() {
    let two = Two::start().await;
    let url = two.a.url();
    let deep = |iss: &str, depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        format!("{{\"x\":{open}{{\"iss\":\"{url}\"}}{close}{iss}}}")
    };
    let long = "x".repeat(5_000);
    let rows: Vec<Row<'_>> = vec![
        (
            "unknown",
            Box::new(|n| format!("{{\"iss\":\"https://id-{n}.example\"}}")),
            "unknown_issuer",
        ),
        (
            "unknown, behind 5,000 bytes",
            Box::new(|n| format!("{{\"x\":\"{long}\",\"iss\":\"https://id-{n}.example\"}}")),
            "unknown_issuer",
        ),
        (
            "almost that of an issuer",
            Box::new(|n| format!("{{\"iss\":\"{url}/{n}\"}}")),
            "unknown_issuer",
        ),
        (
            "missing",
            Box::new(|n| format!("{{\"sub\":\"{n}\"}}")),
            "missing_claim",
        ),
        (
            "an array",
            Box::new(|n| format!("{{\"iss\":[\"{url}\"],\"n\":{n}}}")),
            "malformed_claim",
        ),
        (
            "present twice",
            Box::new(|n| format!("{{\"iss\":\"{url}\",\"n\":{n},\"iss\":\"{url}\"}}")),
            "malformed_payload",
        ),
        (
            "only below 2,000 arrays",
            Box::new(|_| deep("", 2_000)),
            "missing_claim",
        ),
        (
            "unknown, behind 2,000 arrays",
            Box::new(|n| deep(&format!(",\"iss\":\"https://id-{n}.example\""), 2_000)),
            "unknown_issuer",
        ),
        (
            "deep in 64 KiB",
            Box::new(|n| {
                format!(
                    "{{\"x\":\"{}\",\"iss\":\"{url}\",\"n\":{n}}}",
                    "x".repeat(65_536)
                )
            }),
            "too_long",
        ),
    ];
    let judge = |token: &str| {
        let verdict = two.verifier.verify(token).now_or_never();
        verdict
            .expect("no token waits for a request")
            .unwrap_err()
            .reason()
    };
    for (name, payload, expected) in rows {
        // What is allocated once is not counted.
        judge(&unsigned(&payload(0)));
        let before = cache(&two);
        for n in 1..=10_000 / 9 + 1 {
            let token = unsigned(&payload(n));
            let mut found = "";

            let memory = measure(|| found = judge(&token));

            assert_eq!(found, expected, "{name}");
            assert_eq!(memory.bytes_current, 0, "{name}: nothing stays allocated");
            let most = 4 * token.len() as u64 + 4_096;
            assert!(memory.bytes_max <= most, "{name}: {}", memory.bytes_max);
        }
        assert_eq!(cache(&two), before, "{name}");
    }
    tokio::task::yield_now().await;
    assert_eq!(two.fetches(), (1, 1));
    assert_eq!(two.attempts(&two.a.url()), 1);
    let mut claims = two.claims(&url, "a");
    claims["x"] = long.clone().into();
    let before = cache(&two);
    assert_eq!(two.verdict(&sign(&KEY[A], "key", &claims)).await, "ok");
    assert_ne!(cache(&two), before, "an accepted token is in the cache");
}

#[tokio::test]
async fn the_same_subject_of_two_issuers_is_denied_by_issuer() {
    use std::sync::Arc;

    use poem_resource_server::verifier::{Denial, Denylist};

    let two = Two::start().await;
    let denylist = Arc::new(Denylist::new(100, Arc::new(two.clock.clone())));
    let verifier = two.verifier.clone().with_denylist(denylist.clone());
    let verdict = async |token: &str| {
        let verdict = verifier.verify(token).await;
        verdict.map_or_else(|error| error.reason(), |_| "ok")
    };
    let (of_a, of_b) = (two.token_of_a(A), two.token_of_b(B));
    let exp = two.now() + 3600;
    let denial = |names: Value| {
        let mut denial = names;
        denial["exp"] = exp.into();
        Denial::parse(denial.to_string().as_bytes()).unwrap()
    };
    let at_a = denial(json!({ "iss": two.a.url(), "sub": "ada" }));
    let anywhere = denial(json!({ "sub": "ada" }));

    denylist.deny(at_a.clone()).unwrap();
    assert_eq!(
        (verdict(&of_a).await, verdict(&of_b).await),
        ("revoked", "ok")
    );

    denylist.allow(&at_a);
    assert_eq!((verdict(&of_a).await, verdict(&of_b).await), ("ok", "ok"));

    // Without `iss`, a denial is for every issuer.
    denylist.deny(anywhere).unwrap();
    assert_eq!(
        (verdict(&of_a).await, verdict(&of_b).await),
        ("revoked", "revoked")
    );
}
