//! What an explanation shows of the keys that a token is bound to.

use poem_resource_server::token::Thumbprint;
use poem_resource_server::verifier::RuleState;
use serde_json::json;

use crate::world::{World, thumbprint};

#[tokio::test]
async fn an_explanation_shows_everything_that_a_token_is_bound_to() {
    let world = World::new();
    let key = thumbprint(&world.holder);
    let certificate = Thumbprint::digest(b"the DER of a certificate").to_string();
    let of_key = format!("bound to a key (DPoP): jkt {key}");
    let of_certificate = format!("bound to a certificate: x5t#S256 {certificate}");
    let other = "bound in a way that is not supported";
    let unsupported = Some("unsupported_confirmation");
    for (extra, found, reason) in [
        (
            json!({}),
            "not bound: anyone who has the token can use it".to_owned(),
            None,
        ),
        (json!({ "cnf": { "jkt": key } }), of_key.clone(), None),
        (
            json!({ "cnf": { "x5t#S256": certificate } }),
            of_certificate.clone(),
            None,
        ),
        (
            json!({ "cnf": { "jkt": key, "x5t#S256": certificate } }),
            format!("{of_key}, and {of_certificate}"),
            None,
        ),
        (
            json!({ "cnf": { "kid": "1" } }),
            other.to_owned(),
            unsupported,
        ),
        (
            json!({ "cnf": { "jkt": key, "x5t#S256": certificate, "kid": "1" } }),
            format!("{of_key}, and {of_certificate}, and {other}"),
            unsupported,
        ),
    ] {
        let explanation = world.explain(&world.token(&extra)).await;

        let mut rules = explanation.rules().iter();
        let rule = rules.find(|rule| rule.name == "binding").unwrap();
        assert_eq!(rule.found, found, "{extra}");
        let state = match reason {
            None => RuleState::Passed,
            Some(_) => RuleState::Failed,
        };
        assert_eq!(rule.state, state, "{extra}");
        assert_eq!(explanation.reason(), reason, "{extra}");
        assert_eq!(explanation.is_accepted(), reason.is_none(), "{extra}");
    }
}
