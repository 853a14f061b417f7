//! What operators count: requests by outcome, and the state of the keys.

use std::time::Duration;

use poem_resource_server::dev::Behaviour;
use reqwest::Method;

use crate::answer::Answer;
use crate::world::World;

/// The value of a metric with these labels; 0 when there is none.
async fn metric(world: &World, name_and_labels: &str) -> f64 {
    let text = world.admin("/metrics").await.body;
    let line = text.lines().find(|line| {
        line.strip_prefix(name_and_labels)
            .is_some_and(|rest| rest.starts_with(' '))
    });
    line.map_or(0.0, |line| {
        line.rsplit(' ').next().unwrap().parse().unwrap()
    })
}

#[tokio::test]
async fn each_answer_is_counted_by_operation_status_and_reason() {
    let world = World::with(&[("access.operations.whoami.scopes", "admin")]).await;
    let lacking = world.sign(&world.token());
    let good = world.sign(&world.token().claim("scp", serde_json::json!(["admin"])));

    world.get("/api/hello").await;
    world.whoami(&good).await;
    world.whoami(&good).await;
    world.whoami(&lacking).await;
    world.whoami("a.b.c").await;
    world.get("/api/whoami").await;
    world.get("/nothing").await;

    #[rustfmt::skip] // A row a line.
    let rows = [
        ("hello", "200", "ok", 1.0),
        ("whoami", "200", "ok", 2.0),
        ("whoami", "403", "insufficient_scope", 1.0),
        ("whoami", "401", "bad_base64", 1.0),
        ("whoami", "401", "missing_credentials", 1.0),
        ("none", "404", "not_found", 1.0),
        ("whoami", "503", "no_keys", 0.0),
    ];
    for (operation, status, reason, expected) in rows {
        let labels = format!(
            "http_requests_total{{operation=\"{operation}\",status=\"{status}\",reason=\"{reason}\"}}"
        );
        assert!(
            (metric(&world, &labels).await - expected).abs() < 0.1,
            "{labels} in {}",
            world.admin("/metrics").await.body
        );
    }
}

#[tokio::test]
async fn what_a_stranger_types_becomes_no_label() {
    let world = World::start().await;
    let typed = "s3cr3t";

    world.get(&format!("/{typed}")).await;
    world.get(&format!("/api/hello/{typed}")).await;
    world.get(&format!("/api/hello?{typed}={typed}")).await;
    world.whoami(typed).await;
    let method = Method::from_bytes(typed.to_ascii_uppercase().as_bytes()).unwrap();
    Answer::to(world.request(method, "/api/hello")).await;

    let text = world.admin("/metrics").await.body.to_ascii_lowercase();
    assert!(!text.contains(typed), "{text}");
    assert!(text.contains("operation=\"hello\""), "{text}");
}

#[tokio::test]
async fn the_age_of_the_keys_and_their_fetches_are_told() {
    let world = World::start().await;
    assert_eq!(metric(&world, "jwks_keys").await.to_bits(), 1_f64.to_bits());
    let failures = metric(&world, "jwks_fetch_failures_total").await;

    let status = poem::http::StatusCode::BAD_GATEWAY;
    world.issuer.set_behaviour(Behaviour::Unavailable(status));
    world.clock.advance(Duration::from_secs(600));
    for _ in 0..1000 {
        if metric(&world, "jwks_fetch_failures_total").await > failures {
            break;
        }
    }
    assert!(metric(&world, "jwks_fetch_failures_total").await > failures);

    let age = metric(&world, "jwks_age_seconds").await;
    assert!((600.0..601.0).contains(&age), "{age}");
    assert_eq!(metric(&world, "jwks_keys").await.to_bits(), 1_f64.to_bits());
}

#[tokio::test]
async fn they_are_for_operators_alone() {
    let world = World::start().await;

    let metrics = world.admin("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert_eq!(
        metrics.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(metrics.body.ends_with("# EOF\n"));

    let asked_of_the_public_door = world.get("/metrics").await;
    asked_of_the_public_door.assert_refused("public", 404, "not_found", None);
    let operators_door = world.admin("/api/hello").await;
    operators_door.assert_refused("admin", 404, "not_found", None);
}
