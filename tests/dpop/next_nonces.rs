//! The next nonce is in every response to a call whose proof was accepted with the previous nonce.

use std::time::Duration;

use poem::error::NotFoundError;
use poem::http::StatusCode;
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, handler};
use poem_resource_server::guard::Requirement;
use poem_resource_server::verifier::Proofs;

use crate::world::{Call, World};

#[handler]
fn stored() -> Response {
    let response = Response::builder().header("cache-control", "public, max-age=60");
    response.body("stored")
}

#[handler]
fn absent() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// Layers further out make a response of this error, so it is not replaced by one here.
#[handler]
fn failed() -> poem::Result<Response> {
    Err(NotFoundError.into())
}

#[handler]
fn forbidden() -> poem::Result<Response> {
    let response = Response::builder().status(StatusCode::FORBIDDEN);
    Err(poem::Error::from_response(
        response.header("cache-control", "max-age=1").finish(),
    ))
}

#[handler]
fn socket(request: &Request) -> Response {
    assert_eq!(request.header("upgrade"), Some("websocket"));
    let response = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    response.finish()
}

type Fields = &'static [(&'static str, &'static str)];

const UPGRADE: [(&str, &str); 2] = [("connection", "Upgrade"), ("upgrade", "websocket")];

#[tokio::test]
async fn each_response_after_an_accepted_proof_has_the_next_nonce_and_is_not_stored() {
    let lifetime = Duration::from_secs(60);
    let world = World::with_proofs(Proofs::default().with_nonces(lifetime));
    let require = || world.guard.require(Requirement::default());
    let admin = Requirement::new("admin".parse().unwrap());
    let routes = Route::new()
        .at("/stored", stored.with(require()))
        .at("/absent", absent.with(require()))
        .at("/failed", failed.with(require()))
        .at("/forbidden", forbidden.with(require()))
        .at("/socket", socket.with(require()))
        .at("/admin", stored.with(world.guard.require(admin)));
    let token = world.bound_token();
    let first = world.sign(&world.proof(&token));
    let nonce = world.call(&Call::dpop(&token, &first)).await.nonce.unwrap();
    let call = async |path: &str, headers: Fields| {
        let mut proof = world.proof(&token);
        proof.claims["nonce"] = (*nonce).into();
        proof.claims["htu"] = format!("https://api.example{path}").into();
        let mut call = Call::dpop(&token, &world.sign(&proof)).to(path);
        let headers = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        call.headers.extend(headers);
        let response = routes.get_response(call.request()).await;
        let field = |name: &str| response.header(name).map(str::to_owned);
        let status = response.status().as_u16();
        (status, field("dpop-nonce"), field("cache-control"))
    };
    let rows: [(&str, Fields, u16, Option<&str>); 5] = [
        ("/stored", &[], 200, Some("public, max-age=60")),
        ("/absent", &[], 404, None),
        ("/forbidden", &[], 403, Some("max-age=1")),
        ("/socket", &UPGRADE, 101, None),
        ("/admin", &[], 403, Some("no-store")),
    ];
    for (path, headers, status, of_handler) in rows {
        let (found, next, caching) = call(path, headers).await;
        assert_eq!((found, next), (status, None), "{path}");
        assert_eq!(caching.as_deref(), of_handler, "{path}");
    }

    world.advance(60);

    for (path, headers, status, _) in rows {
        let (found, next, caching) = call(path, headers).await;
        assert_eq!(found, status, "{path}");
        assert!(next.is_some_and(|next| next != nonce), "{path}");
        assert_eq!(caching.as_deref(), Some("no-store"), "{path}");
    }
    // The caller gets the nonce with the response to its next call.
    assert_eq!(call("/failed", &[]).await, (404, None, None));
    assert!(call("/stored", &[]).await.1.is_some());
}
