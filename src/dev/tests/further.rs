//! Further issuers on the listener of an embedded issuer.

use std::io::ErrorKind;

use serde_json::json;
use tokio::net::TcpListener;

use super::{KEY, World, decode};
use crate::dev::{DevIssuer, DevOptions, FurtherIssuer, User};

const REQUEST: &str = "grant_type=client_credentials&client_id=dev-client\
    &client_secret=dev-secret&scope=AccessAll";

async fn world() -> World {
    World::with(DevOptions::default().with_issuer(FurtherIssuer::new("partners"))).await
}

#[tokio::test]
async fn a_further_issuer_has_its_own_documents_keys_and_tokens() {
    let world = world().await;
    let partners = world.issuer.further("partners").unwrap();
    let issuer = partners.issuer();

    for url in world.documents("partners") {
        let document = world.get_url(&url).await.json();
        assert_eq!(document["issuer"], issuer, "{url}");
        assert_eq!(document["jwks_uri"], format!("{issuer}/v1/keys"), "{url}");
        assert_eq!(document["token_endpoint"], format!("{issuer}/v1/token"));
    }
    let keys = world.get_url(&format!("{issuer}/v1/keys")).await.json();
    assert_eq!(
        keys,
        json!({ "keys": [partners.signing_key().public_jwk()] })
    );
    assert_ne!(
        partners.signing_key().kid(),
        world.issuer.signing_key().kid()
    );
    let request = world.http.post(format!("{issuer}/v1/token"));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let token = super::Answer::read(request.body(REQUEST)).await.json();
    let (_, claims) = decode(token["access_token"].as_str().unwrap());
    assert_eq!(claims["iss"], issuer);
    assert_eq!(claims["aud"], "api://partners");
    let (_, first) = decode(
        world.post("/v1/token", REQUEST).await.json()["access_token"]
            .as_str()
            .unwrap(),
    );
    assert_eq!(first["iss"], world.issuer.issuer());
    assert_eq!(first["aud"], "api://default");
}

#[tokio::test]
async fn the_token_of_one_issuer_is_not_active_at_the_other() {
    let world = world().await;
    let partners = world.issuer.further("partners").unwrap();
    let token = partners.sign(&partners.token_for_user(User::ADA, &["AccessAll"]));
    let form = format!("client_id=dev-client&client_secret=dev-secret&token={token}");
    let url = format!("{}/v1/introspect", partners.issuer());

    let own = world
        .http
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded");
    let own = super::Answer::read(own.body(form.clone())).await.json();
    let other = world.post("/v1/introspect", &form).await.json();

    assert_eq!(own["active"], true);
    assert_eq!(other, json!({ "active": false }));
}

#[tokio::test]
async fn trouble_at_one_issuer_leaves_the_other_alone() {
    let world = world().await;
    let partners = world.issuer.further("partners").unwrap();
    let status = poem::http::StatusCode::SERVICE_UNAVAILABLE;

    partners.set_behaviour(crate::dev::Behaviour::Unavailable(status));

    let url = format!("{}/v1/keys", partners.issuer());
    assert_eq!(world.get_url(&url).await.status, status);
    assert_eq!(world.get("/v1/keys").await.status, 200);
    assert_eq!(partners.requests_to("/v1/keys"), 1);
    assert_eq!(world.issuer.requests_to("/v1/keys"), 1);
    assert!(world.issuer.further("staff").is_none());
}

#[tokio::test]
async fn a_name_is_a_plain_segment_of_a_path_that_is_not_in_use() {
    for (names, is_accepted) in [
        (vec!["partners"], true),
        (vec!["partners", "staff"], true),
        (vec!["partners", "partners"], false),
        (vec!["default"], false),
        (vec!["v1"], false),
        (vec![""], false),
        (vec!["a/b"], false),
        (vec![":server"], false),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuers = names
            .iter()
            .map(|name| FurtherIssuer::new(*name).with_signing_key(KEY.clone()));
        let options = DevOptions::default().with_signing_key(KEY.clone());

        let started = DevIssuer::start(listener, issuers.fold(options, DevOptions::with_issuer));

        assert_eq!(started.is_ok(), is_accepted, "{names:?}");
        if let Err(error) = started {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{names:?}");
        }
    }
}
