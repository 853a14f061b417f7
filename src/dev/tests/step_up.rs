//! A client requests a class of authentication and a new sign-in.

use std::time::Duration;

use poem::http::StatusCode;
use serde_json::Value;

use super::authorize::{REQUEST, answer, code_of, exchange, parameter};
use super::{World, decode};

const ONE_FACTOR: &str = "urn:okta:loa:1fa:any";
const TWO_FACTORS: &str = "urn:okta:loa:2fa:any";

#[tokio::test]
async fn a_user_signs_in_with_the_first_requested_class_that_is_known() {
    let world = World::start().await;
    let table = [
        ("none", String::new(), ONE_FACTOR),
        ("an empty list", "&acr_values=".to_owned(), ONE_FACTOR),
        ("one", format!("&acr_values={TWO_FACTORS}"), TWO_FACTORS),
        (
            "by preference",
            format!("&acr_values={TWO_FACTORS}+{ONE_FACTOR}"),
            TWO_FACTORS,
        ),
        (
            "an unknown one first",
            format!("&acr_values=phr++{TWO_FACTORS}"),
            TWO_FACTORS,
        ),
    ];

    for (row, added, class) in table {
        let (access, identity) = tokens(&world, &added).await;

        assert_eq!(access["acr"], class, "{row}");
        assert_eq!(identity["acr"], class, "{row}");
    }
}

#[tokio::test]
async fn the_page_shows_the_requested_authentication() {
    let world = World::start().await;
    let request = format!("{REQUEST}&acr_values={TWO_FACTORS}&max_age=300");

    let plain = world.get(REQUEST).await;
    let stronger = world.get(&request).await;

    let one =
        "You sign in with <strong>one factor</strong> (<code>urn:okta:loa:1fa:any</code>).</p>";
    assert!(plain.text.contains(one), "{}", plain.text);
    let two = "You sign in with <strong>two factors</strong> (<code>urn:okta:loa:2fa:any</code>). \
        The sign-in may be at most 300 s old, so you sign in again.</p>";
    assert!(stronger.text.contains(two), "{}", stronger.text);
}

#[tokio::test]
async fn the_time_of_the_sign_in_is_neither_that_of_the_request_nor_that_of_the_token() {
    let world = World::start().await;
    let started = tokens(&world, "").await.0["auth_time"].as_u64().unwrap();
    let page = world.get(&format!("{REQUEST}&max_age=0")).await;

    world.clock.advance(Duration::from_secs(100));
    let code = code_of(&answer(&world, &page, "user=ada").await);
    world.clock.advance(Duration::from_secs(10));
    let body = world.post("/v1/token", &exchange(&code)).await.json();

    let (_, access) = decode(body["access_token"].as_str().unwrap());
    let (_, identity) = decode(body["id_token"].as_str().unwrap());
    assert_eq!(access["auth_time"], started + 100);
    assert_eq!(access["iat"], started + 110);
    assert_eq!(identity["auth_time"], started + 100);
}

#[tokio::test]
async fn each_request_leads_to_a_new_sign_in() {
    let world = World::start().await;
    let first = tokens(&world, "").await.0["auth_time"].as_u64().unwrap();

    world.clock.advance(Duration::from_secs(3000));
    let again = tokens(&world, "&max_age=4294967296").await.0;

    assert_eq!(again["auth_time"], first + 3000);
}

#[tokio::test]
async fn a_machine_token_says_nothing_about_a_sign_in() {
    let world = World::start().await;

    let token = world.issuer.token_for_client("dev-client", &["AccessAll"]);

    assert_eq!(token.claims().get("auth_time"), None);
    assert_eq!(token.claims().get("acr"), None);
}

#[tokio::test]
async fn a_requested_authentication_that_is_impossible_is_refused() {
    let world = World::start().await;
    let longest = format!("{TWO_FACTORS}+{}", "x".repeat(1024 - TWO_FACTORS.len() - 1));
    let unmet = "unmet_authentication_requirements";
    let table = [
        ("unknown class", "acr_values=phr".to_owned(), unmet),
        (
            "another case",
            format!("acr_values={}", TWO_FACTORS.to_uppercase()),
            unmet,
        ),
        (
            "too many classes",
            format!("acr_values={longest}x"),
            "invalid_request",
        ),
        ("a negative age", "max_age=-1".to_owned(), "invalid_request"),
        ("a sign", "max_age=%2B1".to_owned(), "invalid_request"),
        ("a fraction", "max_age=1.5".to_owned(), "invalid_request"),
        ("a word", "max_age=now".to_owned(), "invalid_request"),
        ("a space", "max_age=1+".to_owned(), "invalid_request"),
        (
            "an endless age",
            format!("max_age={}", "1".repeat(11)),
            "invalid_request",
        ),
    ];

    for (row, added, error) in table {
        let refused = world.get(&format!("{REQUEST}&{added}")).await;

        assert_eq!(refused.status, StatusCode::SEE_OTHER, "{row}");
        assert_eq!(
            parameter(&refused, "error").as_deref(),
            Some(error),
            "{row}"
        );
        assert_eq!(
            parameter(&refused, "state").as_deref(),
            Some("a&b"),
            "{row}"
        );
    }
    for accepted in [format!("acr_values={longest}"), "max_age=1".to_owned()] {
        let page = world.get(&format!("{REQUEST}&{accepted}")).await;

        assert_eq!(page.status, StatusCode::OK, "{accepted}");
    }
}

/// The claims of the access token and of the ID token after a sign-in with these parameters.
async fn tokens(world: &World, added: &str) -> (Value, Value) {
    let page = world.get(&format!("{REQUEST}{added}")).await;
    let code = code_of(&answer(world, &page, "user=ada").await);
    let body = world.post("/v1/token", &exchange(&code)).await.json();
    let claims = |name: &str| decode(body[name].as_str().unwrap()).1;
    (claims("access_token"), claims("id_token"))
}
