//! What a verdict costs, in nanoseconds: `cargo bench --bench verdicts`.
//!
//! For each kind of token the median of fifteen rounds, in one run on one thread.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // A stopwatch, and nothing else.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::FutureExt;
use poem::Request;
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::guard::{Guard, Requirement};
use poem_resource_server::token::{
    Audience, Claims, KeySet, KeySource, Scope, SignedPayload, Validation,
};
use poem_resource_server::verifier::{TrustedIssuer, TrustedIssuers, Verifier};
use serde_json::{Value, json};

const ROUNDS: usize = 15;
const CALLS: u32 = 2_000;

fn main() {
    let key = SigningKey::generate_with_kid(SigningAlgorithm::Rs256, "key");
    let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
    let keys = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
    let keys: Arc<dyn KeySource> = Arc::new(keys);
    let cached = Verifier::new(keys.clone(), rules("https://id.example"));
    let plain = cached.clone().with_cache(None);
    let many_cached = Verifier::for_issuers(Arc::new(hundred_issuers(&keys)));
    let many_plain = many_cached.clone().with_cache(None);

    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let claims = |extra: &str| {
        json!({
            "iss": "https://id.example", "aud": "api", "sub": "ada@example.com", "exp": now + 3600,
            "iat": now, "jti": "AT.0123456789012345678901234567890123456789012", "cid": "0oa0123456789",
            "uid": "00u0123456789", "scp": ["profile:read"], "ver": 1, "x": extra,
        })
    };
    let sign = |header: Value| key.sign(&header, &claims(&"x".repeat(150)));
    let header = json!({ "alg": "RS256", "kid": "key" });
    let members = |count: u32| {
        let mut header = json!({ "alg": "RS256", "kid": "x" });
        for number in 2..count {
            header[format!("member {number}")] = number.into();
        }
        header
    };
    let good = sign(header.clone());
    let (input, _) = good.rsplit_once('.').unwrap();
    let other = key.sign(&header, &claims("other"));
    let forged = format!("{input}.{}", other.rsplit_once('.').unwrap().1);
    println!("a good token has {} bytes\n", good.len());
    println!("| token | verdict | ns |\n| --- | --- | --- |");
    for (name, verifier, token) in [
        ("good, remembered", &cached, good.clone()),
        ("good, remembered, 100 issuers", &many_cached, good.clone()),
        ("good, new", &plain, good.clone()),
        ("good, new, 100 issuers", &many_plain, good.clone()),
        ("forged signature", &plain, forged),
        ("too long", &plain, "a".repeat(9000)),
        ("illegal character at the end", &plain, format!("{good}=")),
        ("8 KiB of dots", &plain, ".".repeat(8192)),
        (
            "alg none",
            &plain,
            sign(json!({ "alg": "none", "kid": "key" })),
        ),
        (
            "crit",
            &plain,
            sign(json!({ "alg": "RS256", "kid": "key", "crit": [] })),
        ),
        (
            "unknown kid",
            &plain,
            sign(json!({ "alg": "RS256", "kid": "other" })),
        ),
        (
            "a header of 2 KiB",
            &plain,
            sign(json!({ "alg": "RS256", "kid": "x", "x": "y".repeat(2000) })),
        ),
        (
            "a header of 2 KiB, a thousand values",
            &plain,
            sign(json!({ "alg": "RS256", "kid": "x", "x": vec![1; 990] })),
        ),
        (
            "a header of as many members as may be",
            &plain,
            sign(members(15)),
        ),
        (
            "8 KiB, 2 of them a header of escapes",
            &plain,
            key.sign(
                &json!({ "alg": "RS256", "kid": "x", "x": "\u{1}".repeat(330) }),
                &claims(&"x".repeat(3500)),
            ),
        ),
        (
            "8 KiB with an unknown kid",
            &plain,
            key.sign(
                &json!({ "alg": "RS256", "kid": "o" }),
                &claims(&"x".repeat(5000)),
            ),
        ),
    ] {
        let verdict = match verifier.verify(&token).now_or_never().unwrap() {
            Ok(_) => "accepted",
            Err(error) => error.reason(),
        };
        let nanos = median_nanos(|| verifier.verify(black_box(&token)).now_or_never());
        println!("| {name} | {verdict} | {nanos} |");
    }
    time_claims(&key.verify(&good).unwrap());
    time_conditions(&cached, &key.sign(&header, &rich(claims("other"), now)));
}

