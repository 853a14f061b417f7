//! The labels are bounded, whatever callers send.

use std::collections::BTreeSet;

use reqwest::Method;

use crate::answer::Answer;
use crate::world::World;

#[tokio::test]
async fn a_string_of_a_caller_is_never_a_label() {
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

/// Odd paths, methods and tokens: what they have in common is in no label, and they make
/// no more series than plain ones do.
#[tokio::test]
async fn unusual_calls_add_no_labels() {
    let world = World::start().await;
    let good = world.sign(&world.token());
    world.whoami(&good).await;
    world.whoami("a.b.c").await;
    world.get("/nothing").await;
    world.get("/docs/nothing").await;
    Answer::to(world.request(Method::POST, "/api/whoami")).await;
    let plain = series(&world).await;

    let odd_claims = world
        .token()
        .claim("sub", serde_json::json!("odd-subject\"}\n"))
        .claim("cid", serde_json::json!("odd-client"))
        .claim("jti", serde_json::json!("odd-id"))
        .claim("odd-claim", serde_json::json!("odd-value"));
    world.whoami(&world.sign(&odd_claims)).await;
    for header in ["kid", "odd-header"] {
        world
            .whoami(&world.sign(&world.token().header(header, "odd-header-value")))
            .await;
    }
    for number in 0..50 {
        world.get(&format!("/odd-{number}")).await;
        world.get(&format!("/docs/odd-{number}")).await;
        world.get(&format!("/%6fdd-{number}/../..;odd")).await;
        world.get(&format!("/api/whoami?odd-{number}=odd")).await;
        let method = Method::from_bytes(format!("ODD-{number}").as_bytes()).unwrap();
        Answer::to(world.request(method, "/api/whoami")).await;
    }

    let odd = series(&world).await;
    let text = world.admin("/metrics").await.body.to_ascii_lowercase();
    assert!(!text.contains("odd"), "{text}");
    let added: Vec<_> = odd.difference(&plain).collect();
    let expected = [
        "http_requests_total{operation=\"whoami\",status=\"401\",reason=\"missing_credentials\"}",
        "http_requests_total{operation=\"whoami\",status=\"401\",reason=\"unknown_key\"}",
    ];
    assert_eq!(added, expected);
}

/// The names and labels of all samples.
async fn series(world: &World) -> BTreeSet<String> {
    let text = world.admin("/metrics").await.body;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap().0.to_owned())
        .collect()
}
