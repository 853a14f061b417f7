//! The rules of one issuer: each refusal with its reason, and a twin that is accepted. The rules do
//! not apply to the other issuer.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::token::{Algorithm, Audience, ClaimNames, KeySet, TokenType, Validation};
use poem_resource_server::verifier::{TrustedIssuer, TrustedIssuers, Verifier, VerifyError};
use serde_json::{Value, json};

const A: &str = "https://a.example";
const B: &str = "https://b.example";

static KEYS: LazyLock<[SigningKey; 2]> = LazyLock::new(|| {
    [SigningAlgorithm::Es256, SigningAlgorithm::Es384]
        .map(|algorithm| SigningKey::generate_with_kid(algorithm, algorithm.name()))
});

/// A verifier for `A` with the default rules, and for `B` with these.
fn verifier(clock: &ManualClock, rules: fn(Validation) -> Validation) -> Verifier {
    let jwks = json!({ "keys": KEYS.iter().map(SigningKey::public_jwk).collect::<Vec<_>>() });
    let keys = Arc::new(KeySet::parse(jwks.to_string().as_bytes()).unwrap().key_set);
    let issuers = TrustedIssuers::default();
    let plain = |issuer| Validation::new(issuer, Audience::parse("api").unwrap());
    for (name, rules) in [("a", plain(A)), ("b", rules(plain(B)))] {
        let issuer = TrustedIssuer::new(name, Arc::new(keys.clone()), rules);
        issuers.add(issuer).unwrap();
    }
    Verifier::for_issuers(Arc::new(issuers)).with_clock(Arc::new(clock.clone()))
}

/// A token of this issuer. `changes` sets claims, removes those that are `null`, and has the
/// changes of the header in `header`. The strings `+N` and `-N` stand for times from now.
fn token(clock: &ManualClock, issuer: &str, changes: &Value) -> String {
    let since_epoch = clock.now().duration_since(SystemTime::UNIX_EPOCH);
    let now = i64::try_from(since_epoch.unwrap().as_secs()).unwrap();
    let mut header = json!({ "alg": "ES256" });
    let mut claims = json!({ "iss": issuer, "aud": "api", "sub": "ada", "exp": now + 300 });
    for (name, value) in changes.as_object().unwrap() {
        match (name.as_str(), value) {
            ("header", members) => {
                for (member, value) in members.as_object().unwrap() {
                    header[member] = value.clone();
                }
            }
            (_, Value::Null) => drop(claims.as_object_mut().unwrap().shift_remove(name)),
            ("exp" | "nbf" | "iat", Value::String(from_now)) => {
                claims[name] = json!(now + from_now.parse::<i64>().unwrap());
            }
            _ => claims[name] = value.clone(),
        }
    }
    let key = KEYS
        .iter()
        .find(|key| header["alg"] == key.algorithm().name());
    header["kid"] = key.unwrap().kid().into();
    key.unwrap().sign(&header, &claims)
}

fn verdict(verifier: &Verifier, token: &str) -> &'static str {
    let verdict = verifier.verify(token).now_or_never().unwrap();
    verdict.map_or_else(|error| error.reason(), |_| "ok")
}

struct Row {
    name: &'static str,
    rules: fn(Validation) -> Validation,
    refused: Value,
    reason: &'static str,
    accepted: Value,
    /// The verdict on the refused token of `B` if `A` issues it.
    elsewhere: &'static str,
}

