//! Token requests: the errors and their fixes, and what is sent to the token endpoint.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem_resource_server::doctor::Doctor;
use poem_resource_server::issuer::{
    ClientAuthentication, ClientCredentials, Fetch, FetchPolicy, GRANT_ERRORS, GrantError, Issuer,
    Metadata, ProofMaker,
};
use serde_json::json;

use super::{assert_found, client, doctor};
use crate::issuer::{Script, Scripted};

#[tokio::test]
async fn a_client_that_gets_no_token_learns_the_reason() {
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
        ("something else", "server_error", "the issuer's log"),
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
async fn the_client_secret_is_sent_only_to_allowed_hosts() {
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
async fn a_granted_token_is_a_bearer_token_or_an_error() {
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
async fn the_secret_is_sent_by_the_method_of_the_client_or_else_of_the_metadata() {
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

#[tokio::test]
async fn a_nonce_is_sent_once_and_a_token_that_is_not_bound_is_an_error() {
    let nonces = Scripted::start(|script, _| {
        script.token.status = 400;
        script.token.fields.push(("dpop-nonce", "n-1".to_owned()));
        script.token.body = json!({ "error": "use_dpop_nonce" });
    });
    let nonces = nonces.await;
    let granting = async |token_type: &str, cnf: serde_json::Value| {
        let claims = URL_SAFE_NO_PAD.encode(json!({ "cnf": cnf }).to_string());
        let body = json!({ "access_token": format!("e30.{claims}.c"), "token_type": token_type });
        Scripted::start(|script, _| script.token.body = body).await
    };
    let holder = ProofMaker::generate();
    let ours = json!({ "jkt": holder.thumbprint().to_string() });
    let other = json!({ "jkt": ProofMaker::generate().thumbprint().to_string() });
    let bound = || client("secret", &[]).with_proofs(Some(holder.clone()));

    let refused = request(&nonces.url(), bound()).await.unwrap_err();

    assert!(matches!(refused, GrantError::Refused { .. }), "{refused}");
    assert!(refused.fix().contains("try again"), "{}", refused.fix());
    let proofs = nonces.proofs();
    assert_eq!(proofs.len(), 2, "one retry");
    assert!(proofs[0].get("nonce").is_none() && proofs[1]["nonce"] == "n-1");
    assert_ne!(proofs[0]["jti"], proofs[1]["jti"]);
    assert_eq!(proofs[0]["htm"], "POST");
    assert_eq!(proofs[0]["htu"], format!("{}/v1/token", nonces.url()));
    for (row, token_type, cnf, is_granted) in [
        ("bound to our key", "DPoP", ours.clone(), true),
        ("in another case", "dpop", ours.clone(), true),
        ("bound to another key", "DPoP", other, false),
        ("a bearer token", "Bearer", ours, false),
        ("not bound", "DPoP", json!(null), false),
    ] {
        let issuer = granting(token_type, cnf).await;

        let outcome = request(&issuer.url(), bound()).await;

        match outcome {
            Ok(_) => assert!(is_granted, "{row}"),
            Err(error) => {
                assert!(
                    !is_granted && matches!(error, GrantError::NotBound),
                    "{row}: {error}"
                );
            }
        }
    }
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
