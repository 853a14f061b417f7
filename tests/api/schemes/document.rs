//! The schemes in the document.

use poem_openapi::OpenApiService;
use poem_resource_server::testing::Issuer;
use serde_json::{Value, json};

use super::Api;

#[tokio::test]
async fn the_document_shows_every_scheme() {
    let issuer = Issuer::new();
    let guard = issuer.guard();
    let service = OpenApiService::new(guard.protect(Api), "Schemes", "1");

    let document = guard.document(&service).unwrap();

    let paths = &document.as_value()["paths"];
    let bearer = json!({ "BearerAuth": [] });
    let bound = json!({ "DPoPAuth": [] });
    let scopes = |scopes: Value| json!({ "OpenIdConnect": scopes });
    for (path, expected) in [
        ("/open", json!([])),
        (
            "/optional",
            json!([bearer, bound, scopes(json!(["read"])), json!({})]),
        ),
        ("/key", json!([{ "ApiKey": ["read"] }])),
        ("/optional_key", json!([{ "ApiKey": [] }, {}])),
        (
            "/either",
            json!([bearer, bound, scopes(json!(["read"])), { "ApiKey": ["read"] }]),
        ),
        (
            "/both",
            json!([bearer, bound, scopes(json!([])), { "ApiKey": [] }]),
        ),
        (
            "/anyone",
            json!([bearer, bound, scopes(json!([])), { "ApiKey": [] }, {}]),
        ),
    ] {
        assert_eq!(paths[path]["get"]["security"], expected, "{path}");
    }
    let schemes = &document.as_value()["components"]["securitySchemes"];
    let url = schemes["OpenIdConnect"]["openIdConnectUrl"].as_str();
    assert!(url.unwrap().ends_with("/.well-known/openid-configuration"));
    assert_eq!(schemes["ApiKey"]["type"], "apiKey");
}
