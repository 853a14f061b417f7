//! How the client authenticates at the endpoint.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use poem_resource_server::issuer::{
    AssertionAudience, AssertionKey, ClientProof, IntrospectionMode, IntrospectionPolicy,
};
use serde_json::Value;

use crate::world::{TOKEN, World, ok};

const MODE: IntrospectionMode = IntrospectionMode::Opaque;

/// A key of P-256 that was made for these tests and is used nowhere else.
pub const EC_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4RNRZ5ye3PCFxNFQ
77ayNJkOXs9SNwXEPl1jNEt3PoKhRANCAARM1kYWkkWtQQrkZefLcd16QsHdwdMv
hV5dAJrQhyeWEs78mb6t4+SboQfx5H/MD9ynAJq/xkzN3VBxRe9uirNj
-----END PRIVATE KEY-----
";

#[tokio::test]
async fn a_secret_is_sent_in_the_header_in_its_form_encoding() {
    let proof = ClientProof::Basic("sword:fish %".to_owned());
    let world = World::with(IntrospectionPolicy::new(MODE, "the api", proof)).await;

    assert_eq!(world.verdict(TOKEN).await, ok());

    let asked = world.issuer.last();
    let sent = asked.headers["authorization"].to_str().unwrap();
    let pair = STANDARD.decode(sent.strip_prefix("Basic ").unwrap());
    assert_eq!(pair.unwrap(), b"the+api:sword%3Afish+%25");
    assert_eq!(asked.parameter("client_secret"), None);
}

#[tokio::test]
async fn a_secret_is_sent_in_the_body() {
    let proof = ClientProof::Post("sword:fish %".to_owned());
    let world = World::with(IntrospectionPolicy::new(MODE, "the api", proof)).await;

    assert_eq!(world.verdict(TOKEN).await, ok());

    let asked = world.issuer.last();
    assert_eq!(asked.parameter("client_id"), Some("the api"));
    assert_eq!(asked.parameter("client_secret"), Some("sword:fish %"));
    assert!(!asked.headers.contains_key("authorization"));
}

#[tokio::test]
async fn an_assertion_names_the_endpoint_or_the_issuer() {
    for audience in [AssertionAudience::Endpoint, AssertionAudience::Issuer] {
        let key = AssertionKey::parse(EC_KEY.as_bytes()).unwrap();
        let key = Arc::new(key.with_key_id("one"));
        let proof = ClientProof::private_key_jwt(key, audience);
        let world = World::with(IntrospectionPolicy::new(MODE, "api", proof)).await;

        assert_eq!(world.verdict(TOKEN).await, ok());

        let asked = world.issuer.last();
        assert!(!asked.headers.contains_key("authorization"));
        assert_eq!(
            asked.parameter("client_assertion_type"),
            Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        );
        let assertion = asked.parameter("client_assertion").unwrap();
        let mut parts = assertion.split('.').map(|part| -> Value {
            let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
            serde_json::from_slice(&bytes).unwrap_or_default()
        });
        let (header, claims) = (parts.next().unwrap(), parts.next().unwrap());
        assert_eq!(
            (&header["alg"], &header["kid"]),
            (&"ES256".into(), &"one".into())
        );
        let expected = match audience {
            AssertionAudience::Issuer => world.issuer.url(),
            _ => world.issuer.endpoint(),
        };
        assert_eq!(claims["aud"], expected, "{audience:?}");
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&"api".into(), &"api".into())
        );
        assert_eq!(claims["exp"].as_u64(), Some(world.now() + 60));
    }
}
