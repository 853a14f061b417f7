//! The whole service with `[issuers.partners]` beside `[issuer]`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::{PARTNERS_AUDIENCE, World};

const METADATA: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/v1/keys";

fn verdict(status: u16, reason: &str) -> (u16, String) {
    (status, reason.to_owned())
}

#[tokio::test]
async fn the_issuer_that_a_token_names_judges_it_and_no_other_is_asked() {
    let world = World::start().await;
    let staff = world.whoami(&world.staff.sign(&world.staff_token())).await;
    let partner = world
        .whoami(&world.partners.sign(&world.partner_token()))
        .await;
    assert_eq!((staff.status, partner.status), (200, 200));
    assert_eq!(staff.json()["issuer"], world.staff.issuer());
    assert_eq!(partner.json()["issuer"], world.partners.issuer());
    assert_eq!(partner.json()["audience"], json!([PARTNERS_AUDIENCE]));

    let for_partners = world.staff_token().claim("aud", PARTNERS_AUDIENCE);
    let for_staff = world.partner_token().claim("aud", "api://default");
    let for_both = json!(["api://default", PARTNERS_AUDIENCE]);
    let for_both = world.staff_token().claim("aud", for_both);
    let foreign = world.staff_token().claim("iss", "https://id.example");
    for (name, token, expected) in [
        (
            "the audience of the partners",
            world.staff.sign(&for_partners),
            verdict(401, "wrong_audience"),
        ),
        (
            "the audience of the staff",
            world.partners.sign(&for_staff),
            verdict(401, "wrong_audience"),
        ),
        (
            "both audiences",
            world.staff.sign(&for_both),
            verdict(200, "ok"),
        ),
        (
            "a token of the partners by the key of the staff",
            world.staff.sign(&world.partner_token()),
            verdict(401, "bad_signature"),
        ),
        (
            "a token of the staff by the key of the partners",
            world.partners.sign(&world.staff_token()),
            verdict(401, "bad_signature"),
        ),
        (
            "an unknown issuer",
            world.staff.sign(&foreign),
            verdict(401, "unknown_issuer"),
        ),
        (
            "no issuer",
            world.staff.sign(&world.staff_token().without("iss")),
            verdict(401, "missing_claim"),
        ),
    ] {
        assert_eq!(world.verdict(&token).await, expected, "{name}");
    }

    for issuer in [&world.staff, &world.partners] {
        assert_eq!(issuer.requests_to(METADATA), 1);
        assert_eq!(issuer.requests_to(KEYS), 1);
    }
}

#[tokio::test]
async fn partners_that_are_down_from_the_start_cost_the_staff_nothing() {
    for (needed, ready) in [("any", 200), ("all", 503)] {
        let world = World::without_partners(&[("readiness.issuers", needed)]).await;

        let staff = world.whoami(&world.staff.sign(&world.staff_token())).await;
        let partner = world
            .whoami(&world.partners.sign(&world.partner_token()))
            .await;

        assert_eq!(staff.status, 200, "{needed}");
        partner.assert_refused("partners", 503, "no_keys", None);
        let retry_after: u64 = partner.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&retry_after), "{retry_after}");
        assert_eq!(world.get("/readyz").await.status, ready, "{needed}");
    }
}

#[tokio::test]
async fn a_storm_of_unknown_keys_of_the_staff_causes_no_request_to_the_partners() {
    let world = World::start().await;
    let partner = world.partners.sign(&world.partner_token());
    assert_eq!(world.verdict(&partner).await, verdict(200, "ok"));

    for second in 0..30 {
        let junk = world.staff_token().header("kid", format!("junk-{second}"));
        let found = world.verdict(&world.staff.sign(&junk)).await;
        assert_eq!(found, verdict(401, "unknown_key"), "{second}");
        world.clock.advance(std::time::Duration::from_secs(1));
    }

    let fetches = world.staff.requests_to(KEYS);
    assert!((2..=4).contains(&fetches), "{fetches} in half a minute");
    assert_eq!(world.partners.requests_to(KEYS), 1);
    world.partners.rotate();
    let new = world.partners.sign(&world.partner_token());
    assert_eq!(world.verdict(&new).await, verdict(200, "ok"));
    assert_eq!(world.partners.requests_to(KEYS), 2);
}

#[tokio::test]
async fn the_same_subject_of_two_issuers_is_two_callers_for_rate_limits() {
    let world = World::with(&[("rate.calls", "1/1m")]).await;
    for token in [
        world.staff.sign(&world.staff_token()),
        world.partners.sign(&world.partner_token()),
    ] {
        assert_eq!(world.verdict(&token).await, verdict(200, "ok"));
        assert_eq!(
            world.verdict(&token).await,
            verdict(429, "too_many_requests")
        );
    }
}

#[tokio::test]
async fn a_denial_with_an_issuer_leaves_the_same_subject_of_the_other_alone() {
    const OPERATOR: &str = "0123456789abcdef0123456789abcdef";
    let world = World::with(&[("denylist.token", OPERATOR)]).await;
    let staff = world.staff.sign(&world.staff_token());
    let partner = world.partners.sign(&world.partner_token());
    let denial = |issuer: &str| json!({ "iss": issuer, "sub": "ada", "exp": world.now() + 3600 });
    let change = async |method: Method, denial: Value| {
        let request = world.admin(method, "/denylist").bearer_auth(OPERATOR);
        Answer::to(request.body(denial.to_string())).await.status
    };
    assert_eq!(world.verdict(&staff).await, verdict(200, "ok"));
    assert_eq!(world.verdict(&partner).await, verdict(200, "ok"));

    let at_staff = denial(&world.staff.issuer());
    assert_eq!(change(Method::POST, at_staff.clone()).await, 204);
    assert_eq!(world.verdict(&staff).await, verdict(401, "revoked"));
    assert_eq!(world.verdict(&partner).await, verdict(200, "ok"));

    assert_eq!(change(Method::DELETE, at_staff).await, 204);
    let at_partners = denial(&world.partners.issuer());
    assert_eq!(change(Method::POST, at_partners).await, 204);
    assert_eq!(world.verdict(&staff).await, verdict(200, "ok"));
    assert_eq!(world.verdict(&partner).await, verdict(401, "revoked"));
}
