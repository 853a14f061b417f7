//! `POST /v1/introspect` and `POST /v1/revoke`: describes a token, or revokes it.
//!
//! A token is active when a published key signed it for this issuer, it has not
//! expired, and nobody revoked it. Every other token is inactive, without a reason.

use std::sync::Arc;

use poem::http::header;
use poem::web::Data;
use poem::{Body, IntoResponse, Request, Response, handler};
use serde_json::{Map, Value, json};

use super::access_token::unix_secs;
use super::authority::Authority;
use super::client_authentication::authenticate;
use super::parameters::Parameters;
use super::refusal::{Refusal, json_body};

/// RFC 7662 section 2.
#[handler]
pub(super) async fn introspect(
    Data(authority): Data<&Arc<Authority>>,
    request: &Request,
    body: Body,
) -> Response {
    match description(authority, request, body).await {
        Ok(description) => json_body(
            Response::builder().header(header::CACHE_CONTROL, "no-store"),
            &description,
        ),
        Err(refusal) => refusal.into_response(),
    }
}

/// RFC 7009 section 2. An invalid token counts as revoked.
#[handler]
pub(super) async fn revoke(
    Data(authority): Data<&Arc<Authority>>,
    request: &Request,
    body: Body,
) -> Response {
    match end(authority, request, body).await {
        Ok(()) => Response::builder()
            .header(header::CACHE_CONTROL, "no-store")
            .finish(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn description(
    authority: &Authority,
    request: &Request,
    body: Body,
) -> Result<Value, Refusal> {
    let form = Parameters::from_form(request, body).await?;
    authenticate(request.headers(), &form)?;
    let token = form.find("token").ok_or(TOKEN_MISSING)?;
    let Some(claims) = active_claims(authority, token) else {
        return Ok(json!({ "active": false }));
    };
    let mut description = json!({
        "active": true,
        "token_type": token_type(&claims),
        "scope": scope(&claims),
        "client_id": claims["cid"],
    });
    for name in [
        "sub",
        "aud",
        "iss",
        "exp",
        "iat",
        "jti",
        "uid",
        "auth_time",
        "acr",
        "cnf",
    ] {
        if let Some(value) = claims.get(name) {
            description[name] = value.clone();
        }
    }
    if claims.contains_key("uid") {
        description["username"] = claims["sub"].clone();
    }
    Ok(description)
}

async fn end(authority: &Authority, request: &Request, body: Body) -> Result<(), Refusal> {
    let form = Parameters::from_form(request, body).await?;
    let client = authenticate(request.headers(), &form)?;
    let token = form.find("token").ok_or(TOKEN_MISSING)?;
    let Some(claims) = active_claims(authority, token) else {
        return Ok(());
    };
    if claims["cid"] != client.id {
        return Err(OTHER_CLIENT);
    }
    let (Some(token_id), Some(expires_at)) = (claims["jti"].as_str(), claims["exp"].as_u64())
    else {
        return Ok(());
    };
    let now = unix_secs(authority.clock.now());
    authority
        .revocations
        .add(token_id, expires_at, now)
        .map_err(|_| FULL)
}

fn active_claims(authority: &Authority, token: &str) -> Option<Map<String, Value>> {
    let claims = authority.keys.verify(token)?;
    // An ID token has no `cid`, and it is not an access token.
    claims.get("cid")?;
    let fresh = claims.get("exp")?.as_u64()? > unix_secs(authority.clock.now());
    let token_id = claims.get("jti")?.as_str()?;
    let ours = claims.get("iss")?.as_str()? == authority.issuer();
    (fresh && ours && !authority.revocations.contains(token_id)).then_some(claims)
}

/// RFC 9449 section 6.2.
fn token_type(claims: &Map<String, Value>) -> &'static str {
    match claims.get("cnf").and_then(|it| it.get("jkt")) {
        Some(_) => "DPoP",
        None => "Bearer",
    }
}

/// The claim `scp` as one string, which is how RFC 7662 wants it.
fn scope(claims: &Map<String, Value>) -> String {
    let scopes = claims.get("scp").and_then(Value::as_array);
    let names: Vec<&str> = scopes
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    names.join(" ")
}

const TOKEN_MISSING: Refusal = Refusal::invalid_request("The request must specify a 'token'.");
const OTHER_CLIENT: Refusal = Refusal::invalid_grant("The token was issued to another client.");
const FULL: Refusal =
    Refusal::temporarily_unavailable("Too many tokens are revoked and not yet expired.");
