//! The schemes of tokens that must be bound.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn bound_tokens_alone_have_the_schemes_that_the_settings_make_possible() {
    let dpop = json!({ "DPoPAuth": [] });
    let certificate = json!({ "CertificateBoundAuth": [] });
    let required = ("access.binding", "required");
    let from_proxy = [
        required,
        ("http.trusted_proxies", "127.0.0.1"),
        ("http.client_certificate_format", "rfc9440"),
        ("http.client_certificate_header", "Client-Cert"),
    ];
    for (settings, expected, schemes) in [
        (&[required][..], vec![&dpop], "DPoP "),
        (&from_proxy, vec![&certificate, &dpop], "Bearer DPoP "),
    ] {
        let world = World::with(settings).await;

        let document = world.get("/openapi.json").await.json();
        let answer = world.request(Method::GET, "/api/whoami").send().await;

        let ways = document["paths"]["/api/whoami"]["get"]["security"].clone();
        let own =
            |it: &&Value| **it == dpop || **it == certificate || it.get("BearerAuth").is_some();
        let ways: Vec<_> = ways
            .as_array()
            .unwrap()
            .iter()
            .filter(own)
            .cloned()
            .collect();
        assert_eq!(ways.iter().collect::<Vec<_>>(), expected);
        let answer = answer.unwrap();
        let challenges = answer.headers().get_all("www-authenticate").iter();
        let found: String = challenges
            .map(|it| it.to_str().unwrap().split_inclusive(' ').next().unwrap())
            .collect();
        assert_eq!(found, schemes);
    }
}
