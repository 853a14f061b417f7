//! The parts of a correct API. Each API of the gallery replaces one or two of them.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::endpoint::{BoxEndpoint, make, make_sync};
use poem::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use poem::http::{Method, StatusCode};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route};
use poem_resource_server::clock::ManualClock;
use poem_resource_server::token::{Audience, KeySet, Validation};
use poem_resource_server::verifier::Verifier;
use serde_json::{Value, json};

use crate::world::{AUDIENCE, ISSUER, KEY, ORIGIN};

/// Why a caller is refused.
#[derive(Clone, Copy)]
pub(crate) enum Refusal {
    Missing,
    Malformed,
    Invalid,
    Scope,
}

/// The one bearer token of a request.
pub(crate) fn token(request: &Request) -> Result<String, Refusal> {
    let fields: Vec<_> = request.headers().get_all(AUTHORIZATION).iter().collect();
    match fields[..] {
        [] => Err(Refusal::Missing),
        [field] => bearer(field.as_bytes()),
        _ => Err(Refusal::Malformed),
    }
}

pub(crate) fn bearer(field: &[u8]) -> Result<String, Refusal> {
    let text = std::str::from_utf8(field).map_err(|_| Refusal::Malformed)?;
    match text.split_once(' ') {
        Some(("Bearer", token)) if !token.contains(' ') => Ok(token.to_owned()),
        Some(("Bearer", _)) => Err(Refusal::Malformed),
        _ => Err(Refusal::Missing),
    }
}

/// The claims of a correct token.
pub(crate) async fn verified(token: &str) -> Result<Value, Refusal> {
    verified_by(token, &json!({ "keys": [KEY.public_jwk()] }), AUDIENCE).await
}

pub(crate) async fn verified_by(
    token: &str,
    keys: &Value,
    audience: &str,
) -> Result<Value, Refusal> {
    let parsed = KeySet::parse(keys.to_string().as_bytes()).map_err(|_| Refusal::Invalid)?;
    let validation = Validation::new(ISSUER, Audience::parse(audience).unwrap());
    let verifier = Verifier::new(Arc::new(Arc::new(parsed.key_set)), validation);
    let claims = verifier.verify(token).await.map_err(|_| Refusal::Invalid)?;
    Ok(Value::Object(claims.all()))
}

/// The claims of a token that is correct except perhaps in this claim: the guard expects the value
/// that the token has, at the time that the token has.
pub(crate) async fn verified_without(token: &str, claim: &str) -> Result<Value, Refusal> {
    let claims = segment(token, 1).ok_or(Refusal::Invalid)?;
    let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    let issuer = if claim == "iss" {
        text("iss")
    } else {
        ISSUER.to_owned()
    };
    let audience = if claim == "aud" {
        text("aud")
    } else {
        AUDIENCE.to_owned()
    };
    let audience = Audience::parse(audience).map_err(|_| Refusal::Invalid)?;
    let keys = json!({ "keys": [KEY.public_jwk()] }).to_string();
    let parsed = KeySet::parse(keys.as_bytes()).map_err(|_| Refusal::Invalid)?;
    let validation = Validation::new(issuer, audience);
    let time = |name: &str| UNIX_EPOCH + Duration::from_secs(claims[name].as_u64().unwrap_or(0));
    let now = match claim {
        "exp" => SystemTime::now().min(time("exp") - Duration::from_secs(60)),
        "nbf" => SystemTime::now().max(time("nbf")),
        _ => SystemTime::now(),
    };
    let verifier = Verifier::new(Arc::new(Arc::new(parsed.key_set)), validation);
    let verifier = verifier.with_clock(Arc::new(ManualClock::starting_at(now)));
    let claims = verifier.verify(token).await.map_err(|_| Refusal::Invalid)?;
    Ok(Value::Object(claims.all()))
}

/// A segment of the token, unverified.
pub(crate) fn segment(token: &str, index: usize) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

pub(crate) fn require_scope(request: &Request, claims: &Value) -> Result<(), Refusal> {
    let granted = claims["scp"]
        .as_array()
        .is_some_and(|scopes| scopes.contains(&json!("reports:read")));
    if request.uri().path().ends_with("/reports") && !granted {
        return Err(Refusal::Scope);
    }
    Ok(())
}

pub(crate) fn shown(claims: &Value) -> Response {
    claims["sub"].to_string().into_response()
}

pub(crate) fn refused(refusal: Refusal) -> Response {
    let (status, challenge) = match refusal {
        Refusal::Missing => (401, "Bearer realm=\"api\""),
        Refusal::Malformed => (400, "Bearer realm=\"api\", error=\"invalid_request\""),
        Refusal::Invalid => (401, "Bearer realm=\"api\", error=\"invalid_token\""),
        Refusal::Scope => (
            403,
            "Bearer realm=\"api\", error=\"insufficient_scope\", scope=\"reports:read\"",
        ),
    };
    Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header(WWW_AUTHENTICATE, challenge)
        .body("refused")
}

/// The answer as pages of `origin` may read it.
pub(crate) fn readable(mut response: Response, origin: Option<String>) -> Response {
    if let Some(origin) = origin {
        let fields = response.headers_mut();
        fields.insert("access-control-allow-origin", origin.parse().unwrap());
        fields.insert(
            "access-control-allow-headers",
            "authorization".parse().unwrap(),
        );
    }
    response
}

pub(crate) type Api = BoxEndpoint<'static, Response>;

/// An API that verifies tokens in its own way.
pub(crate) fn verifying<V, R>(verify: V) -> Api
where
    V: Fn(String) -> R + Send + Sync + Copy + 'static,
    R: Future<Output = Result<Value, Refusal>> + Send + 'static,
{
    let guarded = move |request: Request| async move {
        let claims = async {
            let claims = verify(token(&request)?).await?;
            require_scope(&request, &claims)?;
            Ok(claims)
        };
        claims.await.map_or_else(refused, |claims| shown(&claims))
    };
    answering(guarded, is_own)
}

/// An API whose protected operations are answered like this.
pub(crate) fn answering<F, R>(guarded: F, allows: fn(&str) -> bool) -> Api
where
    F: Fn(Request) -> R + Send + Sync + Copy + 'static,
    R: Future<Output = Response> + Send + 'static,
{
    let guarded = move || poem::get(make(guarded));
    let routes = Route::new()
        .at("/api/hello", poem::get(make_sync(|_| "hello")))
        .at("/api/whoami", guarded())
        .at("/api/reports", guarded());
    by_origin(routes.map_to_response(), allows)
}

/// Answers preflights, and lets pages of the allowed origins read all answers.
pub(crate) fn by_origin(
    endpoint: impl Endpoint<Output = Response> + 'static,
    allows: fn(&str) -> bool,
) -> Api {
    let with_origins = endpoint.around(move |endpoint, request| async move {
        let origin = request.headers().get("origin");
        let origin = origin
            .and_then(|origin| origin.to_str().ok())
            .map(str::to_owned);
        let allowed = origin.filter(|origin| allows(origin));
        let response = match (request.method(), &allowed) {
            (&Method::OPTIONS, Some(_)) => StatusCode::NO_CONTENT.into_response(),
            _ => endpoint.get_response(request).await,
        };
        Ok(readable(response, allowed))
    });
    with_origins.boxed()
}

pub(crate) fn is_own(origin: &str) -> bool {
    origin == ORIGIN
}
