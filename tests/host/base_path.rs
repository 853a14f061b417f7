//! Operations below a path of the whole application.

use poem::http::Method;
use serde_json::Value;

use poem_resource_server::testing::Issuer;

use crate::calls::{call, get, get_with, small, start, try_start};

#[tokio::test]
async fn the_operations_are_below_the_base_path_and_the_document_names_it() {
    let issuer = Issuer::new().with_claim("sub", "ada");
    let hosted = small().base_path("/shop/v1/");
    let hosted = try_start(hosted, &[], &issuer).await.unwrap();

    let open = get(&hosted, "/shop/v1/open").await;
    let mine = get_with(&hosted, "/shop/v1/mine", &issuer.token("read")).await;
    let without = get(&hosted, "/open").await;
    let document = get(&hosted, "/openapi.json").await;
    let wrong = call(&hosted, Method::POST, "/shop/v1/open", &[]).await;

    assert_eq!(open.text, "open");
    assert_eq!(mine.text, "ada");
    assert_eq!(without.status, 404);
    let document: Value = serde_json::from_str(&document.text).unwrap();
    assert_eq!(
        document["servers"][0]["url"],
        "http://127.0.0.1:3000/shop/v1"
    );
    assert!(document["paths"]["/open"].is_object());
    assert_eq!(
        (wrong.status.as_u16(), wrong.header("allow")),
        (405, Some("GET, HEAD"))
    );
    hosted.walk().run().await.assert_clean();
}

#[tokio::test]
async fn the_metadata_of_a_resource_is_at_its_path() {
    let hosted = start(small().base_path("/shop"), &[]).await;

    for (path, resource) in [
        ("", Some("http://127.0.0.1:3000")),
        ("/shop", Some("http://127.0.0.1:3000/shop")),
        ("/shop/mine", Some("http://127.0.0.1:3000/shop/mine")),
        ("/mine", None),
        ("/shopping", None),
    ] {
        let at = format!("/.well-known/oauth-protected-resource{path}");
        let answer = get(&hosted, &at).await;

        let metadata: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(metadata["resource"].as_str(), resource, "{path}");
        assert_eq!(answer.status.as_u16() == 200, resource.is_some(), "{path}");
    }
}

// A client inserts the well-known path before the path of the resource (RFC 9728 section 3.1).
#[tokio::test]
async fn the_metadata_is_also_at_the_path_inserted_form_of_the_public_url() {
    let public_url = "https://api.example.com/store";
    let hosted = start(small(), &[("http.public_url", public_url)]).await;

    for (path, resource) in [
        ("", Some(public_url.to_owned())),
        ("/store", Some(public_url.to_owned())),
        ("/store/mine", Some(format!("{public_url}/mine"))),
        ("/mine", Some(format!("{public_url}/mine"))),
        ("/store/other", None),
        ("/stores", None),
    ] {
        let at = format!("/.well-known/oauth-protected-resource{path}");
        let answer = get(&hosted, &at).await;

        let metadata: Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(metadata["resource"].as_str(), resource.as_deref(), "{path}");
        assert_eq!(answer.status.as_u16() == 200, resource.is_some(), "{path}");
    }
}

#[tokio::test]
async fn paths_that_only_look_alike_are_free() {
    let hosted = start(small().base_path("/docs-v1"), &[]).await;

    assert_eq!(get(&hosted, "/docs-v1/open").await.text, "open");
}
