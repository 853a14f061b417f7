//! The scheme, the token and the rule: which of them fit together.

use poem_resource_server::guard::{Binding, Requirement};
use serde_json::json;

use crate::world::{Call, World, thumbprint};

/// The word for a call with a token of each kind and the scheme, each with a valid proof.
async fn words(world: &World, requirement: &Requirement) -> [String; 4] {
    let (bound, unbound) = (world.bound_token(), world.token(&json!({})));
    let word = async |call: Call| world.call_with(requirement, &call).await.reason();
    [
        word(Call::bearer(&unbound)).await,
        word(Call::bearer(&bound)).await,
        word(Call::dpop(&unbound, &world.sign(&world.proof(&unbound)))).await,
        word(Call::dpop(&bound, &world.sign(&world.proof(&bound)))).await,
    ]
}

#[tokio::test]
async fn each_scheme_fits_its_own_tokens() {
    let world = World::new();
    let with = |binding| Requirement::default().with_binding(binding);
    #[rustfmt::skip] // A row a line.
    let rows = [
        (Binding::Either, ["admitted", "proof_required", "not_bound", "admitted"]),
        (Binding::Bearer, ["admitted", "bound_token_not_accepted", "bound_token_not_accepted", "bound_token_not_accepted"]),
        (Binding::Required, ["bearer_token_not_accepted", "proof_required", "not_bound", "admitted"]),
    ];
    for (binding, expected) in rows {
        // A new token is judged as a remembered one.
        for _ in 0..2 {
            assert_eq!(words(&world, &with(binding)).await, expected, "{binding:?}");
        }
    }
    let nobody = with(Binding::Bearer).with_binding(Binding::Required);
    assert!(
        !words(&world, &nobody)
            .await
            .contains(&"admitted".to_owned())
    );
}

#[tokio::test]
async fn a_bound_token_is_no_bearer_token_even_next_to_its_proof() {
    let world = World::new();
    let token = world.bound_token();
    let proof = world.sign(&world.proof(&token));
    let authorization = format!("Bearer {token}");
    let call = Call::new(&[("authorization", &authorization), ("dpop", &proof)]);

    assert_eq!(world.call(&call).await.reason(), "proof_required");

    assert_eq!(world.word(&token, &proof).await, "admitted");
}

#[tokio::test]
async fn the_name_of_the_scheme_is_in_any_case_and_its_form_is_strict() {
    let world = World::new();
    let token = world.bound_token();
    let word = async |authorization: String| {
        let proof = world.sign(&world.proof(&token));
        let call = Call::new(&[("authorization", &authorization), ("dpop", &proof)]);
        world.call(&call).await.reason()
    };
    assert_eq!(word(format!("DPoP {token}")).await, "admitted");
    assert_eq!(word(format!("dpop {token}")).await, "admitted");
    assert_eq!(word(format!("DPOP  {token}")).await, "admitted");
    assert_eq!(
        word(format!("DPoP {token} x")).await,
        "malformed_authorization"
    );
    assert_eq!(
        word(format!("DPoP \"{token}\"")).await,
        "malformed_authorization"
    );
    assert_eq!(word("DPoP".to_owned()).await, "malformed_authorization");
    assert_eq!(word(format!("DPoP2 {token}")).await, "missing_credentials");
    assert_eq!(
        word(format!("DPoP\t{token}")).await,
        "malformed_authorization"
    );
}

#[tokio::test]
async fn a_bad_token_is_refused_before_its_proof_is_read() {
    let world = World::new();
    let token =
        world.token(&json!({ "aud": "other", "cnf": { "jkt": thumbprint(&world.holder) } }));

    let answer = world.call(&Call::dpop(&token, "no proof")).await;

    assert_eq!(answer.reason(), "wrong_audience");
    assert!(answer.challenges[1].starts_with("DPoP realm=\"api\""));
    assert!(answer.challenges[1].contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn a_confirmation_that_cannot_be_checked_is_never_accepted() {
    let world = World::new();
    let jkt = thumbprint(&world.holder);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("a key for proofs", json!({ "jkt": jkt }), "proof_required", "admitted"),
        ("with an unknown member", json!({ "jkt": jkt, "jwk": {} }), "proof_required", "unsupported_confirmation"),
        ("an unknown member", json!({ "kid": "k" }), "unsupported_confirmation", "not_bound"),
        ("SHA-1 of a certificate", json!({ "x5t": "AA" }), "unsupported_confirmation", "not_bound"),
        ("nothing", json!({}), "malformed_claim", "malformed_claim"),
        ("null", json!(null), "malformed_claim", "malformed_claim"),
        ("a string", json!(jkt), "malformed_claim", "malformed_claim"),
        ("an array", json!([{ "jkt": jkt }]), "malformed_claim", "malformed_claim"),
        ("a number for a key", json!({ "jkt": 7 }), "malformed_claim", "malformed_claim"),
        ("an empty key", json!({ "jkt": "" }), "malformed_claim", "malformed_claim"),
        ("a padded key", json!({ "jkt": format!("{jkt}=") }), "malformed_claim", "malformed_claim"),
    ];
    for (row, cnf, as_bearer, with_proof) in rows {
        let token = world.token(&json!({ "cnf": cnf }));
        for _ in 0..2 {
            let bearer = world.call(&Call::bearer(&token)).await.reason();
            assert_eq!(bearer, as_bearer, "{row}, as Bearer");
            let proof = world.sign(&world.proof(&token));
            assert_eq!(
                world.word(&token, &proof).await,
                with_proof,
                "{row}, with a proof"
            );
        }
    }
}

#[tokio::test]
async fn the_requirement_applies_to_bound_tokens_too() {
    let world = World::new();
    let token = world.bound_token();
    let call = || Call::dpop(&token, &world.sign(&world.proof(&token)));
    let requirement = |scope: &str| Requirement::new(scope.parse().unwrap());

    let admitted = world.call_with(&requirement("orders"), &call()).await;
    assert_eq!(admitted.reason(), "admitted");
    let refused = world.call_with(&requirement("admin"), &call()).await;
    assert_eq!(
        (refused.status, &*refused.reason()),
        (403, "insufficient_scope")
    );
    assert_eq!(refused.challenges.len(), 1);
    assert!(refused.challenges[0].starts_with("DPoP "));
    assert!(refused.challenges[0].contains("scope=\"admin\""));
}
