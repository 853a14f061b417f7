//! A caller above its limit must wait, and learns for how long.

use std::time::Duration;

use crate::world::World;

#[tokio::test]
async fn an_address_that_is_refused_too_often_has_to_pause() {
    let world = World::with(&[("rate.refusals", "3/1m")]).await;
    let good = world.sign(&world.token());
    let bad = format!("{good}A");

    for _ in 0..3 {
        assert_eq!(world.whoami(&bad).await.status, 401);
    }

    for (name, token) in [("bad", &bad), ("good", &good)] {
        let paused = world.whoami(token).await;
        paused.assert_refused(name, 429, "too_many_requests", None);
        assert_eq!(paused.header("retry-after"), Some("21"), "{name}");
    }
    assert_eq!(world.get_with("/api/hello", &bad).await.status, 200);

    world.clock.advance(Duration::from_secs(20));
    assert_eq!(world.whoami(&good).await.status, 200);
}

#[tokio::test]
async fn a_caller_that_calls_too_often_has_to_pause_and_others_need_not() {
    let world = World::with(&[("rate.calls", "2/1m")]).await;
    let ada = world.sign(&world.token().claim("sub", serde_json::json!("ada")));
    let bob = world.sign(&world.token().claim("sub", serde_json::json!("bob")));

    assert_eq!(world.whoami(&ada).await.status, 200);
    assert_eq!(world.whoami(&ada).await.status, 200);

    let paused = world.whoami(&ada).await;
    paused.assert_refused("ada", 429, "too_many_requests", None);
    assert_eq!(paused.header("retry-after"), Some("31"));
    assert_eq!(world.whoami(&bob).await.status, 200);

    world.clock.advance(Duration::from_secs(30));
    assert_eq!(world.whoami(&ada).await.status, 200);
}

#[tokio::test]
async fn the_document_describes_the_limits_that_are_set() {
    for (settings, expected) in [(&[("rate.calls", "2/1m")][..], true), (&[], false)] {
        let world = World::with(settings).await;

        let document = world.get("/openapi.json").await.json();

        let answers = |id: &str| document["paths"][id]["get"]["responses"]["429"].clone();
        assert_eq!(answers("/api/whoami").is_object(), expected);
        assert!(answers("/api/hello").is_null());
    }
}
