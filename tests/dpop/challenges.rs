//! The challenges: one for each scheme that the operation accepts.

use poem_resource_server::guard::{Binding, Challenge, Rejection, Requirement};
use serde_json::json;

use crate::world::{Call, World};

const ALGORITHMS: &str = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA";

#[tokio::test]
async fn a_caller_without_credentials_learns_every_scheme() {
    let world = World::new();
    let bearer = "Bearer realm=\"api\"".to_owned();
    let dpop = format!("DPoP realm=\"api\", algs=\"{ALGORITHMS}\"");
    for (binding, challenges) in [
        (Binding::Either, vec![bearer.clone(), dpop.clone()]),
        (Binding::Bearer, vec![bearer]),
        (Binding::Required, vec![dpop]),
    ] {
        let requirement = Requirement::default().with_binding(binding);
        let answer = world.call_with(&requirement, &Call::new(&[])).await;
        assert_eq!(
            (answer.status, answer.challenges),
            (401, challenges),
            "{binding:?}"
        );
    }
}

#[tokio::test]
async fn where_certificates_are_known_bound_tokens_may_have_either_scheme() {
    let world = World::new().with_certificates();
    let unbound = world.token(&json!({}));
    let call = async |binding, call: Call| {
        let requirement = Requirement::default().with_binding(binding);
        world.call_with(&requirement, &call).await.challenges
    };
    let schemes = |challenges: &[String]| -> Vec<String> {
        let scheme = |it: &String| it.split(' ').next().unwrap_or_default().to_owned();
        challenges.iter().map(scheme).collect()
    };

    for (binding, expected) in [
        (Binding::Either, vec!["Bearer", "DPoP"]),
        (Binding::Bearer, vec!["Bearer"]),
        (Binding::Required, vec!["Bearer", "DPoP"]),
    ] {
        let challenges = call(binding, Call::new(&[])).await;

        assert_eq!(schemes(&challenges), expected, "{binding:?}");
        assert!(!challenges.concat().contains("error="), "{challenges:?}");
    }
    let challenges = call(Binding::Required, Call::bearer(&unbound)).await;
    assert_eq!(schemes(&challenges), ["Bearer", "DPoP"]);
    assert!(challenges[0].contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn the_error_is_in_the_challenge_of_the_scheme_that_was_used() {
    let world = World::new();
    let (bound, unbound) = (world.bound_token(), world.token(&json!({})));
    let proof = world.sign(&world.proof(&bound));
    let replayed = Call::dpop(&bound, &proof);
    assert_eq!(world.call(&replayed).await.reason(), "admitted");
    #[rustfmt::skip] // A row a line.
    let rows = [
        (Call::bearer("x.y.z"), 0, "error=\"invalid_token\""),
        (Call::bearer(&bound), 0, "error=\"invalid_token\""),
        (Call::dpop(&unbound, &proof), 1, "error=\"invalid_token\""),
        (Call::dpop("x.y.z", &proof), 1, "error=\"invalid_token\""),
        (replayed, 1, "error=\"invalid_dpop_proof\""),
        (Call::dpop(&bound, "x"), 1, "error=\"invalid_dpop_proof\""),
    ];
    for (call, position, error) in rows {
        let answer = world.call(&call).await;
        let row = format!("{} {:?}", answer.reason(), answer.challenges);
        assert_eq!(answer.challenges.len(), 2, "{row}");
        assert!(answer.challenges[0].starts_with("Bearer "), "{row}");
        assert!(answer.challenges[1].starts_with("DPoP "), "{row}");
        assert!(answer.challenges[1].contains(ALGORITHMS), "{row}");
        assert!(answer.challenges[position].contains(error), "{row}");
        assert!(!answer.challenges[1 - position].contains("error"), "{row}");
    }
}

#[tokio::test]
async fn a_key_that_is_not_that_of_the_token_is_a_fault_of_the_token() {
    let world = World::new();
    let thief = World::new();
    let token = world.bound_token();
    let proof = thief.sign(&thief.proof(&token));

    let answer = world.call(&Call::dpop(&token, &proof)).await;

    assert_eq!(answer.reason(), "proof_wrong_key");
    assert!(answer.challenges[1].contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn a_malformed_header_gets_the_challenge_of_its_scheme_alone() {
    let world = World::new();
    let answer = world.call(&Call::new(&[("authorization", "DPoP")])).await;

    assert_eq!((answer.status, answer.challenges.len()), (400, 1));
}

#[test]
fn a_challenge_without_algorithms_of_proofs_has_the_scheme_bearer_alone() {
    let fields = |challenge: Challenge| -> Vec<String> {
        let answer = challenge.answer(Rejection::MissingCredentials);
        let fields = answer.headers().get_all("www-authenticate").iter();
        fields.map(|it| it.to_str().unwrap().to_owned()).collect()
    };

    let (without, with) = (fields(Challenge::new("api")), fields(Challenge::default()));

    assert_eq!(without, ["Bearer realm=\"api\""]);
    assert_eq!(with.len(), 2);
}
