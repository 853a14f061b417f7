use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use poem::http::StatusCode;
use serde_json::json;

use super::World;
use crate::dev::{Behaviour, SigningAlgorithm, SigningKey};

#[tokio::test]
async fn both_documents_name_the_issuer_and_its_endpoints() {
    let world = World::start().await;
    let issuer = world.issuer.issuer();

    for url in world.documents("default") {
        let document = world.get_url(&url).await.json();

        assert_eq!(document["issuer"], issuer, "{url}");
        assert_eq!(document["jwks_uri"], format!("{issuer}/v1/keys"), "{url}");
        assert_eq!(document["token_endpoint"], format!("{issuer}/v1/token"));
        assert_eq!(
            document["id_token_signing_alg_values_supported"],
            json!(["RS256"])
        );
        assert_eq!(document["subject_types_supported"], json!(["public"]));
        assert_eq!(document["response_types_supported"], json!(["code"]));
        assert_eq!(
            document["code_challenge_methods_supported"],
            json!(["S256"])
        );
        assert_eq!(
            document["acr_values_supported"],
            json!(["urn:okta:loa:1fa:any", "urn:okta:loa:2fa:any"])
        );
        let scopes = document["scopes_supported"].as_array().unwrap();
        assert_eq!(scopes[..2], [json!("AccessAll"), json!("profile:read")]);
    }
}

#[tokio::test]
async fn a_strict_reader_understands_metadata_and_keys() {
    let world = World::start().await;
    world
        .issuer
        .rotate_to(&SigningKey::generate(SigningAlgorithm::Es256).into());
    world
        .issuer
        .rotate_to(&SigningKey::generate(SigningAlgorithm::EdDsa).into());

    let document = world.get("/.well-known/openid-configuration").await;
    let keys = world.get("/v1/keys").await;

    let document: CoreProviderMetadata = serde_json::from_str(&document.text).unwrap();
    let keys: CoreJsonWebKeySet = serde_json::from_str(&keys.text).unwrap();
    assert_eq!(document.issuer().as_str(), world.issuer.issuer());
    assert_eq!(keys.keys().len(), 3);
}

#[tokio::test]
async fn the_organisation_is_an_issuer_of_its_own() {
    let world = World::start().await;
    let origin = world.origin();

    let url = format!("{origin}/.well-known/openid-configuration");
    let document = world.get_url(&url).await.json();

    assert_eq!(document["issuer"], origin);
    assert_eq!(document["jwks_uri"], format!("{origin}/oauth2/v1/keys"));
}

#[tokio::test]
async fn an_unknown_server_is_refused_in_the_words_of_okta() {
    let world = World::start().await;
    let url = |server| {
        let origin = world.origin();
        format!("{origin}/oauth2/{server}/.well-known/openid-configuration")
    };

    let other = world.get_url(&url("other")).await;
    let default = world.get_url(&url("default")).await;

    assert_eq!(other.status, StatusCode::NOT_FOUND);
    let body = other.json();
    assert_eq!(body["errorCode"], "E0000007");
    assert_eq!(
        body["errorSummary"],
        "Not found: Resource not found: other (AuthorizationServer)"
    );
    assert_eq!(body["errorCauses"], json!([]));
    assert!(body["errorId"].as_str().unwrap().starts_with("oae"));
    assert_eq!(default.status, StatusCode::OK);
}

#[tokio::test]
async fn the_key_set_may_be_cached_for_a_while() {
    let world = World::start().await;

    let answer = world.get("/v1/keys").await;

    assert_eq!(
        answer.header("cache-control"),
        "max-age=600, must-revalidate"
    );
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.json(),
        json!({ "keys": [world.issuer.signing_key().public_jwk()] })
    );
}

#[tokio::test]
async fn a_rotated_key_stays_published_until_it_is_retired() {
    let world = World::start().await;
    let old = world.issuer.signing_key();
    let new = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "new").into();

    world.issuer.rotate_to(&new);
    let both = world.get("/v1/keys").await.json();
    world.issuer.retire_old_keys();
    let last = world.get("/v1/keys").await.json();

    assert_eq!(world.issuer.signing_key().kid(), "new");
    assert_eq!(
        both,
        json!({ "keys": [new.public_jwk(), old.public_jwk()] })
    );
    assert_eq!(last, json!({ "keys": [new.public_jwk()] }));
}

#[tokio::test]
async fn trouble_lasts_until_it_is_lifted() {
    let world = World::start().await;
    let document = "/.well-known/openid-configuration";

    let status = StatusCode::SERVICE_UNAVAILABLE;
    world.issuer.set_behaviour(Behaviour::Unavailable(status));
    let (no_metadata, no_keys) = (world.get(document).await, world.get("/v1/keys").await);
    world.issuer.set_behaviour(Behaviour::KeySet("junk".into()));
    let (metadata, junk) = (world.get(document).await, world.get("/v1/keys").await);
    world.issuer.set_behaviour(Behaviour::Normal);
    let keys = world.get("/v1/keys").await;

    assert_eq!((no_metadata.status, no_keys.status), (status, status));
    assert_eq!(metadata.status, StatusCode::OK);
    assert_eq!((junk.status, junk.text.as_str()), (StatusCode::OK, "junk"));
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 1);
    assert_eq!(world.issuer.requests_to(document), 2);
    assert_eq!(world.issuer.requests_to("/v1/keys"), 3);
}
