//! The answers: the challenge of each refusal, and the refusal of a handler.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use poem::{Endpoint, EndpointExt, IntoEndpoint, Response, Result, Route, get, handler};
use poem_resource_server::guard::{Challenge, Principal, Rejection, Requirement};
use poem_resource_server::token::Scope;
use serde_json::{Value, json};

use crate::world::{World, call, request};

#[handler]
fn plain(caller: &Principal) -> String {
    caller.subject().to_owned()
}

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

#[tokio::test]
async fn each_refusal_has_its_own_challenge() {
    let world = World::new();
    let guard = world.guard.clone().with_challenge(Challenge::new("shop"));
    let with_scope = || Requirement::new(scope("read"));
    let rows = [
        (
            "an issuer",
            with_scope().with_issuers(["https://other.example"]),
            401,
            "Bearer realm=\"shop\", error=\"invalid_token\", error_description=\"This operation \
             does not accept access tokens of this authorization server.\", scope=\"read\"",
        ),
        (
            "a class, and a scope that is missing too",
            with_scope().with_acr(["urn:mfa", "phr"]),
            401,
            "Bearer realm=\"shop\", error=\"insufficient_user_authentication\", \
             error_description=\"This operation requires a stronger or more recent sign-in. Sign \
             in again as the challenge describes.\", acr_values=\"urn:mfa phr\", scope=\"read\"",
        ),
        (
            "a single class",
            Requirement::default().with_acr(["phr"]),
            401,
            "Bearer realm=\"shop\", error=\"insufficient_user_authentication\", \
             error_description=\"This operation requires a stronger or more recent sign-in. Sign \
             in again as the challenge describes.\", acr_values=\"phr\"",
        ),
        (
            "an age",
            Requirement::default().with_max_age(Duration::from_secs(300)),
            401,
            "Bearer realm=\"shop\", error=\"insufficient_user_authentication\", \
             error_description=\"This operation requires a stronger or more recent sign-in. Sign \
             in again as the challenge describes.\", max_age=\"300\"",
        ),
        (
            "a class and an age",
            Requirement::default()
                .with_acr(["phr"])
                .with_max_age(Duration::from_secs(5)),
            401,
            "Bearer realm=\"shop\", error=\"insufficient_user_authentication\", \
             error_description=\"This operation requires a stronger or more recent sign-in. Sign \
             in again as the challenge describes.\", acr_values=\"phr\", max_age=\"5\"",
        ),
        (
            "a client",
            Requirement::default().with_clients(["web"]),
            403,
            "Bearer realm=\"shop\", error=\"insufficient_scope\", error_description=\"This \
             operation does not accept the client of the token.\"",
        ),
        (
            "an owner",
            Requirement::default().with_owner("tenant", "tenant_id"),
            403,
            "Bearer realm=\"shop\", error=\"insufficient_scope\", error_description=\"The caller \
             may not use this value of a parameter.\"",
        ),
        (
            "a check",
            Requirement::default().with_check("closed", |_, _| false),
            403,
            "Bearer realm=\"shop\", error=\"insufficient_scope\", error_description=\"A check of \
             this operation does not accept the call.\"",
        ),
    ];
    for (row, requirement, status, challenge) in rows {
        let routes = plain.with(guard.require(requirement));

        let answer = call(&routes, "/", Some(&world.token(&json!({})))).await;

        assert_eq!(answer.status.as_u16(), status, "{row}");
        assert_eq!(answer.challenge.as_deref(), Some(challenge), "{row}");
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["status"], status, "{row}");
    }
}

#[handler]
fn close(caller: &Principal) -> Result<String> {
    if caller.claims().get("region").is_none() {
        return Err(caller.deny("no_region", "The account has no region."));
    }
    Ok("closed".to_owned())
}

#[tokio::test]
async fn a_handler_refuses_with_the_challenge_and_the_problem_of_its_guard() {
    let world = World::new();
    let guard = world.guard.clone().with_challenge(Challenge::new("shop"));
    let routes = Route::new()
        .at("/close", close.with(guard.require(Scope::none())))
        .into_endpoint();

    let refused = call(&routes, "/close", Some(&world.token(&json!({})))).await;
    let accepted = world.token(&json!({ "region": "eu" }));
    let accepted = call(&routes, "/close", Some(&accepted)).await;

    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.challenge.unwrap(),
        "Bearer realm=\"shop\", error=\"insufficient_scope\", error_description=\"The account has \
         no region.\""
    );
    let body: Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(body["reason"], "no_region");
    assert_eq!(body["detail"], "The account has no region.");
    assert_eq!(accepted.body, "closed");
}

/// A handler that answers with its refusal in place of returning it as an error.
#[handler]
fn answered(caller: &Principal) -> Response {
    let refusal = caller.deny("closed", "The shop is closed.");
    refusal.into_response()
}

#[tokio::test]
async fn an_observer_is_notified_when_a_handler_refuses_an_admitted_call() {
    let world = World::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notified = seen.clone();
    let guard = world.guard.clone().with_observer(move |decision| {
        let caller = decision.caller.map(|caller| caller.subject().to_owned());
        notified.lock().unwrap().push((
            decision.request.uri().path().to_owned(),
            decision.request.header("x-id").map(str::to_owned),
            caller,
            decision.refusal.map(Rejection::reason),
        ));
    });
    let routes = Route::new()
        .at("/close", close.with(guard.require(Scope::none())))
        .at("/maybe", get(close).with(guard.identify()))
        .at("/answered", answered.with(guard.require(Scope::none())))
        .into_endpoint();
    let refused = world.token(&json!({}));
    let accepted = world.token(&json!({ "region": "eu" }));
    let ada = || Some("ada".to_owned());

    #[rustfmt::skip] // A row a line.
    let rows = [
        ("/close", Some(&refused), 403, vec![(ada(), None), (ada(), Some("no_region"))]),
        ("/close", Some(&accepted), 200, vec![(ada(), None)]),
        ("/maybe", Some(&refused), 403, vec![(ada(), None), (ada(), Some("no_region"))]),
        ("/maybe", None, 401, vec![]),
        ("/answered", Some(&refused), 403, vec![(ada(), None), (ada(), Some("closed"))]),
        ("/close", None, 401, vec![(None, Some("missing_credentials"))]),
    ];
    for (path, token, status, expected) in rows {
        let mut request = request(path, token.map(|token| &**token));
        request.headers_mut().insert("x-id", "7".parse().unwrap());

        let response = routes.get_response(request).await;

        assert_eq!(response.status().as_u16(), status, "{path}");
        let found: Vec<_> = seen.lock().unwrap().drain(..).collect();
        let expected: Vec<_> = (expected.into_iter())
            .map(|(caller, reason)| (path.to_owned(), Some("7".to_owned()), caller, reason))
            .collect();
        assert_eq!(found, expected, "{path}");
    }
}
