//! Which check a token belongs to that was given to be refused.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::dev::{SigningAlgorithm, SigningKey};

use super::super::given::classified;
use super::super::issuers::KnownIssuer;
use super::super::tokens::Tokens;

const NOW: u64 = 1_800_000_000;

fn signed(key: &SigningKey, change: &Value) -> String {
    let mut claims = json!({ "iss": "https://a.test", "aud": ["api://a"], "exp": NOW + 60 });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    key.sign(&json!({ "alg": "ES256", "kid": key.kid() }), &claims)
}

#[test]
fn a_given_token_makes_the_check_of_the_one_thing_that_is_wrong_in_it() {
    let key = SigningKey::generate(SigningAlgorithm::Es256);
    let unknown = SigningKey::generate(SigningAlgorithm::Es256);
    let good = signed(&key, &json!({}));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    for (row, token, expected) in [
        (
            "expired",
            signed(&key, &json!({ "exp": NOW - 1 })),
            "expired",
        ),
        (
            "early",
            signed(&key, &json!({ "nbf": NOW + 9 })),
            "not_yet_valid",
        ),
        (
            "elsewhere",
            signed(&key, &json!({ "aud": "api://b" })),
            "other_audience",
        ),
        (
            "foreign",
            signed(&key, &json!({ "iss": "https://b.test" })),
            "other_issuer",
        ),
        (
            "foreign by its own key",
            signed(&unknown, &json!({ "iss": "https://b.test" })),
            "other_issuer",
        ),
        (
            "expired and elsewhere",
            signed(&key, &json!({ "exp": 1, "aud": "api://b" })),
            "wrong_token",
        ),
        (
            "expired, by another key",
            signed(&unknown, &json!({ "exp": NOW - 1 })),
            "wrong_token",
        ),
        ("nothing wrong", signed(&key, &json!({})), "wrong_token"),
        ("no JWT", "opaque".to_owned(), "wrong_token"),
    ] {
        let tokens = Tokens::default()
            .with_good(good.clone())
            .with_refused(vec![token]);

        let issuer = KnownIssuer {
            keys: vec![key.public_jwk()],
            ..KnownIssuer::default()
        };

        let (given, not_given) = classified(&tokens, &[issuer], now);

        assert_eq!(given[0].0, expected, "{row}");
        assert!(
            not_given.iter().all(|(check, _)| *check != expected),
            "{row}"
        );
        assert!(!not_given.is_empty(), "{row}");
    }
}
