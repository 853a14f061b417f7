//! The whole corpus with two trusted issuers: the second has other keys under the same names and
//! another audience. No verdict changes, and no key of one issuer verifies a token of the other.

use std::sync::{Arc, LazyLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::token::{Audience, Jws, KeySet, Validation};
use poem_resource_server::verifier::{TrustedIssuer, TrustedIssuers, Verifier};
use serde_json::{Value, json};

use crate::forge::{AUDIENCE, Forge, ISSUER, Row, decode, encode, header, key, key_set};
use crate::sources::{Scripted, verdict};
use crate::{controls, hostile};

/// As long as the first, so that a token has the same size at both.
const OTHER: &str = "https://id.example/oauth2/another";
const OTHER_AUDIENCE: &str = "api://another";

/// The keys of the second issuer. Each has the name of a key of the first.
static OTHER_KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    SigningAlgorithm::ALL
        .map(|algorithm| SigningKey::generate_with_kid(algorithm, algorithm.name()))
        .into()
});

fn other_key(algorithm: &str) -> &'static SigningKey {
    let mut keys = OTHER_KEYS.iter();
    keys.find(|key| key.algorithm().name() == algorithm)
        .unwrap()
}

/// The key set of the second issuer: its own keys, under every name that the first issuer has.
fn other_key_set() -> Arc<KeySet> {
    let named = |kid: &str, algorithm: &str| {
        let mut jwk = other_key(algorithm).public_jwk();
        jwk["kid"] = kid.into();
        jwk
    };
    let mut jwks: Vec<Value> = OTHER_KEYS.iter().map(SigningKey::public_jwk).collect();
    jwks.extend([
        named("raw", "RS256"),
        named("raw-pss", "PS256"),
        named("cube", "RS256"),
    ]);
    key_set(&json!({ "keys": jwks }))
}

/// The two issuers, with counted fetches of each.
struct Both {
    first: Arc<Scripted>,
    second: Arc<Scripted>,
    verifier: Verifier,
}

impl Both {
    fn new(forge: &Forge) -> Self {
        let source = |keys: Arc<KeySet>| Scripted::new(Some(keys.clone()), Some(keys));
        let (first, second) = (source(forge.key_set()), source(other_key_set()));
        let issuers = TrustedIssuers::default();
        for (name, keys, identifier, audience) in [
            ("first", &first, ISSUER, AUDIENCE),
            ("second", &second, OTHER, OTHER_AUDIENCE),
        ] {
            let rules = Validation::new(identifier, Audience::parse(audience).unwrap());
            let issuer = TrustedIssuer::new(name, keys.clone(), rules);
            issuers.add(issuer).unwrap();
        }
        let verifier = Verifier::for_issuers(Arc::new(issuers));
        Self {
            first,
            second,
            verifier: verifier.with_clock(Arc::new(forge.clock.clone())),
        }
    }

    fn take_fetches(&self) -> (usize, usize) {
        (self.first.take_fetches(), self.second.take_fetches())
    }
}

