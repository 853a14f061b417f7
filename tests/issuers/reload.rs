//! A reload adds, changes and removes issuers: all of it, or nothing.

use std::time::Duration;

use poem_resource_server::dev::Behaviour;
use poem_resource_server::service::ReloadError;
use serde_json::json;

use crate::world::{PARTNERS_AUDIENCE, World, issuer};

const KEYS: &str = "/v1/keys";

async fn verdicts(world: &World, tokens: [&str; 2]) -> [(u16, String); 2] {
    let [first, second] = tokens;
    [world.verdict(first).await, world.verdict(second).await]
}

fn verdict(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

#[tokio::test]
async fn a_remembered_token_of_a_removed_issuer_is_refused_and_its_keys_are_not_fetched() {
    let world = World::start().await;
    let staff = world.staff.sign(&world.staff_token());
    let partner = world.partners.sign(&world.partner_token());
    let ok = verdict(200, "ok");
    assert_eq!(
        verdicts(&world, [&staff, &partner]).await,
        [ok.clone(), ok.clone()]
    );

    world.reload_without_partners(&[]).await.unwrap();

    let removed = verdict(401, "unknown_issuer");
    assert_eq!(
        verdicts(&world, [&staff, &partner]).await,
        [ok.clone(), removed]
    );
    let before = (
        world.staff.requests_to(KEYS),
        world.partners.requests_to(KEYS),
    );
    world.clock.advance(Duration::from_secs(2 * 3600));
    for _ in 0..10_000 {
        if world.staff.requests_to(KEYS) > before.0 {
            break;
        }
        world.get("/livez").await;
    }
    assert!(world.staff.requests_to(KEYS) > before.0);
    assert_eq!(world.partners.requests_to(KEYS), before.1);

    // It can be added again.
    world.reload(&[]).await.unwrap();
    let partner = world.partners.sign(&world.partner_token());
    assert_eq!(world.verdict(&partner).await, ok);
}

#[tokio::test]
async fn an_issuer_that_is_added_or_changed_judges_by_the_new_rules() {
    let world = World::start().await;
    let third = issuer(&world.clock, 0, "api://third").await;
    let of_third = third.token_for_client("svc", &[]);
    let partner = world.partners.sign(&world.partner_token());
    let moved = world.partner_token().claim("aud", "api://partners-v2");
    let moved = world.partners.sign(&moved);
    let ok = verdict(200, "ok");
    let wrong = verdict(401, "wrong_audience");
    assert_eq!(
        verdicts(&world, [&partner, &moved]).await,
        [ok.clone(), wrong.clone()]
    );
    let added = third.sign(&of_third);
    assert_eq!(world.verdict(&added).await, verdict(401, "unknown_issuer"));

    let url = third.issuer();
    let third_settings = [
        ("issuers.third.url", url.as_str()),
        ("issuers.third.audiences", "api://third"),
    ];
    world.reload(&third_settings).await.unwrap();
    assert_eq!(world.verdict(&added).await, ok);
    assert_eq!(
        verdicts(&world, [&partner, &moved]).await,
        [ok.clone(), wrong.clone()]
    );

    let both = format!("{PARTNERS_AUDIENCE},api://partners-v2");
    world
        .reload(&[("issuers.partners.audiences", &both)])
        .await
        .unwrap();
    assert_eq!(
        verdicts(&world, [&partner, &moved]).await,
        [ok.clone(), ok.clone()]
    );
    assert_eq!(world.verdict(&added).await, verdict(401, "unknown_issuer"));

    let new_only = [("issuers.partners.audiences", "api://partners-v2")];
    world.reload(&new_only).await.unwrap();
    assert_eq!(
        verdicts(&world, [&partner, &moved]).await,
        [wrong, ok.clone()]
    );

    world
        .reload(&[("issuers.partners.clients", "other")])
        .await
        .unwrap();
    let refused = verdict(401, "client_not_accepted");
    assert_eq!(world.verdict(&partner).await, refused);
    let accepted = [("issuers.partners.clients", "other,dev-client")];
    world.reload(&accepted).await.unwrap();
    assert_eq!(world.verdict(&partner).await, ok);
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_leaves_all_issuers_as_they_were() {
    let world = World::start().await;
    let gone = issuer(&world.clock, 0, "api://gone").await;
    let url = gone.issuer();
    let status = poem::http::StatusCode::SERVICE_UNAVAILABLE;
    gone.set_behaviour(Behaviour::Unavailable(status));
    let staff = world.staff.sign(&world.staff_token());
    let partner = world.partners.sign(&world.partner_token());
    let ok = verdict(200, "ok");

    let bad = [
        ("issuers.gone.url", url.as_str()),
        ("issuers.gone.audiences", "api://gone"),
        // Nothing of the new settings may be in force.
        ("issuers.partners.audiences", "api://partners-v2"),
    ];
    let error = world.reload(&bad).await.unwrap_err();

    assert!(matches!(error, ReloadError::Keys(_)), "{error}");
    assert_eq!(
        verdicts(&world, [&staff, &partner]).await,
        [ok.clone(), ok.clone()]
    );
    let of_gone = gone.sign(&gone.token_for_client("svc", &[]));
    assert_eq!(
        world.verdict(&of_gone).await,
        verdict(401, "unknown_issuer")
    );

    // The twin: once it can be reached, all of it is in force.
    gone.set_behaviour(Behaviour::Normal);
    world.reload(&bad).await.unwrap();
    assert_eq!(world.verdict(&of_gone).await, ok);
    assert_eq!(
        world.verdict(&partner).await,
        verdict(401, "wrong_audience")
    );
}

#[tokio::test]
async fn an_unchanged_issuer_that_is_unreachable_keeps_its_keys_over_a_reload() {
    let world = World::start().await;
    let staff = world.staff.sign(&world.staff_token());
    let partner = world.partners.sign(&world.partner_token());
    let ok = verdict(200, "ok");
    let accepted = [ok.clone(), ok.clone()];
    assert_eq!(verdicts(&world, [&staff, &partner]).await, accepted);
    let status = poem::http::StatusCode::SERVICE_UNAVAILABLE;
    (world.partners).set_behaviour(Behaviour::Unavailable(status));
    let admin_only = ("access.operations.whoami.scopes", "admin");

    world.reload(&[admin_only]).await.unwrap();

    // The new settings are in force, and tokens that were not seen before are verified too.
    let lacking = verdict(403, "insufficient_scope");
    assert_eq!(
        verdicts(&world, [&staff, &partner]).await,
        [lacking.clone(), lacking]
    );
    let admin = world.partner_token().claim("scp", json!(["admin"]));
    assert_eq!(world.verdict(&world.partners.sign(&admin)).await, ok);

    // A second reload keeps them again.
    world.reload(&[]).await.unwrap();
    assert_eq!(verdicts(&world, [&staff, &partner]).await, accepted);

    // The keys that are fetched once it is reachable replace those that were kept.
    world.partners.rotate().retire_old_keys();
    (world.partners).set_behaviour(Behaviour::Normal);
    world.reload(&[]).await.unwrap();
    assert_eq!(world.verdict(&partner).await, verdict(401, "unknown_key"));
}

#[tokio::test]
async fn an_issuer_without_keys_does_not_prevent_a_reload_of_the_other() {
    let world = World::without_partners(&[]).await;
    let staff = world.staff.sign(&world.staff_token());
    let partner = world.partners.sign(&world.partner_token());
    let [ok, no_keys] = [verdict(200, "ok"), verdict(503, "no_keys")];
    assert_eq!(
        verdicts(&world, [&staff, &partner]).await,
        [ok, no_keys.clone()]
    );

    let admin_only = ("access.operations.whoami.scopes", "admin");
    world.reload(&[admin_only]).await.unwrap();

    assert_eq!(
        verdicts(&world, [&staff, &partner]).await,
        [verdict(403, "insufficient_scope"), no_keys]
    );
}

#[tokio::test]
async fn an_unreachable_issuer_whose_key_hosts_change_prevents_the_reload() {
    let world = World::start().await;
    let partner = world.partners.sign(&world.partner_token());
    assert_eq!(world.verdict(&partner).await, verdict(200, "ok"));
    let status = poem::http::StatusCode::SERVICE_UNAVAILABLE;
    (world.partners).set_behaviour(Behaviour::Unavailable(status));

    let other_host = [("issuers.partners.jwks_hosts", "keys.example")];
    let error = world.reload(&other_host).await.unwrap_err();

    assert!(matches!(error, ReloadError::Keys(_)), "{error}");
    assert_eq!(world.verdict(&partner).await, verdict(200, "ok"));
}
