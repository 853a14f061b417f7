//! What the guide's answer takes while its token is remembered.
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use allocation_counter::measure;
use futures_util::FutureExt;
use poem_openapi::types::ToJSON;
use serde_json::{Value, json};

use crate::guide_api::CallerJson;

use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::guard::PerToken;
use poem_resource_server::token::{Audience, KeySet, Validation};
use poem_resource_server::verifier::Verifier;

const MEBIBYTE: u64 = 1024 * 1024;

struct World {
    key: SigningKey,
    clock: ManualClock,
    verifier: Verifier,
}

impl World {
    fn with_cache(max_bytes: u64) -> Self {
        let key = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "key");
        let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
        let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
        let validation = Validation::new("https://id.example", Audience::parse("api").unwrap());
        let clock = ManualClock::new();
        let verifier = Verifier::new(Arc::new(keys), validation)
            .with_clock(Arc::new(clock.clone()))
            .with_cache(Some(max_bytes));
        Self {
            key,
            clock,
            verifier,
        }
    }

    /// Tokens of as many users, whose other claims are these.
    fn tokens(&self, users: u32, claims: &Value) -> Vec<String> {
        let now = self.clock.now().duration_since(UNIX_EPOCH).unwrap();
        let mut all = json!({ "iss": "https://id.example", "exp": now.as_secs() + 60 });
        let header = json!({ "alg": "ES256", "kid": "key" });
        (0..users)
            .map(|user| {
                all["sub"] = format!("user {user:04}").into();
                all["aud"] = "api".into();
                for (name, value) in claims.as_object().unwrap() {
                    all[name] = value.clone();
                }
                self.key.sign(&header, &all)
            })
            .collect()
    }

    /// What is still allocated after each has asked who it is, by the allocator's reckoning.
    fn allocated(&self, tokens: &[String]) -> u64 {
        let counts = measure(|| {
            for token in tokens {
                let verified = self.verifier.verify(token).now_or_never().unwrap().unwrap();
                verified.derived::<PerToken<CallerJson>>();
                verified.derived::<PerToken<CallerJson>>();
            }
        });
        // glibc's malloc: a header of eight bytes, and rounding up to sixteen.
        u64::try_from(counts.bytes_current + 16 * counts.count_current).unwrap()
    }

    /// Whether the answer is there already: then nothing is allocated.
    fn keeps_answer_to(&self, token: &str) -> bool {
        let verified = self.verifier.verify(token).now_or_never().unwrap().unwrap();
        let counts = measure(|| drop(verified.derived::<PerToken<CallerJson>>()));
        counts.count_total == 0
    }

    fn remembered(&self, what: &str) -> u64 {
        let shown = format!("{:?}", self.verifier);
        let (_, rest) = shown.split_once(&format!("{what}: ")).unwrap();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
        rest[..end].parse().unwrap()
    }
}

fn okta() -> Value {
    json!({
        "ver": 1, "jti": "AT.0123456789012345678901234567890123456789012", "iat": 1,
        "cid": "0oa1b2c3d4e5f6g7h8i9", "uid": "00u1b2c3d4e5f6g7h8i9", "auth_time": 1,
        "scp": ["profile:read", "reports:read"],
    })
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn numbered(what: &str, count: u32) -> Vec<String> {
    let mut all: Vec<_> = (0..count).map(|number| format!("{what}{number}")).collect();
    all.push("api".to_owned());
    all
}

#[test]
fn claims_are_repeated_as_they_are_with_escapes_and_without() {
    let world = World::with_cache(MEBIBYTE);
    for subject in [
        "ada",
        "a\"d",
        "a\\d",
        "\\",
        "\u{0}\n",
        "\u{7f}",
        "ü😀",
        "</script>",
    ] {
        let claims =
            json!({ "sub": subject, "aud": ["api", subject], "acr": subject, "client_id": "web" });
        let [token] = world.tokens(1, &claims).try_into().unwrap();
        let verified = world.verifier.verify(&token).now_or_never().unwrap();

        let answer = CallerJson::from(&**verified.unwrap()).to_json().unwrap();

        assert_eq!(answer["subject"], claims["sub"]);
        assert_eq!(answer["audience"], claims["aud"]);
        assert_eq!(answer["acr"], claims["acr"]);
        assert_eq!(answer["claims"]["sub"], claims["sub"]);
    }
}

#[test]
fn what_is_remembered_takes_no_more_than_it_counts_for_and_not_much_less() {
    for (name, claims) in [
        ("a small one", json!({})),
        ("one of Okta", okta()),
        ("of 900 bytes", with(okta(), "x", "x".repeat(230).into())),
        ("of 8 KiB", with(okta(), "x", "x".repeat(5_600).into())),
        (
            "of 8 KiB in groups",
            with(okta(), "groups", numbered("group ", 450).into()),
        ),
        (
            "many scopes",
            with(okta(), "scp", numbered("scope:", 200).into()),
        ),
        (
            "short scopes",
            with(okta(), "scp", numbered("", 800).into()),
        ),
        (
            "many audiences",
            with(okta(), "aud", numbered("https://api", 200).into()),
        ),
        (
            "short audiences",
            with(okta(), "aud", numbered("", 800).into()),
        ),
    ] {
        for users in [100, 400] {
            let world = World::with_cache(64 * MEBIBYTE);
            let tokens = world.tokens(users, &claims);

            let allocated = world.allocated(&tokens);

            assert!(world.keeps_answer_to(&tokens[0]), "{name}");
            let (entries, bytes) = (world.remembered("entries"), world.remembered("bytes"));
            assert_eq!(entries, u64::from(users), "{name}");
            let shown = format!(
                "{name}, {} bytes: {} of {}",
                tokens[0].len(),
                allocated / entries,
                bytes / entries
            );
            println!("{shown}");
            assert!(allocated <= bytes, "{shown}");
            assert!(bytes <= allocated * 13 / 10, "{shown}");
        }
    }
}

#[test]
fn an_answer_that_outgrows_its_claims_is_not_kept() {
    let world = World::with_cache(64 * MEBIBYTE);
    let escapes = with(okta(), "uid", "\u{1}".repeat(500).into());
    let tokens = world.tokens(100, &escapes);

    let allocated = world.allocated(&tokens);

    assert!(allocated <= world.remembered("bytes"));
    assert!(!world.keeps_answer_to(&tokens[0]));
}

#[test]
fn a_cache_that_is_full_takes_no_more_than_it_may() {
    for (name, claims, users) in [
        ("small ones", json!({}), 6_000),
        ("of Okta", okta(), 6_000),
        (
            "of 8 KiB",
            with(okta(), "x", "x".repeat(5_600).into()),
            1_000,
        ),
    ] {
        let world = World::with_cache(4 * MEBIBYTE);
        let tokens = world.tokens(users, &claims);

        let allocated = world.allocated(&tokens);

        assert!(world.remembered("entries") < u64::from(users), "{name}");
        println!("{name}: {allocated}");
        assert!(allocated <= 4 * MEBIBYTE, "{name}: {allocated}");
    }
}