/// The bytes of a payload that name the other issuer in place of the first; `None` where the
/// payload cannot be decoded or does not name the first.
fn readdressed(token: &str, to: &str) -> Option<(String, Vec<u8>, String)> {
    let mut parts = token.split('.').map(str::to_owned);
    let (header, payload, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let at = payload
        .windows(ISSUER.len())
        .position(|window| window == ISSUER.as_bytes())?;
    let changed = [&payload[..at], to.as_bytes(), &payload[at + ISSUER.len()..]].concat();
    Some((header, changed, rest))
}

#[tokio::test]
async fn a_second_issuer_changes_no_verdict_and_is_asked_for_nothing() {
    let forge = Forge::new();
    let both = Both::new(&forge);
    let plain = both.verifier.clone().with_cache(None);
    let rows = [hostile(&forge), controls(&forge)].concat();
    for row in &rows {
        for verifier in [&plain, &both.verifier, &both.verifier] {
            assert_eq!(
                verdict(verifier, &row.token).await,
                row.reason,
                "{}",
                row.name
            );
            let fetches = (usize::from(row.reason == "unknown_key"), 0);
            assert_eq!(both.take_fetches(), fetches, "{}", row.name);
        }
    }
}

/// Signs with the key of the first issuer that the header names.
fn signed_by_the_first(header: &str, payload: &[u8]) -> String {
    let members: Value = serde_json::from_slice(&decode(header)).unwrap();
    let input = format!("{header}.{}", encode(payload));
    let signature = key(members["alg"].as_str().unwrap()).sign_bytes(input.as_bytes());
    format!("{input}.{}", encode(&signature))
}

#[tokio::test]
async fn no_good_token_of_one_issuer_is_accepted_in_the_name_of_the_other() {
    let forge = Forge::new();
    let both = Both::new(&forge);
    let controls = controls(&forge);
    for row in &controls {
        assert_eq!(
            verdict(&both.verifier, &row.token).await,
            "ok",
            "{}",
            row.name
        );
    }
    for Row { name, token, .. } in &controls {
        let (header, payload, _) = readdressed(token, OTHER).unwrap();
        let forged = signed_by_the_first(&header, &payload);

        let found = verdict(&both.verifier, &forged).await;

        assert!(
            ["bad_signature", "key_mismatch"].contains(&found),
            "{name}: {found}"
        );
        assert_eq!(both.take_fetches(), (0, 0), "{name}");
    }
}

#[tokio::test]
async fn no_hostile_token_is_accepted_in_the_name_of_the_other_issuer() {
    let forge = Forge::new();
    let both = Both::new(&forge);
    let mut tried = 0;
    for Row { name, token, .. } in &hostile(&forge) {
        let Some((header, payload, rest)) = readdressed(token, OTHER) else {
            continue;
        };
        let changed = format!("{header}.{}.{rest}", encode(&payload));

        let found = verdict(&both.verifier, &changed).await;

        assert_ne!(found, "ok", "{name}");
        let names = |issuer| {
            Jws::parse(&changed)
                .is_ok_and(|jws| jws.unverified_issuer().is_ok_and(|it| it == issuer))
        };
        let (first, second) = both.take_fetches();
        assert_eq!(first, usize::from(found == "unknown_key" && names(ISSUER)));
        assert_eq!(second, usize::from(found == "unknown_key" && names(OTHER)));
        tried += 1;
    }
    assert!(tried >= 200, "{tried} hostile tokens name the issuer");
}

#[tokio::test]
async fn each_issuer_signs_for_itself_with_every_algorithm_and_for_nobody_else() {
    let forge = Forge::new();
    let both = Both::new(&forge);
    let claims = |issuer: &str, audience: &str| {
        let mut claims = forge.claims();
        claims["iss"] = issuer.into();
        claims["aud"] = audience.into();
        claims
    };
    for algorithm in SigningAlgorithm::ALL.map(SigningAlgorithm::name) {
        let (first, second) = (key(algorithm), other_key(algorithm));
        let header = header(algorithm);
        for (signer, issuer, audience, expected) in [
            (first, ISSUER, AUDIENCE, "ok"),
            (second, OTHER, OTHER_AUDIENCE, "ok"),
            (first, ISSUER, OTHER_AUDIENCE, "wrong_audience"),
            (second, OTHER, AUDIENCE, "wrong_audience"),
            (first, OTHER, OTHER_AUDIENCE, "bad_signature"),
            (second, ISSUER, AUDIENCE, "bad_signature"),
            (first, OTHER, AUDIENCE, "bad_signature"),
            (second, ISSUER, OTHER_AUDIENCE, "bad_signature"),
        ] {
            let token = signer.sign(&header, &claims(issuer, audience));

            let found = verdict(&both.verifier, &token).await;

            assert_eq!(found, expected, "{algorithm}: {issuer}, {audience}");
            assert_eq!(both.take_fetches(), (0, 0), "{algorithm}");
        }
    }
}

#[tokio::test]
async fn a_verifier_that_trusts_only_the_other_issuer_refuses_every_token_without_a_fetch() {
    let forge = Forge::new();
    let keys = forge.key_set();
    let source = Scripted::new(Some(keys.clone()), Some(keys));
    let rules = Validation::new(OTHER, Audience::parse(AUDIENCE).unwrap());
    let verifier = Verifier::new(source.clone(), rules).with_clock(Arc::new(forge.clock.clone()));
    for row in controls(&forge) {
        let found = verdict(&verifier, &row.token).await;

        assert_eq!(found, "unknown_issuer", "{}", row.name);
        assert_eq!(source.take_fetches(), 0, "{}", row.name);
    }
    for row in hostile(&forge) {
        let is_read = Jws::parse(&row.token).is_ok_and(|jws| jws.unverified_issuer().is_ok());
        let expected = if is_read {
            "unknown_issuer"
        } else {
            row.reason
        };

        let found = verdict(&verifier, &row.token).await;

        assert_eq!(found, expected, "{}", row.name);
        assert_eq!(source.take_fetches(), 0, "{}", row.name);
    }
}
