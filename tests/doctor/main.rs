//! `doctor` names what is wrong with each of a row of issuers, and nothing with a right one.

#![allow(clippy::unwrap_used)] // A test may panic.

mod bound;
mod broken;
mod embedded;
mod grants;
mod issuer;
mod named;

use std::sync::Arc;

use issuer::Scripted;
use poem_resource_server::clock::SystemClock;
use poem_resource_server::dev::{CLIENT_ID, CLIENT_SECRET, DevIssuer, DevOptions, SCOPE};
use poem_resource_server::doctor::{Diagnosis, Doctor, EXAMINATIONS, Status};
use poem_resource_server::issuer::{ClientCredentials, Fetch, FetchPolicy, RefreshPolicy};
use poem_resource_server::token::{Audience, Scope, ScopeToken, Validation};
use serde_json::json;

fn rules(issuer: &str, audience: &str) -> Validation {
    Validation::new(issuer, Audience::parse(audience).unwrap())
}

fn doctor(issuer: &str) -> Doctor {
    Doctor {
        name: "default".to_owned(),
        issuer: issuer.to_owned(),
        is_embedded: false,
        jwks_hosts: Vec::new(),
        fetch: Fetch::new(&FetchPolicy::default()).unwrap(),
        policy: RefreshPolicy::default(),
        rules: rules(issuer, "api://default"),
        client: None,
        introspection: None,
        decryption_keys: Vec::new(),
        token: None,
        clock: Arc::new(SystemClock::new()),
    }
}

fn client(secret: &str, scope: &[&str]) -> ClientCredentials {
    let scope: Result<Scope, _> = scope.iter().map(|text| ScopeToken::parse(text)).collect();
    ClientCredentials::new(CLIENT_ID, secret).with_scope(scope.unwrap())
}

/// What failed and what was warned of, in brackets.
fn found(diagnosis: &Diagnosis) -> Vec<String> {
    let findings = diagnosis.findings().iter();
    let trouble = findings.filter_map(|finding| match finding.status {
        Status::Failed => Some(finding.check.to_owned()),
        Status::Warned => Some(format!("({})", finding.check)),
        Status::Passed | Status::Skipped => None,
    });
    trouble.collect()
}

/// Asserts what is found, that each has a fix, and gives what was said of the first.
#[track_caller]
fn assert_found(name: &str, diagnosis: &Diagnosis, expected: &[&str]) -> String {
    assert_eq!(found(diagnosis), expected, "{name}: {diagnosis:#?}");
    let mut said = String::new();
    for finding in diagnosis.findings() {
        assert!(
            EXAMINATIONS
                .iter()
                .any(|(check, ..)| *check == finding.check),
            "{name}"
        );
        if matches!(finding.status, Status::Failed | Status::Warned) {
            assert!(!finding.fix.is_empty(), "{name}: {finding:?}");
            if said.is_empty() {
                said = format!("{} {}", finding.found, finding.fix);
            }
        }
    }
    said
}

async fn dev_issuer() -> DevIssuer {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    DevIssuer::start(listener, DevOptions::default()).unwrap()
}

#[tokio::test]
async fn nothing_is_wrong_with_a_right_issuer() {
    let issuer = dev_issuer().await;
    let right = Doctor {
        client: Some(client(CLIENT_SECRET, &[SCOPE])),
        ..doctor(&issuer.issuer())
    };

    let diagnosis = right.examine().await;

    assert_found("right", &diagnosis, &[]);
    assert!(diagnosis.is_healthy());
    let keys = diagnosis
        .findings()
        .iter()
        .find(|finding| finding.check == "jwks");
    let keys = &keys.unwrap().found;
    assert!(keys.ends_with("(RS256, RSA 2048 bits, use sig)"), "{keys}");
    let skipped: Vec<_> = diagnosis
        .findings()
        .iter()
        .filter(|it| it.status == Status::Skipped)
        .collect();
    assert_eq!(skipped.len(), 1, "all but TLS was looked at: {skipped:?}");
    let shown = serde_json::to_string(&diagnosis).unwrap();
    assert!(
        !shown.contains("eyJ") && !shown.contains(CLIENT_SECRET),
        "{shown}"
    );
}

#[tokio::test]
async fn nothing_is_wrong_with_a_right_script() {
    let issuer = Scripted::start(|_, _| {}).await;

    assert_found("right", &doctor(&issuer.url()).examine().await, &[]);
}

