//! Our own failures, and those of the issuer: they are never blamed on the caller.

use serde_json::json;

use crate::issuer::{Answer, Issuer};
use crate::world::{KEY, TOKEN, World, failed, junk, ok, opaque, refused};

fn html(status: u16) -> Answer {
    Answer::Typed(status, "text/html", "<p>sorry</p>".to_owned())
}

fn invalid_client() -> Answer {
    let body = json!({ "error": "invalid_client" }).to_string();
    Answer::Typed(401, "application/json", body)
}

#[tokio::test]
async fn each_failure_is_answered_with_503_and_remembered_tokens_are_accepted() {
    let json = |body: &str| Answer::Typed(200, "application/json", body.to_owned());
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("refused credentials", invalid_client(), "introspection_refused"),
        ("forbidden", html(403), "introspection_refused"),
        ("too many calls", Answer::Limited(30), "introspection_limited"),
        ("an error", html(500), "introspection_unavailable"),
        ("maintenance", html(503), "introspection_unavailable"),
        ("no answer", Answer::Hang, "introspection_unavailable"),
        ("1 MiB", Answer::Large, "introspection_malformed"),
        ("a redirect", Answer::Redirect, "introspection_malformed"),
        ("a page", html(200), "introspection_malformed"),
        ("garbage", json("garbage"), "introspection_malformed"),
        ("no object", json("[]"), "introspection_malformed"),
        ("no `active`", json("{}"), "introspection_malformed"),
        ("`active` as a string", json(r#"{"active": "true"}"#), "introspection_malformed"),
        ("`active` twice", json(r#"{"active": false, "active": true}"#), "introspection_malformed"),
        ("not found", html(404), "introspection_malformed"),
    ];
    for (row, answer, reason) in rows {
        let world = World::impatient().await;
        assert_eq!(world.verdict(TOKEN).await, ok(), "{row}");

        world.issuer.answer(answer);
        let verdict = world.call("/me", &junk(0)).await;

        assert_eq!((verdict.status, &*verdict.reason), (503, reason), "{row}");
        assert!(verdict.retry_after.is_some_and(|it| it > 0), "{row}");
        assert!(!verdict.is_challenged, "{row}");
        assert_eq!(world.verdict(TOKEN).await, ok(), "{row}");
        world.answer_active();
        world.advance(31);
        assert_eq!(world.verdict(&junk(0)).await, ok(), "{row}");
    }
}

#[tokio::test]
async fn a_failure_that_concerns_every_token_pauses_the_calls() {
    for (row, answer, pause) in [
        ("refused credentials", invalid_client(), 5),
        ("too many calls", Answer::Limited(20), 20),
        ("no answer", Answer::Hang, 1),
    ] {
        let world = World::impatient().await;
        world.issuer.answer(answer);
        let reason = world.verdict(&junk(0)).await.1;

        for number in 1..1000 {
            assert_eq!(world.verdict(&junk(number)).await, failed(&reason), "{row}");
        }
        assert_eq!(world.issuer.calls(), 1, "{row}");

        world.answer_active();
        world.advance(pause - 1);
        assert_eq!(world.verdict(&junk(0)).await, failed(&reason), "{row}");
        world.advance(1);
        assert_eq!(world.verdict(&junk(0)).await, ok(), "{row}");
        assert_eq!(world.issuer.calls(), 2, "{row}");
    }
}

#[tokio::test]
async fn a_token_at_which_the_issuer_fails_does_not_stop_the_others() {
    let world = World::start().await;
    world.issuer.answer(html(500));
    let failure = failed("introspection_unavailable");
    assert_eq!(world.verdict(&junk(0)).await, failure);

    world.answer_active();

    assert_eq!(world.verdict(&junk(1)).await, ok());
}

#[tokio::test]
async fn while_the_issuer_is_down_answers_are_used_until_their_maximum_age() {
    let world = World::impatient().await;
    assert_eq!(world.verdict(TOKEN).await, ok());
    world.issuer.answer(Answer::Hang);

    world.advance(59);
    assert_eq!(world.verdict(TOKEN).await, ok());
    world.advance(1);

    let failure = failed("introspection_unavailable");
    assert_eq!(world.verdict(TOKEN).await, failure);
}

#[tokio::test]
async fn credentials_are_sent_only_to_the_issuer_or_to_the_configured_endpoint() {
    let unavailable = failed("introspection_unavailable");
    let elsewhere =
        |issuer: &Issuer| format!("http://localhost:{}/introspect", issuer.address.port());
    for row in ["on another host", "none"] {
        let issuer = Issuer::start(&[&KEY]).await;
        let named = (row != "none").then(|| elsewhere(&issuer));
        issuer.publish_endpoint(named);
        let world = World::with_metadata(issuer, opaque(), &[]).await;
        world.answer_active();

        assert_eq!(world.verdict(TOKEN).await, unavailable, "{row}");
        assert_eq!(world.issuer.calls(), 0, "{row}");
    }

    let issuer = Issuer::start(&[&KEY]).await;
    issuer.publish_endpoint(None);
    let configured = opaque().with_url(&elsewhere(&issuer)).unwrap();
    let world = World::with_metadata(issuer, configured, &[]).await;
    world.answer_active();

    assert_eq!(world.verdict(TOKEN).await, ok());
}

#[tokio::test]
async fn junk_that_cannot_come_from_the_issuer_causes_no_call() {
    let world = World::with(opaque().with_prefix("opaque-").with_lengths(20..=40)).await;
    let form = refused("unknown_form");
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("too short", "opaque-".to_owned(), form.clone()),
        ("too long", format!("opaque-{}", "x".repeat(40)), form.clone()),
        ("another prefix", junk(0), form.clone()),
        ("other characters", format!("{TOKEN}!"), (400, "malformed_authorization".to_owned())),
        ("too long for any token", "x".repeat(9000), refused("too_long")),
    ];
    for (row, token, expected) in rows {
        assert_eq!(world.verdict(&token).await, expected, "{row}");
    }
    assert_eq!(world.issuer.calls(), 0);
    assert_eq!(world.verdict(TOKEN).await, ok());
}

#[tokio::test]
async fn a_jwt_of_another_issuer_causes_no_call() {
    let world = World::start().await;
    let foreign = world.jwt(json!({}), json!({ "iss": "https://id.example" }));

    assert_eq!(world.verdict(&foreign).await, refused("unknown_issuer"));
    assert_eq!(world.issuer.calls(), 0);
}
