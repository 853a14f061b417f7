//! `doctor` names what is wrong with each of a row of issuers, and nothing with a right one.

#![allow(clippy::unwrap_used)] // A test may stop where it stands.

mod issuer;

use std::sync::Arc;
use std::time::Duration;

use poem_resource_server::clock::SystemClock;
use poem_resource_server::dev::{CLIENT_ID, CLIENT_SECRET, DevIssuer, DevOptions, SCOPE};
use poem_resource_server::doctor::{Diagnosis, Doctor, EXAMINATIONS, Status};
use poem_resource_server::issuer::{
    ClientAuthentication, ClientCredentials, Fetch, FetchPolicy, GRANT_ERRORS, GrantError, Issuer,
    Metadata, RefreshPolicy,
};
use poem_resource_server::token::{Algorithm, Audience, Scope, ScopeToken};
use serde_json::json;

use issuer::{Scripted, rsa_key};

fn doctor(issuer: &str) -> Doctor {
    Doctor {
        issuer: issuer.to_owned(),
        jwks_hosts: Vec::new(),
        fetch: Fetch::new(&FetchPolicy::default()).unwrap(),
        policy: RefreshPolicy::default(),
        leeway: Duration::from_secs(60),
        token_types: Vec::new(),
        algorithms: Algorithm::ALL.to_vec(),
        audience: Audience::parse("api://default").unwrap(),
        client: None,
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
async fn a_url_that_is_none_is_told_without_asking_anybody() {
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
async fn a_name_without_an_address_and_a_port_where_nobody_listens() {
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
async fn an_okta_server_by_its_name_is_told_from_one_that_is_not_there() {
    let issuer = Scripted::start(|_, _| {}).await;
    let at = |server: &str| issuer.url().replace("/default", server);

    let by_name = doctor(&at("/My-API")).examine().await;
    let by_id = doctor(&at("/aus1")).examine().await;

    assert_found("name", &by_name, &["server_id"]);
    assert_found("id", &by_id, &["openid_configuration"]);
}

/// Where the script is broken, by what, and what is found.
type Row = (
    &'static str,
    fn(&mut Script, &str),
    &'static [&'static str],
    &'static str,
);
type Script = issuer::Script;

#[rustfmt::skip] // A row an issuer.
const BROKEN: &[Row] = &[
    ("nothing there", |script, _| script.metadata.status = 404, &["openid_configuration"], "404"),
    ("an Okta server by its name", |script, _| { script.metadata.status = 404; script.metadata.body = json!({ "errorCode": "E0000007" }); }, &["server_id"], "id, not its name"),
    ("down", |script, _| script.metadata.status = 503, &["openid_configuration"], "503"),
    ("a page in place of JSON", |script, _| script.metadata.fields[0].1 = "text/html".into(), &["openid_configuration"], "content type"),
    ("a redirect", |script, _| { script.metadata.status = 302; script.metadata.fields.push(("location", "/elsewhere".into())); }, &["openid_configuration"], "redirect"),
    ("a document without keys", |script, _| { script.metadata.body.as_object_mut().unwrap().remove("jwks_uri"); }, &["openid_configuration"], "malformed"),
    ("another slash", |script, url| script.metadata.body["issuer"] = json!(format!("{url}/")), &["issuer"], "exactly what the document names"),
    ("keys that are not there", |script, url| { script.metadata.body["jwks_uri"] = json!(url.replace("/oauth2/default", "/oauth2/v1/keys")); }, &["jwks"], "404"),
    ("keys elsewhere", |script, _| script.metadata.body["jwks_uri"] = json!("https://keys.example/jwks"), &["jwks"], "issuer.jwks_hosts"),
    ("keys by plain http", |script, _| script.metadata.body["jwks_uri"] = json!("http://keys.example/jwks"), &["jwks"], "not https"),
    ("keys out of reach", |script, _| script.keys.status = 500, &["jwks"], "500"),
    ("no key", |script, _| script.keys.body = json!({ "keys": [] }), &["jwks"], "no key"),
    ("keys for something else", |script, _| script.keys.body["keys"][0]["use"] = json!("enc"), &["jwks"], "left out: issuer-key"),
    ("a short key", |script, _| script.keys.body = json!({ "keys": [rsa_key(1024)] }), &["jwks"], "left out: short"),
    ("a published private key", |script, _| script.keys.body["keys"][0]["d"] = json!("AQAB"), &["jwks"], "no key that can be used"),
    ("a private key beside a good one", |script, _| { let mut key = script.keys.body["keys"][0].clone(); key["d"] = json!("AQAB"); key["kid"] = json!("other"); script.keys.body["keys"].as_array_mut().unwrap().push(key); }, &["jwks"], "anybody can sign"),
    ("keys for other algorithms", |script, _| script.keys.body["keys"][0]["alg"] = json!("ES512"), &["jwks"], "left out"),
    ("keys that are none", |script, _| script.keys.body = json!([]), &["jwks"], "fix"),
    ("keys not to be kept", |script, _| script.keys.fields.push(("cache-control", "no-cache, no-store".into())), &["(cache_lifetime)"], "no-cache, no-store"),
    ("no client credentials", |script, _| script.metadata.body["grant_types_supported"] = json!(["authorization_code"]), &["(client_credentials)"], "access policy"),
    ("a grant not told of", |script, _| { script.metadata.body.as_object_mut().unwrap().remove("grant_types_supported"); }, &["(client_credentials)"], "grant_types_supported"),
    ("HMAC alone", |script, _| script.metadata.body["id_token_signing_alg_values_supported"] = json!(["HS256"]), &["(algorithms)"], "HS256"),
    ("no OAuth metadata", |script, _| script.oauth.status = 404, &["(oauth_metadata)"], "404"),
    ("OAuth metadata of another", |script, _| script.oauth.body["issuer"] = json!("https://other.example"), &["(oauth_metadata)"], "https://other.example"),
    ("a clock ten minutes ahead", |script, _| script.ahead_secs = 600, &["clock"], "NTP"),
    ("a clock half a minute behind", |script, _| script.ahead_secs = -30, &["(clock)"], "NTP"),
    ("a text that moves the terminal", |script, _| script.metadata.body["issuer"] = json!("https://\u{1b}[2Jx"), &["openid_configuration"], "malformed"),
];

#[tokio::test]
async fn each_broken_issuer_is_named_with_a_fix() {
    assert!(BROKEN.len() > 12);
    for (name, break_it, expected, said) in BROKEN {
        let issuer = Scripted::start(break_it).await;

        let diagnosis = doctor(&issuer.url()).examine().await;

        let text = assert_found(name, &diagnosis, expected);
        assert!(text.contains(said) || *said == "fix", "{name}: {text}");
        assert!(!text.contains(char::is_control), "{name}: {text:?}");
    }
}

#[tokio::test]
async fn a_client_that_gets_no_token_is_told_why() {
    for (name, error, said) in [
        ("a wrong secret", "invalid_client", "id and secret"),
        ("a scope that is not there", "invalid_scope", "--scope"),
        ("no access policy", "access_denied", "Access Policies"),
        (
            "a grant not allowed",
            "unauthorized_client",
            "rule of the access policy",
        ),
        ("DPoP", "invalid_dpop_proof", "DPoP"),
        ("something else", "server_error", "log has more"),
        ("Okta's own form", "okta", "id and secret"),
    ] {
        let issuer = Scripted::start(|script, _| {
            script.token.status = 400;
            script.token.body = match error {
                "okta" => json!({ "errorCode": "invalid_client", "errorSummary": "Invalid value" }),
                _ => json!({ "error": error, "error_description": "why" }),
            };
        });
        let issuer = issuer.await;
        let with_client = Doctor {
            client: Some(client("secret-of-client", &["reports:read"])),
            ..doctor(&issuer.url())
        };

        let diagnosis = with_client.examine().await;

        let text = assert_found(name, &diagnosis, &["token"]);
        assert!(text.contains(said), "{name}: {text}");
        assert!(!text.contains("secret-of-client"), "{name}");
    }
}

/// What is changed in a script, given the issuer's URL.
type Change = fn(&mut Script, &str);

#[tokio::test]
async fn the_client_secret_is_sent_to_hosts_that_are_allowed_alone() {
    // Both names are of this machine, so the endpoint answers under either.
    let elsewhere = |script: &mut Script, url: &str| {
        let endpoint = format!("{url}/v1/token").replace("127.0.0.1", "localhost");
        script.metadata.body["token_endpoint"] = json!(endpoint);
        script.token.body = json!({ "access_token": "a.b.c", "token_type": "Bearer" });
    };
    let at_issuer = |script: &mut Script, _: &str| {
        script.token.body = json!({ "access_token": "a.b.c", "token_type": "Bearer" });
    };
    let refused = Some("is on the host \"localhost\"");
    let rows: [(&str, Change, &[&str], Option<&str>); 4] = [
        ("the issuer's host", at_issuer, &[], None),
        ("another host", elsewhere, &[], refused),
        (
            "not the allowed host",
            elsewhere,
            &["login.example"],
            refused,
        ),
        ("an allowed host", elsewhere, &["localhost"], None),
    ];
    for (name, change, token_hosts, expected) in rows {
        let issuer = Scripted::start(change).await;

        let outcome = grant(&issuer.url(), token_hosts).await;

        match (outcome, expected) {
            (Ok(token), None) => assert_eq!(token, "a.b.c", "{name}"),
            (Err(error), Some(said)) => {
                assert!(
                    matches!(error, GrantError::EndpointElsewhere { .. }),
                    "{name}"
                );
                assert!(error.to_string().contains(said), "{name}: {error}");
            }
            (outcome, _) => panic!("{name}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn what_is_granted_is_a_bearer_token_or_an_error() {
    for (name, token, is_one) in [
        ("a bearer token", "aZ09-._~+/==", true),
        ("control characters", "a\u{1b}[2Jb", false),
        ("a line of its own", "a\nexport PATH=/tmp", false),
        ("a space", "a b", false),
        ("nothing", "", false),
        ("another alphabet", "\u{430}", false),
    ] {
        let issuer = Scripted::start(|script, _| {
            script.token.body = json!({ "access_token": token, "token_type": "Bearer" });
        });
        let issuer = issuer.await;

        let outcome = grant(&issuer.url(), &[]).await;

        match outcome {
            Ok(granted) => assert!(is_one && granted == token, "{name}"),
            Err(error) => {
                assert!(
                    !is_one && matches!(error, GrantError::NotABearerToken),
                    "{name}: {error}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_secret_is_sent_as_the_client_or_else_the_metadata_says() {
    let (basic, post) = (ClientAuthentication::Basic, ClientAuthentication::Post);
    for (row, methods, authentication, is_in_header) in [
        ("nothing says", None, None, true),
        ("the client says", None, Some(post), false),
        ("the metadata says", Some("client_secret_post"), None, false),
        ("both say", Some("client_secret_post"), Some(basic), true),
    ] {
        let issuer = Scripted::start(|script, _| {
            script.token.body = json!({ "access_token": "a.b.c", "token_type": "Bearer" });
            if let Some(method) = methods {
                script.metadata.body["token_endpoint_auth_methods_supported"] = json!([method]);
            }
        });
        let issuer = issuer.await;
        let credentials = client("s3cret", &[]).with_authentication(authentication);

        let token = request(&issuer.url(), credentials).await.unwrap();

        assert_eq!(token, "a.b.c", "{row}");
        let (header, form) = issuer.last_request();
        assert_eq!(header.is_some(), is_in_header, "{row}");
        assert_eq!(
            form.contains("client_secret=s3cret"),
            !is_in_header,
            "{row}"
        );
    }
}

#[tokio::test]
async fn the_request_names_what_the_token_is_for() {
    let issuer = Scripted::start(|script, _| {
        script.token.body = json!({ "access_token": "a.b.c", "token_type": "Bearer" });
    });
    let issuer = issuer.await;
    let named = client("secret", &["a"])
        .with_resources(["urn:one".to_owned(), "urn:two".to_owned()])
        .with_audience(Some("api".to_owned()));

    request(&issuer.url(), named).await.unwrap();
    let (_, form) = issuer.last_request();
    request(&issuer.url(), client("secret", &["a"]))
        .await
        .unwrap();
    let (_, plain) = issuer.last_request();

    assert!(
        form.ends_with("&resource=urn%3Aone&resource=urn%3Atwo&audience=api"),
        "{form}"
    );
    assert_eq!(plain, "grant_type=client_credentials&scope=a");
}

/// The token that the issuer grants.
async fn grant(url: &str, token_hosts: &[&str]) -> Result<String, GrantError> {
    let hosts = token_hosts.iter().map(ToString::to_string);
    request(url, client("secret", &[]).with_token_hosts(hosts)).await
}

async fn request(url: &str, credentials: ClientCredentials) -> Result<String, GrantError> {
    let fetch = Fetch::new(&FetchPolicy::default()).unwrap();
    let issuer = Issuer::parse(url).unwrap();
    let metadata = Metadata::discover(&fetch, &issuer, &[]).await.unwrap();
    let token = credentials.request(&fetch, &metadata).await?;
    Ok(token.secret().to_owned())
}

#[tokio::test]
async fn a_token_that_would_be_refused_here_is_told_with_its_reason() {
    let issuer = dev_issuer().await;
    let other = Doctor {
        client: Some(client(CLIENT_SECRET, &[SCOPE])),
        audience: Audience::parse("api://another").unwrap(),
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

#[test]
fn the_errors_of_the_guide_are_those_of_the_program() {
    let guide = include_str!("../../docs/doctor.md");
    let table = guide.split("<!-- grant-errors -->\n").nth(1).unwrap();
    let table = table.split("<!-- /").next().unwrap();
    let rows: Vec<_> = table.lines().skip(2).collect();

    assert_eq!(rows.len(), GRANT_ERRORS.len(), "run scripts/generate");
    for ((error, meaning, fix), row) in GRANT_ERRORS.iter().zip(rows) {
        let expected = format!("| `{error}` | {meaning} | {fix} |");
        assert_eq!(row, expected, "run scripts/generate");
    }
}

#[tokio::test]
async fn an_examination_ends_with_one_sentence() {
    let issuer = dev_issuer().await;
    let with_client = |secret: &str| Doctor {
        client: Some(client(secret, &[SCOPE])),
        ..doctor(&issuer.issuer())
    };
    let other_audience = Doctor {
        audience: Audience::parse("api://another").unwrap(),
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