#[tokio::test]
async fn a_string_that_is_not_a_url_is_reported_without_a_request() {
    for (name, url, check, said) in [
        (
            "org server",
            "https://dev-1.okta.com",
            "org_server",
            "/oauth2/default",
        ),
        (
            "console",
            "https://dev-1-admin.okta.com/oauth2/default",
            "admin_domain",
            "dev-1.okta.com",
        ),
        (
            "document",
            "https://dev-1.okta.com/oauth2/default/.well-known/openid-configuration",
            "url",
            "give the issuer",
        ),
        (
            "endpoint",
            "https://dev-1.okta.com/oauth2/default/v1/keys",
            "url",
            "give the issuer",
        ),
        (
            "plain http",
            "http://dev-1.okta.com/oauth2/default",
            "url",
            "https://",
        ),
        ("no URL", "dev-1.okta.com", "url", "write the complete URL"),
        (
            "a password",
            "https://ada:hunter2@id.example/x",
            "url",
            "between :// and @",
        ),
    ] {
        let diagnosis = doctor(url).examine().await;

        let text = assert_found(name, &diagnosis, &[check]);
        let shown = serde_json::to_string(&diagnosis).unwrap();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(text.contains(said), "{name}: {text}");
    }
}

#[tokio::test]
async fn a_name_without_an_address_and_a_port_without_a_listener_are_distinguished() {
    let nowhere = doctor(&format!(
        "https://{}.invalid/oauth2/default",
        "x".repeat(64)
    ))
    .examine()
    .await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap();
    drop(listener);
    let refused = doctor(&format!("http://{silent}/oauth2/default"))
        .examine()
        .await;

    assert_found("no address", &nowhere, &["resolve"]);
    assert_found("nobody", &refused, &["connect"]);
}

#[tokio::test]
async fn an_okta_server_named_instead_of_its_id_is_distinguished_from_an_unknown_one() {
    let issuer = Scripted::start(|_, _| {}).await;
    let at = |server: &str| issuer.url().replace("/default", server);

    let by_name = doctor(&at("/My-API")).examine().await;
    let by_id = doctor(&at("/aus1")).examine().await;

    assert_found("name", &by_name, &["server_id"]);
    assert_found("id", &by_id, &["openid_configuration"]);
}

#[tokio::test]
async fn a_token_that_the_service_would_refuse_is_reported_with_its_reason() {
    let issuer = dev_issuer().await;
    let other = Doctor {
        client: Some(client(CLIENT_SECRET, &[SCOPE])),
        rules: rules(&issuer.issuer(), "api://another"),
        ..doctor(&issuer.issuer())
    };
    let opaque = Scripted::start(|script, _| {
        script.token.body = json!({ "access_token": "opaque", "token_type": "Bearer" });
    });
    let opaque = opaque.await;
    let opaque = Doctor {
        client: Some(client("any", &["any"])),
        ..doctor(&opaque.url())
    };

    let text = assert_found("audience", &other.examine().await, &["accepted"]);
    assert!(text.starts_with("wrong_audience"), "{text}");
    let text = assert_found("opaque", &opaque.examine().await, &["accepted"]);
    assert!(text.starts_with("not_three_segments"), "{text}");
}

#[tokio::test]
async fn an_examination_ends_with_one_sentence() {
    let issuer = dev_issuer().await;
    let with_client = |secret: &str| Doctor {
        client: Some(client(secret, &[SCOPE])),
        ..doctor(&issuer.issuer())
    };
    let other_audience = Doctor {
        rules: rules(&issuer.issuer(), "api://another"),
        ..with_client(CLIENT_SECRET)
    };
    let warned = Scripted::start(|script, _| script.oauth.status = 404).await;
    for (row, examined, conclusion) in [
        (
            "a token",
            with_client(CLIENT_SECRET),
            "All is well: the issuer grants a token, and the service accepts it.",
        ),
        (
            "no client",
            doctor(&issuer.issuer()),
            "All is well: the service can verify the tokens of this issuer.",
        ),
        (
            "a warning",
            doctor(&warned.url()),
            "The service can work with this issuer; the warnings above are no obstacle.",
        ),
        (
            "no token",
            with_client("wrong"),
            "the service can verify the tokens of this issuer, but the client gets none",
        ),
        (
            "another audience",
            other_audience,
            "the service refuses the token that the issuer grants to this client",
        ),
        (
            "no issuer",
            doctor("https://dev-1.okta.com"),
            "the service cannot work with this issuer",
        ),
    ] {
        assert_eq!(examined.examine().await.conclusion(), conclusion, "{row}");
    }
}

#[test]
fn every_examination_has_a_meaning_and_a_fix() {
    for (check, meaning, fix) in EXAMINATIONS {
        assert!(!meaning.is_empty() && !fix.is_empty(), "{check}");
    }
}
