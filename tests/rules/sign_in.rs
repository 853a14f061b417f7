//! Sign-ins that are too weak or too old, and checks in code.

use std::time::Duration;

use poem_resource_server::guard::Requirement;
use serde_json::{Value, json};

use crate::kinds::expect;
use crate::world::World;

pub const STEP_UP: &str = "insufficient_user_authentication";

#[tokio::test]
async fn the_class_of_the_sign_in_is_a_string_of_the_list() {
    let requirement = Requirement::default().with_acr(["urn:mfa", "3"]);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("the first", json!({ "acr": "urn:mfa" }), "admitted"),
        ("the second", json!({ "acr": "3" }), "admitted"),
        ("a number", json!({ "acr": 3 }), STEP_UP),
        ("an array", json!({ "acr": ["urn:mfa"] }), STEP_UP),
        ("another case", json!({ "acr": "urn:MFA" }), STEP_UP),
        ("two in one string", json!({ "acr": "urn:mfa 3" }), STEP_UP),
        ("a higher one that is not listed", json!({ "acr": "4" }), STEP_UP),
        ("a token of a machine", json!({}), STEP_UP),
    ];
    let rows = rows.map(|(row, mut claims, expected)| {
        // Without a client, a token with `acr` is an ID token.
        claims["client_id"] = "web".into();
        (row, claims, expected)
    });
    expect(&requirement, &rows).await;
}

#[tokio::test]
async fn the_sign_in_is_recent_whatever_the_age_of_the_token() {
    let world = World::new();
    let requirement = Requirement::default().with_max_age(Duration::from_secs(300));
    let now = world.now();
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("now", json!(now), "admitted"),
        ("five minutes ago", json!(now - 300), "admitted"),
        ("within the leeway of a minute", json!(now - 360), "admitted"),
        ("beyond the leeway", json!(now - 361), STEP_UP),
        ("in the future within the leeway", json!(now + 60), "admitted"),
        ("in the future", json!(now + 61), STEP_UP),
        ("with a fraction", json!(1.5), STEP_UP),
        ("a string", json!(now.to_string()), STEP_UP),
        ("null", Value::Null, STEP_UP),
        ("an array", json!([now]), STEP_UP),
    ];
    for (row, auth_time, expected) in rows {
        // The token itself is new in each row.
        let claims = json!({ "auth_time": auth_time, "iat": now, "client_id": "web" });
        assert_eq!(world.word(&requirement, &claims).await, expected, "{row}");
    }
    let machine = json!({ "iat": now, "client_id": "web" });
    assert_eq!(
        world.word(&requirement, &machine).await,
        STEP_UP,
        "a machine"
    );
}

#[tokio::test]
async fn a_remembered_token_gets_too_old_for_a_sign_in() {
    let world = World::new();
    let requirement = Requirement::default().with_max_age(Duration::from_secs(300));
    let token = world.token(&json!({ "auth_time": world.now(), "client_id": "web" }));
    let admit = || async {
        let request = crate::world::request("/", Some(&token));
        world.guard.admit(&request, &requirement).await.map(|_| ())
    };

    assert_eq!(admit().await, Ok(()));
    world.advance(Duration::from_secs(360));
    assert_eq!(admit().await, Ok(()));
    world.advance(Duration::from_secs(1));

    assert_eq!(admit().await.unwrap_err().reason(), STEP_UP);
}

#[tokio::test]
async fn a_check_in_code_decides_for_each_request_and_may_wait() {
    let world = World::new();
    let now = Requirement::default().with_check("wrong_region", |caller, request| {
        caller.claims().get("region") == request.header("x-region").map(Into::into)
    });
    let later = Requirement::default().with_async_check("no_member", |caller, _| {
        Box::pin(async move {
            tokio::task::yield_now().await;
            caller.subject() == "ada"
        })
    });
    let both = now
        .clone()
        .with_async_check("never", |_, _| Box::pin(async { false }));
    let token = world.token(&json!({ "region": "eu" }));
    let other = world.token(&json!({ "sub": "bob", "region": "eu" }));
    for (row, requirement, token, region, expected) in [
        ("accepted", &now, &token, "eu", "admitted"),
        ("another request", &now, &token, "us", "wrong_region"),
        ("accepted later", &later, &token, "", "admitted"),
        ("another caller", &later, &other, "", "no_member"),
        ("the first of two", &both, &token, "us", "wrong_region"),
        ("the second of two", &both, &token, "eu", "never"),
    ] {
        for _ in 0..2 {
            let mut request = crate::world::request("/", Some(token));
            request
                .headers_mut()
                .insert("x-region", region.parse().unwrap());

            let judged = world.guard.admit(&request, requirement).await;

            let found = judged.map_or_else(|rejection| rejection.reason(), |_| "admitted");
            assert_eq!(found, expected, "{row}");
        }
    }
}
