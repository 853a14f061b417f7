//! Tokens that are bound to a certificate (RFC 8705).

use poem_resource_server::guard::{Binding, Requirement};
use poem_resource_server::token::Thumbprint;
use serde_json::json;

use crate::world::{Call, World, thumbprint};

const OWN: &[u8] = b"the DER of a certificate";
const OTHER: &[u8] = b"the DER of another one";

#[tokio::test]
async fn the_certificate_is_that_of_the_token() {
    let world = World::new();
    let token = world.token(&json!({ "cnf": { "x5t#S256": Thumbprint::digest(OWN).to_string() } }));
    for _ in 0..2 {
        let word = async |call: Call| world.call(&call).await.reason();
        let call = || Call::bearer(&token);
        assert_eq!(word(call().with_certificate(OWN)).await, "admitted");
        assert_eq!(
            word(call().with_certificate(OTHER)).await,
            "wrong_certificate"
        );
        assert_eq!(word(call()).await, "certificate_required");
    }
}

#[tokio::test]
async fn a_certificate_does_not_bind_a_token_that_names_none() {
    let world = World::new();
    let token = world.token(&json!({}));

    let answer = world
        .call(&Call::bearer(&token).with_certificate(OWN))
        .await;

    assert_eq!(answer.reason(), "admitted");
    let bound = Requirement::default().with_binding(Binding::Required);
    let answer = world
        .call_with(&bound, &Call::bearer(&token).with_certificate(OWN))
        .await;
    assert_eq!(answer.reason(), "bearer_token_not_accepted");
}

#[tokio::test]
async fn a_required_binding_is_met_by_a_certificate() {
    let world = World::new();
    let bound = Requirement::default().with_binding(Binding::Required);
    let token = world.token(&json!({ "cnf": { "x5t#S256": Thumbprint::digest(OWN).to_string() } }));

    let call = Call::bearer(&token).with_certificate(OWN);
    assert_eq!(world.call_with(&bound, &call).await.reason(), "admitted");
    let call = Call::bearer(&token).with_certificate(OTHER);
    assert_eq!(
        world.call_with(&bound, &call).await.reason(),
        "wrong_certificate"
    );
}

#[tokio::test]
async fn a_token_with_two_keys_needs_both() {
    let world = World::new();
    let token = world.token(&json!({ "cnf": {
        "jkt": thumbprint(&world.holder),
        "x5t#S256": Thumbprint::digest(OWN).to_string(),
    } }));
    let call = || Call::dpop(&token, &world.sign(&world.proof(&token)));
    let word = async |call: Call| world.call(&call).await.reason();

    assert_eq!(word(call().with_certificate(OWN)).await, "admitted");
    assert_eq!(
        word(call().with_certificate(OTHER)).await,
        "wrong_certificate"
    );
    assert_eq!(word(call()).await, "certificate_required");
    assert_eq!(
        word(Call::bearer(&token).with_certificate(OWN)).await,
        "proof_required"
    );
}
