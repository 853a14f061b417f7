//! Denials by client.

use std::time::Duration;

use serde_json::json;

use super::{DenialSource, World};

#[tokio::test]
async fn a_denial_by_client_compares_each_claim_that_names_a_client() {
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("client_id alone", json!({ "cid": "x", "client_id": "evil" }), true),
        ("cid beside client_id", json!({ "cid": "evil", "client_id": "x" }), true),
        ("azp beside cid", json!({ "cid": "x", "azp": "evil" }), true),
        ("azp beside two others", json!({ "cid": "x", "client_id": "y", "azp": "evil" }), true),
        ("all three", json!({ "cid": "evil", "client_id": "evil", "azp": "evil" }), true),
        ("none of three", json!({ "cid": "x", "client_id": "y", "azp": "z" }), false),
        ("another claim", json!({ "cid": "x", "client": "evil" }), false),
    ];
    for (name, claims, is_denied) in rows {
        for denial in [
            json!({ "cid": "evil" }),
            json!({ "cid": "evil", "sub": "ada" }),
        ] {
            let world = World::new();
            let token = world.token(&claims);
            assert_eq!(world.reason(&token).await, None, "{name}");

            world.deny(&denial);

            let reason = world.reason(&token).await;
            assert_eq!(reason, is_denied.then_some("revoked"), "{name}: {denial}");
        }
    }
}

// A search of all of them would take a minute: 2,000 times 100,000 comparisons.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured is what a call costs"
)]
async fn many_denials_of_one_client_do_not_slow_its_calls() {
    let world = World::sized(100_000, |denylist| denylist);
    let now = world.now();
    let first_end = now + 3600;
    let denials = (0..100_000).map(|number| {
        // No denial applies to a current token: it names another issuer, or an earlier time of issue.
        world.denial(&match number % 3 {
            0 => json!({ "cid": "c", "iss": format!("https://{number}.example") }),
            1 => json!({ "cid": "c", "sub": format!("{number}") }),
            _ => json!({ "cid": "c", "issued_before": now - number, "exp": first_end + number }),
        })
    });
    let denials = denials.collect();
    world
        .denylist
        .replace(DenialSource::Shared, denials)
        .unwrap();
    let token = world.token(&json!({}));
    let older = world.token(&json!({ "iat": now - 100_000 }));

    let started = std::time::Instant::now();
    for _ in 0..2_000 {
        assert_eq!(world.reason(&token).await, None);
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(world.reason(&older).await, Some("revoked"));
}
