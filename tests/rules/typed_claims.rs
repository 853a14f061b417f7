//! Claims as a type of the application.

use std::sync::Arc;

use poem::{EndpointExt, Result, handler};
use poem_resource_server::guard::Principal;
use poem_resource_server::token::Scope;
use serde::Deserialize;
use serde_json::json;

use crate::world::{World, call, request};

#[derive(Debug, Deserialize)]
struct ShopClaims {
    tenant_id: String,
    #[serde(default)]
    level: u8,
}

#[handler]
fn tenant(caller: &Principal) -> Result<String> {
    let claims = caller.claims_as::<ShopClaims>()?;
    Ok(format!("{} {}", claims.tenant_id, claims.level))
}

#[tokio::test]
async fn claims_have_the_type_of_the_application_or_the_call_is_refused() {
    let world = World::new();
    let routes = tenant.with(world.guard.require(Scope::none()));
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("every claim", json!({ "tenant_id": "acme", "level": 3 }), 200, "acme 3"),
        ("a default", json!({ "tenant_id": "acme" }), 200, "acme 0"),
        ("a missing claim", json!({ "level": 3 }), 403, "claim_not_accepted"),
        ("a claim of another type", json!({ "tenant_id": 7 }), 403, "claim_not_accepted"),
        ("a claim that is too large", json!({ "tenant_id": "acme", "level": 300 }), 403, "claim_not_accepted"),
    ];
    for (row, claims, status, expected) in rows {
        let token = world.token(&claims);
        for _ in 0..2 {
            let answer = call(&routes, "/", Some(&token)).await;

            assert_eq!(answer.status.as_u16(), status, "{row}");
            let found = if status == 200 {
                answer.body.clone()
            } else {
                answer.reason()
            };
            assert_eq!(found, expected, "{row}");
        }
    }
}

#[tokio::test]
async fn the_claims_of_a_remembered_token_are_read_once() {
    let world = World::new();
    let token = world.token(&json!({ "tenant_id": "acme", "other": "x".repeat(200) }));
    let claims = || async {
        let request = request("/", Some(&token));
        let caller = world.guard.admit(&request, &Scope::none().into()).await;
        caller.unwrap().claims_as::<ShopClaims>().unwrap()
    };

    let (one, other) = (claims().await, claims().await);

    assert!(Arc::ptr_eq(&one, &other));
}

#[tokio::test]
async fn the_error_names_the_type_and_no_value() {
    let world = World::new();
    let token = world.token(&json!({ "tenant_id": ["secret"] }));
    let request = request("/", Some(&token));
    let caller = world.guard.admit(&request, &Scope::none().into()).await;

    let error = caller
        .unwrap()
        .claims_as::<ShopClaims>()
        .unwrap_err()
        .to_string();

    assert!(
        error.ends_with("::ShopClaims`: a claim is not a string"),
        "{error}"
    );
}
