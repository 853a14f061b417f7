use http::StatusCode;
use serde_json::{Value, json};

use super::{Metadata, explain};
use crate::issuer::{DiscoveryError, FetchError, Issuer};

const ISSUER: &str = "https://id.example/oauth2/default";

fn document() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://id.example/oauth2/default/v1/authorize",
        "token_endpoint": "https://id.example/oauth2/default/v1/token",
        "jwks_uri": "https://id.example/oauth2/default/v1/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

fn parse(document: &Value, issuer: &str, hosts: &[&str]) -> Result<Metadata, DiscoveryError> {
    let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
    Metadata::parse(
        document.to_string().as_bytes(),
        &Issuer::parse(issuer).unwrap(),
        &hosts,
    )
}

#[test]
fn a_document_of_the_configured_issuer_is_accepted() {
    let metadata = parse(&document(), ISSUER, &[]).unwrap();

    assert_eq!(
        metadata.jwks_uri().as_str(),
        "https://id.example/oauth2/default/v1/keys"
    );
    assert_eq!(
        metadata.token_endpoint().unwrap().as_str(),
        "https://id.example/oauth2/default/v1/token"
    );
}

#[test]
fn a_document_of_an_issuer_that_differs_in_one_byte_is_refused() {
    for other in [
        "https://id.example/oauth2/default/",
        "https://id.example/oauth2/Default",
        "https://id.example:443/oauth2/default",
        "https://ID.example/oauth2/default",
        "https://id.example/oauth2/other",
    ] {
        let mut document = document();
        document["issuer"] = other.into();

        let error = parse(&document, ISSUER, &[]).unwrap_err();

        assert_eq!(error.reason(), "issuer_mismatch", "{other}");
        assert!(error.to_string().contains(other), "{error}");
    }
}

#[test]
fn keys_elsewhere_are_refused_unless_their_host_is_allowed() {
    let mut document = document();
    document["jwks_uri"] = "https://keys.example/keys".into();

    let error = parse(&document, ISSUER, &[]).unwrap_err();
    assert_eq!(error.reason(), "keys_elsewhere");
    assert!(error.to_string().contains("issuer.jwks_hosts"), "{error}");

    parse(&document, ISSUER, &["keys.example"]).unwrap();
}

#[test]
fn keys_over_plain_http_are_refused() {
    let mut document = document();
    document["jwks_uri"] = "http://id.example/keys".into();

    assert_eq!(
        parse(&document, ISSUER, &[]).unwrap_err().reason(),
        "insecure_keys"
    );
}

#[test]
fn an_org_server_behind_another_domain_is_recognized_by_its_keys() {
    let mut document = document();
    document["issuer"] = "https://id.example".into();
    document["jwks_uri"] = "https://id.example/oauth2/v1/keys".into();

    let error = parse(&document, "https://id.example", &[]).unwrap_err();

    assert_eq!(error.reason(), "okta_org_server");
    assert!(
        error
            .to_string()
            .contains("https://id.example/oauth2/default"),
        "{error}"
    );
}

#[test]
fn a_document_without_keys_or_of_another_form_is_malformed() {
    let mut without_keys = document();
    without_keys.as_object_mut().unwrap().remove("jwks_uri");

    for document in [without_keys, json!([]), json!("text"), json!({})] {
        assert_eq!(
            parse(&document, ISSUER, &[]).unwrap_err().reason(),
            "malformed_metadata"
        );
    }
}

#[test]
fn an_unknown_okta_server_is_explained_and_another_404_is_not() {
    let answer = |okta_error: Option<&str>| {
        let source = FetchError::Status {
            status: StatusCode::NOT_FOUND,
            okta_error: okta_error.map(str::to_owned),
        };
        explain(
            source,
            &Issuer::parse(ISSUER).unwrap(),
            "https://id.example/x",
        )
    };

    let unknown = answer(Some("E0000007"));
    assert_eq!(unknown.reason(), "okta_server_not_found");
    for word in [
        "id, not its name",
        "/oauth2/default",
        "API Access Management",
    ] {
        assert!(unknown.to_string().contains(word), "{unknown}");
    }
    assert_eq!(answer(None).reason(), "metadata_unavailable");
    assert_eq!(answer(Some("E0000047")).reason(), "metadata_unavailable");
}
