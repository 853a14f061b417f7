//! What an explanation of an opaque token shows.

use poem_resource_server::verifier::{ExplainedRule, Explanation, RuleState};
use serde_json::{Value, json};

use crate::issuer::Answer;
use crate::world::{TOKEN, World};

fn rule<'a>(explanation: &'a Explanation, name: &str) -> &'a ExplainedRule {
    let mut rules = explanation.rules().iter();
    rules.find(|rule| rule.name == name).unwrap()
}

#[tokio::test]
async fn each_rule_on_the_answer_of_the_issuer_has_a_row() {
    let world = World::start().await;

    let explanation = world.verifier.explain(TOKEN).await;

    assert!(explanation.is_accepted(), "{explanation:#?}");
    let rules = explanation.rules().iter();
    let broken = rules.filter(|rule| rule.state != RuleState::Passed);
    assert_eq!(broken.count(), 0, "{explanation:#?}");
    assert_eq!(rule(&explanation, "introspection").found, "active");
    assert_eq!(rule(&explanation, "audience").found, "\"api://default\"");
    for name in [
        "issuer",
        "kind",
        "expires",
        "not before",
        "issued",
        "binding",
    ] {
        assert_eq!(rule(&explanation, name).state, RuleState::Passed, "{name}");
    }
    assert_eq!(world.issuer.calls(), 1);
}

#[tokio::test]
async fn the_row_that_the_answer_breaks_is_marked_and_the_other_rows_are_shown() {
    let world = World::start().await;
    let now = world.now();
    for (row, changes, name, reason) in [
        (
            "another audience",
            json!({ "aud": "api://other" }),
            "audience",
            "wrong_audience",
        ),
        (
            "another issuer",
            json!({ "iss": "https://id.example" }),
            "issuer",
            "wrong_issuer",
        ),
        ("expired", json!({ "exp": now - 60 }), "expires", "expired"),
        (
            "no subject",
            json!({ "sub": null }),
            "claims",
            "missing_claim",
        ),
        (
            "a refresh token",
            json!({ "jti": null, "iss": null, "device_id": "d" }),
            "kind",
            "refresh_token",
        ),
    ] {
        world.issuer.answer(Answer::Json(world.stated(changes)));

        let explanation = world.verifier.explain(TOKEN).await;

        assert_eq!(explanation.reason(), Some(reason), "{row}");
        let failed = explanation.failed_rule().unwrap();
        assert_eq!((failed.name, failed.reason), (name, Some(reason)), "{row}");
        assert_eq!(rule(&explanation, "introspection").found, "active", "{row}");
        let claims = explanation.claims().unwrap();
        assert!(claims.iter().any(|(name, _)| name == "client_id"), "{row}");
    }
}

#[tokio::test]
async fn without_claims_only_the_activity_is_examined() {
    let world = World::start().await;
    for (row, answer, reason, found) in [
        (
            "not active",
            json!({ "active": false }),
            "inactive",
            "not active",
        ),
        (
            "no answer",
            Value::Null,
            "introspection_malformed",
            "introspection_malformed",
        ),
    ] {
        world.issuer.answer(Answer::Json(answer));

        let explanation = world.verifier.explain(TOKEN).await;

        assert_eq!(explanation.reason(), Some(reason), "{row}");
        assert_eq!(rule(&explanation, "introspection").found, found, "{row}");
        assert_eq!(rule(&explanation, "audience").state, RuleState::NotExamined);
        assert_eq!(explanation.claims(), None, "{row}");
    }
}