fn row(
    name: &'static str,
    rules: fn(Validation) -> Validation,
    (refused, reason): (Value, &'static str),
    accepted: Value,
    elsewhere: &'static str,
) -> Row {
    Row {
        name,
        rules,
        refused,
        reason,
        accepted,
        elsewhere,
    }
}

fn two_audiences(rules: Validation) -> Validation {
    rules.with_audience(Audience::parse("api-v2").unwrap())
}

fn clients(rules: Validation) -> Validation {
    rules.with_clients(["web", "app"])
}

fn tenant(rules: Validation) -> Validation {
    rules.with_required_claim("tenant", ["acme", "umbrella"])
}

fn any_tenant(rules: Validation) -> Validation {
    rules.with_required_claim("tenant", [""; 0])
}

fn two_claims(rules: Validation) -> Validation {
    tenant(rules).with_required_claim("env", ["prod"])
}

/// Amazon Cognito sends no `aud`.
fn cognito(rules: Validation) -> Validation {
    rules.with_claim_names(ClaimNames::default().with_audience("client_id"))
}

fn subject(rules: Validation) -> Validation {
    rules.with_claim_names(ClaimNames::default().with_subject("client_id"))
}

fn scopes(rules: Validation) -> Validation {
    rules.with_claim_names(ClaimNames::default().with_scope(["permissions", "roles"]))
}

fn no_leeway(rules: Validation) -> Validation {
    rules.with_leeway(Duration::ZERO)
}

fn es384(rules: Validation) -> Validation {
    rules.with_algorithms([Algorithm::Es384])
}

fn at_jwt(rules: Validation) -> Validation {
    rules.with_token_types([TokenType::AtJwt])
}

#[rustfmt::skip] // A row a line.
fn rows() -> Vec<Row> {
    vec![
        row("an audience that is not one of two", two_audiences, (json!({"aud": "api-v3"}), "wrong_audience"), json!({"aud": "api"}), "wrong_audience"),
        row("an audience that is accepted nowhere", plain, (json!({"aud": "api-v2"}), "wrong_audience"), json!({"aud": "api"}), "wrong_audience"),
        row("the second of two audiences", two_audiences, (json!({"aud": ["x", "api-v"]}), "wrong_audience"), json!({"aud": ["x", "api-v2"]}), "wrong_audience"),
        row("a client", clients, (json!({"cid": "other"}), "client_not_accepted"), json!({"cid": "web"}), "ok"),
        row("a client by azp", clients, (json!({"azp": "other"}), "client_not_accepted"), json!({"azp": "app"}), "ok"),
        row("a client in another case", clients, (json!({"client_id": "Web"}), "client_not_accepted"), json!({"client_id": "web"}), "ok"),
        row("no client", clients, (json!({}), "client_not_accepted"), json!({"client_id": "app"}), "ok"),
        row("two clients, the second not accepted", clients, (json!({"cid": "web", "azp": "other"}), "client_not_accepted"), json!({"cid": "web", "azp": "app"}), "ok"),
        row("two clients, the first not accepted", clients, (json!({"client_id": "other", "azp": "web"}), "client_not_accepted"), json!({"client_id": "web", "azp": "web"}), "ok"),
        row("three clients, one not accepted", clients, (json!({"client_id": "web", "cid": "web", "azp": "x"}), "client_not_accepted"), json!({"client_id": "web", "cid": "web", "azp": "web"}), "ok"),
        row("a required claim with another value", tenant, (json!({"tenant": "other"}), "required_claim"), json!({"tenant": "acme"}), "ok"),
        row("a required claim in an array", tenant, (json!({"tenant": ["x", "y"]}), "required_claim"), json!({"tenant": ["x", "umbrella"]}), "ok"),
        row("a required claim that is absent", tenant, (json!({}), "required_claim"), json!({"tenant": "umbrella"}), "ok"),
        row("a required claim in an object", tenant, (json!({"tenant": {"acme": true}}), "required_claim"), json!({"tenant": "acme"}), "ok"),
        row("a required claim of any value", any_tenant, (json!({}), "required_claim"), json!({"tenant": "x"}), "ok"),
        row("the second of two required claims", two_claims, (json!({"tenant": "acme", "env": "test"}), "required_claim"), json!({"tenant": "acme", "env": "prod"}), "ok"),
        row("scopes that cannot be read in permissions", scopes, (json!({"permissions": 7}), "malformed_claim"), json!({"permissions": ["a"]}), "ok"),
        row("scopes that cannot be read in roles", scopes, (json!({"roles": ["a b"]}), "malformed_claim"), json!({"roles": "a b"}), "ok"),
        row("no aud, and another client", cognito, (json!({"aud": null, "client_id": "x"}), "wrong_audience"), json!({"aud": null, "client_id": "api"}), "missing_claim"),
        row("no aud, and no client", cognito, (json!({"aud": null}), "missing_claim"), json!({"aud": null, "client_id": "api"}), "missing_claim"),
        row("an aud of another API, and the client that may take its place", cognito, (json!({"aud": "x", "client_id": "api"}), "wrong_audience"), json!({"aud": "api", "client_id": "x"}), "wrong_audience"),
        row("an aud that cannot be read, and the client that may take its place", cognito, (json!({"aud": 7, "client_id": "api"}), "malformed_claim"), json!({"aud": ["api"], "client_id": "x"}), "malformed_claim"),
        row("an empty aud, and the client that may take its place", cognito, (json!({"aud": [], "client_id": "api"}), "wrong_audience"), json!({"aud": null, "client_id": "api"}), "wrong_audience"),
        row("no aud, by default", plain, (json!({"aud": null, "client_id": "api"}), "missing_claim"), json!({"aud": "api", "client_id": "api"}), "missing_claim"),
        row("no sub, and nothing in its place", subject, (json!({"sub": null}), "missing_claim"), json!({"sub": null, "client_id": "x"}), "missing_claim"),
        row("a sub that cannot be read, and the claim that may take its place", subject, (json!({"sub": 7, "client_id": "x"}), "malformed_claim"), json!({"sub": "y", "client_id": "x"}), "malformed_claim"),
        row("an empty claim in place of sub", subject, (json!({"sub": null, "client_id": ""}), "malformed_claim"), json!({"sub": null, "client_id": "x"}), "missing_claim"),
        row("no sub, by default", plain, (json!({"sub": null, "client_id": "x"}), "missing_claim"), json!({"sub": "x"}), "missing_claim"),
        row("no leeway for exp", no_leeway, (json!({"exp": "-1"}), "expired"), json!({"exp": "+1"}), "ok"),
        row("no leeway for nbf", no_leeway, (json!({"nbf": "+1"}), "not_yet_valid"), json!({"nbf": "+0"}), "ok"),
        row("an algorithm", es384, (json!({}), "algorithm_not_allowed"), json!({"header": {"alg": "ES384"}}), "ok"),
        row("no token type", at_jwt, (json!({}), "wrong_type"), json!({"header": {"typ": "at+jwt"}}), "ok"),
        row("another token type", at_jwt, (json!({"header": {"typ": "JWT"}}), "wrong_type"), json!({"header": {"typ": "application/at+jwt"}}), "ok"),
    ]
}

fn plain(rules: Validation) -> Validation {
    rules
}

#[test]
fn each_rule_of_an_issuer_refuses_its_tokens_and_no_others() {
    let clock = ManualClock::new();
    for row in rows() {
        let verifier = verifier(&clock, row.rules);
        for verifier in [verifier.clone().with_cache(None), verifier] {
            let name = row.name;
            let refused = token(&clock, B, &row.refused);
            assert_eq!(verdict(&verifier, &refused), row.reason, "{name}");
            let accepted = token(&clock, B, &row.accepted);
            assert_eq!(verdict(&verifier, &accepted), "ok", "{name}");
            let elsewhere = token(&clock, A, &row.refused);
            assert_eq!(verdict(&verifier, &elsewhere), row.elsewhere, "{name}");
        }
    }
}

#[test]
fn an_audience_that_one_issuer_may_use_is_not_accepted_from_the_other() {
    let clock = ManualClock::new();
    for (name, rules, changes, elsewhere) in [
        (
            "a second audience",
            two_audiences as fn(Validation) -> Validation,
            json!({ "aud": "api-v2" }),
            "wrong_audience",
        ),
        (
            "a client in place of aud",
            cognito,
            json!({ "aud": null, "client_id": "api" }),
            "missing_claim",
        ),
    ] {
        let verifier = verifier(&clock, rules);
        let of = |issuer| verdict(&verifier, &token(&clock, issuer, &changes));

        assert_eq!((of(B), of(A)), ("ok", elsewhere), "{name}");
    }
}

#[test]
fn the_leeway_of_an_issuer_applies_to_its_remembered_tokens_too() {
    let clock = ManualClock::new();
    let verifier = verifier(&clock, no_leeway);
    let soon = json!({ "exp": "+10" });
    let (of_a, of_b) = (token(&clock, A, &soon), token(&clock, B, &soon));
    assert_eq!(
        (verdict(&verifier, &of_a), verdict(&verifier, &of_b)),
        ("ok", "ok")
    );

    clock.advance(Duration::from_secs(10));
    assert_eq!(
        (verdict(&verifier, &of_a), verdict(&verifier, &of_b)),
        ("ok", "expired")
    );

    clock.advance(Duration::from_secs(60));
    assert_eq!(verdict(&verifier, &of_a), "expired");
}

#[test]
fn the_first_required_claim_that_is_missing_is_named() {
    let clock = ManualClock::new();
    let verifier = verifier(&clock, two_claims);
    let token = token(&clock, B, &json!({ "tenant": "acme" }));

    let verdict = verifier.verify(&token).now_or_never().unwrap();

    let Err(VerifyError::Token(error)) = verdict else {
        panic!("{verdict:?}");
    };
    let expected = "the required claim env is missing or has another value";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn scopes_audience_and_subject_are_read_from_the_claims_that_are_set() {
    let clock = ManualClock::new();
    let claims = |rules: fn(Validation) -> Validation, issuer: &str, changes: Value| {
        let verdict = verifier(&clock, rules)
            .verify(&token(&clock, issuer, &changes))
            .now_or_never();
        verdict.unwrap().unwrap()
    };
    let names = |issuer: &str, changes: Value| {
        let claims = claims(scopes, issuer, changes);
        let mut names: Vec<String> = claims.scope().iter().map(ToString::to_string).collect();
        names.sort();
        names.join(" ")
    };
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("an array and a string", B, json!({"permissions": ["read"], "roles": "admin user"}), "admin read user"),
        ("one of the two", B, json!({"roles": ["user"]}), "user"),
        ("the same in both", B, json!({"roles": ["user"], "permissions": "user"}), "user"),
        ("neither", B, json!({}), ""),
        ("scp and scope do not count", B, json!({"scp": ["admin"], "scope": "admin", "roles": "user"}), "user"),
        ("the other issuer", A, json!({"scp": ["read"], "roles": "admin", "permissions": ["x"]}), "read"),
    ];
    for (name, issuer, changes, expected) in rows {
        assert_eq!(names(issuer, changes), expected, "{name}");
    }

    let cognito = claims(cognito, B, json!({ "aud": null, "client_id": "api" }));
    assert_eq!(cognito.audience(), ["api"]);
    let machine = claims(subject, B, json!({ "sub": null, "client_id": "svc" }));
    assert_eq!(machine.subject(), "svc");
    let person = claims(subject, B, json!({ "client_id": "svc" }));
    assert_eq!(person.subject(), "ada");
}
