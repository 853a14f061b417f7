//! Where `binding` is written, and what it admits.

use crate::bound_calls::{Holder, word};
use crate::world::World;

/// What the service says to a bearer token, to a bound one as `Bearer`, and to one with its proof.
async fn words(world: &World) -> [String; 3] {
    let holder = Holder::new(world);
    let unbound = world.sign(&world.token());
    [
        word(&world.whoami(&unbound).await),
        word(&world.whoami(&holder.token).await),
        word(&holder.call(world, holder.proof()).await),
    ]
}

const EITHER: [&str; 3] = ["ok", "proof_required", "ok"];
const REQUIRED: [&str; 3] = ["bearer_token_not_accepted", "proof_required", "ok"];
const BEARER: [&str; 3] = ["ok", "bound_token_not_accepted", "bound_token_not_accepted"];

#[tokio::test]
async fn each_setting_of_the_binding_applies_to_its_operations() {
    assert_eq!(words(&World::start().await).await, EITHER);
    for setting in [
        "access.binding",
        "access.all.binding",
        "access.operations.whoami.binding",
        "access.tags.CALLER.binding",
        "access.paths./api/whoami.binding",
    ] {
        for (value, expected) in [
            ("either", EITHER),
            ("required", REQUIRED),
            ("bearer", BEARER),
        ] {
            let world = World::with(&[(setting, value)]).await;
            assert_eq!(words(&world).await, expected, "{setting} = {value}");
            assert_eq!(world.get("/api/hello").await.status, 200, "{setting}");
        }
    }
}

#[tokio::test]
async fn a_binding_applies_to_no_operation_of_another_area() {
    for setting in [
        "access.tags.HELLO.binding",
        "access.paths./api/hello.binding",
    ] {
        let world = World::with(&[("access.anonymous", ""), (setting, "required")]).await;
        assert_eq!(words(&world).await, EITHER, "{setting}");
    }
}

#[tokio::test]
async fn a_token_must_meet_each_of_several_bindings() {
    let world = World::with(&[
        ("access.all.binding", "either"),
        ("access.tags.CALLER.binding", "required"),
        ("access.operations.whoami.binding", "either"),
    ])
    .await;
    assert_eq!(words(&world).await, REQUIRED);

    let error = World::refused(&[
        ("access.all.binding", "required"),
        ("access.paths./api/whoami.binding", "bearer"),
    ])
    .await;
    assert!(error.to_string().contains("binding"), "{error}");
}

#[tokio::test]
async fn a_service_without_bound_tokens_offers_bearer_and_answers_in_the_scheme_of_the_caller() {
    let world = World::with(&[("access.binding", "bearer")]).await;
    let holder = Holder::new(&world);
    let as_bearer = world.whoami(&holder.token).await;
    let with_proof = holder.call(&world, holder.proof()).await;
    for (answer, expected) in [
        (as_bearer, &["Bearer"][..]),
        (with_proof, &["Bearer", "DPoP"]),
    ] {
        assert_eq!(
            (answer.status, &*word(&answer)),
            (401, "bound_token_not_accepted")
        );
        let challenges = answer.headers.get_all("www-authenticate").iter();
        let schemes: Vec<_> = challenges
            .map(|it| it.to_str().unwrap().split(' ').next().unwrap())
            .collect();
        assert_eq!(schemes, expected);
    }
}
