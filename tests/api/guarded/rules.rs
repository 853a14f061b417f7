//! The rules of an API, and an API without them.

use poem::Route;
use poem::http::StatusCode;
use poem_openapi::OpenApiService;
use serde_json::{Value, json};

use super::Credentials::Scope;
use super::{App, Hidden, Users, Visits, guard};

#[tokio::test]
async fn the_rules_are_those_of_the_document() {
    let (guard, _) = guard();
    let service = OpenApiService::new(guard.protect((Users, Visits)), "Users", "1.0");

    let document = guard.document(&service).unwrap();

    let paths = &document.as_value()["paths"];
    let ways = |scopes: Value| {
        [
            json!({ "BearerAuth": [] }),
            json!({ "DPoPAuth": [] }),
            json!({ "OpenIdConnect": scopes }),
        ]
    };
    assert_eq!(
        paths["/users/{id}"]["get"]["security"],
        json!(ways(json!(["users:read"])))
    );
    assert_eq!(
        paths["/users/{id}"]["delete"]["security"],
        json!(ways(json!(["users:read", "users:write"])))
    );
    assert_eq!(
        paths["/users/{id}/name/{part}"]["get"]["security"],
        json!([])
    );
    let [bearer, bound, scopes] = ways(json!([]));
    assert_eq!(
        paths["/visit"]["get"]["security"],
        json!([bearer, bound, scopes, {}])
    );
    assert_eq!(document.as_value().get("security"), None);
}

#[test]
#[should_panic(expected = "cannot protect the API: the route GET /hidden is hidden")]
fn an_api_with_an_undeclared_route_does_not_start() {
    let (guard, _) = guard();

    let _ = guard.protect(Hidden);
}

#[tokio::test]
async fn a_guarded_api_without_its_guard_admits_no_caller() {
    let key = guard().1;
    let app = App {
        endpoint: Route::new().nest("/v1", OpenApiService::new(Users, "Users", "1.0")),
        key,
    };

    let (status, challenge, text) = app.call("GET", "/v1/users/7", Scope("users:read")).await;

    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR, "{text}");
    assert!(text.contains("not_guarded") && challenge.is_none());
}
