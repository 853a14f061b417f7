#![allow(clippy::unwrap_used)] // A test may panic.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::dev::{SigningAlgorithm, SigningKey};
use crate::issuer::{ClientProof, Fetch, FetchPolicy, IntrospectionMode, IntrospectionPolicy};
use crate::token::Audience;
use crate::verifier::{RemoteIssuer, Verifier};

const URL: &str = "https://id.example";

fn validation(identifier: &str) -> Validation {
    Validation::new(identifier, Audience::parse("api://default").unwrap())
}

fn issuer(name: &str, identifier: &str, keys: &[Value]) -> TrustedIssuer {
    let jwks = json!({ "keys": keys }).to_string();
    let keys = KeySet::parse(jwks.as_bytes()).unwrap().key_set;
    TrustedIssuer::new(name, Arc::new(Arc::new(keys)), validation(identifier))
}

#[test]
fn issuers_are_in_the_order_of_their_names_and_the_main_one_is_the_default_or_the_first() {
    let issuers = TrustedIssuers::default();
    for name in ["zulu", DEFAULT_ISSUER, "alpha"] {
        let identifier = format!("https://{name}.example");
        issuers.add(issuer(name, &identifier, &[])).unwrap();
    }
    let names = |all: Vec<Arc<TrustedIssuer>>| -> Vec<String> {
        all.iter().map(|it| it.name().to_owned()).collect()
    };
    let main = || issuers.main().map(|it| it.name().to_owned());

    assert_eq!(names(issuers.all()), ["alpha", "default", "zulu"]);
    assert_eq!(names(issuers.in_order()), ["default", "alpha", "zulu"]);
    assert_eq!(main().as_deref(), Some(DEFAULT_ISSUER));
    assert!(issuers.remove("https://default.example"));
    assert_eq!(names(issuers.in_order()), ["alpha", "zulu"]);
    assert_eq!(main().as_deref(), Some("alpha"));
}

#[test]
fn an_identifier_and_a_name_are_each_trusted_once() {
    let issuers = TrustedIssuers::from(issuer("one", "https://one.example", &[]));
    let other = "https://other.example";

    for (name, identifier, expected) in [
        ("other", "https://one.example", Err(SameIssuer)),
        ("one", other, Err(SameIssuer)),
        ("other", other, Ok(())),
    ] {
        assert_eq!(
            issuers.add(issuer(name, identifier, &[])),
            expected,
            "{name}"
        );
    }

    assert_eq!(issuers.find(other).unwrap().name(), "other");
    assert!(issuers.remove(other));
    assert!(!issuers.remove(other));
    assert!(issuers.find(other).is_none());
    assert!(format!("{issuers:?}").contains("https://one.example"));
}

#[tokio::test]
async fn a_verifier_has_keys_while_one_of_its_issuers_has() {
    let key = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "a");
    let issuers = Arc::new(TrustedIssuers::from(issuer(
        "empty",
        "https://empty.example",
        &[],
    )));
    let verifier = Verifier::for_issuers(issuers.clone());
    assert!(Arc::ptr_eq(verifier.issuers(), &issuers));

    assert!(!verifier.has_keys());
    issuers
        .add(issuer("full", URL, &[key.public_jwk()]))
        .unwrap();
    assert!(verifier.has_keys());
    assert!(issuers.find(URL).unwrap().has_keys());
    issuers.remove(URL);

    assert!(!verifier.has_keys());
}

#[tokio::test]
async fn the_leeway_of_claims_is_that_of_their_issuer() {
    let key = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "a");
    let clock = ManualClock::new();
    let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
    let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
    let rules = validation(URL).with_leeway(Duration::from_secs(7));
    let verifier = Verifier::new(Arc::new(keys), rules).with_clock(Arc::new(clock.clone()));
    let now = clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let claims = json!({ "iss": URL, "aud": "api://default", "sub": "ada", "exp": now.as_secs() });
    let token = key.sign(&json!({ "alg": "ES256", "kid": "a" }), &claims);

    let claims = verifier.verify(&token).await.unwrap();

    assert_eq!(verifier.leeway(&claims), Duration::from_secs(7));
    verifier.issuers().remove(URL);
    assert_eq!(verifier.leeway(&claims), Duration::ZERO);
}

#[tokio::test]
async fn only_an_issuer_whose_keys_are_fetched_has_remote_keys() {
    let fetch = Fetch::new(&FetchPolicy::default()).unwrap();
    let remote = RemoteIssuer::new("remote", validation("http://127.0.0.1:1"));

    let remote = remote.start(fetch).unwrap();

    assert!(remote.remote_keys().is_some());
    assert!(remote.metadata().is_none());
    assert!(issuer("own", URL, &[]).remote_keys().is_none());
}

#[tokio::test]
async fn an_issuer_without_keys_judges_no_token_although_it_is_introspected() {
    let key = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "a");
    let proof = ClientProof::Basic("secret".to_owned());
    let policy = IntrospectionPolicy::new(IntrospectionMode::Opaque, "api", proof);
    let fetch = Fetch::new(&FetchPolicy::default()).unwrap();
    let remote = RemoteIssuer::new("remote", validation("http://127.0.0.1:1"));

    let remote = remote.with_introspection(policy).start(fetch).unwrap();

    assert!(remote.introspector().is_some());
    assert!(!remote.can_judge());
    assert!(issuer("own", URL, &[key.public_jwk()]).can_judge());
}