/// Claims for every kind of condition.
fn rich(mut claims: Value, now: u64) -> Value {
    claims["acr"] = "phr".into();
    claims["auth_time"] = now.into();
    claims["tenant_id"] = "acme".into();
    claims["realm_access"] = json!({ "roles": ["sales", "admin"] });
    claims
}

/// What a condition adds to the decision on a remembered token.
fn time_conditions(verifier: &Verifier, token: &str) {
    let guard = Guard::new(verifier.clone());
    let request = Request::builder()
        .uri("/orders?page=7&tenant=acme".parse().unwrap())
        .header("authorization", format!("Bearer {token}"))
        .finish();
    let scope = |text: &str| text.parse::<Scope>().unwrap();
    let none = Requirement::default;
    println!("\n| condition, for a remembered token | ns | more |\n| --- | --- | --- |");
    let mut plain = None;
    for (name, requirement) in [
        ("a scope alone", none().with_scope(scope("profile:read"))),
        (
            "the second of two sets of scopes",
            none().with_any_scope([scope("admin audit"), scope("profile:read")]),
        ),
        (
            "a claim by path",
            none().with_claim("realm_access/roles", ["admin"]),
        ),
        (
            "an excluded claim",
            none().without_claim("status", ["closed"]),
        ),
        ("a client", none().with_clients(["0oa0123456789"])),
        ("an issuer", none().with_issuers(["https://id.example"])),
        ("a class of the sign-in", none().with_acr(["phr"])),
        (
            "the age of the sign-in",
            none().with_max_age(Duration::from_secs(300)),
        ),
        (
            "an owner in the query",
            none().with_owner("tenant", "tenant_id"),
        ),
        (
            "a check in code",
            none().with_check("closed", |_, request| request.uri().path() != "/"),
        ),
    ] {
        let admitted = guard.admit(&request, &requirement).now_or_never().unwrap();
        assert!(admitted.is_ok(), "{name}: {admitted:?}");
        let nanos = median_nanos(|| {
            guard
                .admit(black_box(&request), &requirement)
                .now_or_never()
        });
        let plain = *plain.get_or_insert(nanos);
        println!("| {name} | {nanos} | {} |", nanos.saturating_sub(plain));
    }
}

fn rules(issuer: &str) -> Validation {
    Validation::new(issuer, Audience::parse("api").unwrap())
}

/// The issuer of the tokens, and 99 others.
fn hundred_issuers(keys: &Arc<dyn KeySource>) -> TrustedIssuers {
    let issuers = TrustedIssuers::default();
    let others = (1..100).map(|number| format!("https://id-{number}.example"));
    for identifier in others.chain(["https://id.example".to_owned()]) {
        let issuer = TrustedIssuer::new(&*identifier, keys.clone(), rules(&identifier));
        issuers.add(issuer).unwrap();
    }
    issuers
}

fn time_claims(payload: &SignedPayload) {
    let claims = Claims::parse(payload).unwrap();
    let accepted = ["profile:read".to_owned()];
    println!("\n| claims of the good token | ns |\n| --- | --- |");
    let nanos = median_nanos(|| Claims::parse(black_box(payload)));
    println!("| read | {nanos} |");
    for (name, claim) in [
        ("one that is required, the first", "aud"),
        ("one that is required, in the middle", "scp"),
        ("one that is required, absent", "groups"),
    ] {
        let nanos = median_nanos(|| claims.has(black_box(claim), &accepted));
        println!("| {name} | {nanos} |");
    }
}

fn median_nanos<T>(call: impl Fn() -> T) -> u128 {
    let mut rounds: Vec<u128> = (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..CALLS {
                drop(black_box(call()));
            }
            started.elapsed().as_nanos() / u128::from(CALLS)
        })
        .collect();
    rounds.sort_unstable();
    rounds[ROUNDS / 2]
}
