//! `POST /v1/token`: trades a grant for an access token. RFC 6749 section 3.2.
//!
//! 1. The form is read within bounds.
//! 2. The grant type is one of ours.
//! 3. The client authenticates, and may use that grant.
//! 4. The grant itself is checked.

use std::sync::Arc;

use poem::http::header;
use poem::web::Data;
use poem::{Body, IntoResponse, Request, Response, handler};
use serde_json::json;

use super::access_token::{AccessToken, LIFETIME};
use super::authority::Authority;
use super::client_authentication::authenticate;
use super::directory::{Client, GrantType};
use super::parameters::Parameters;
use super::refusal::{Refusal, json_body};
use super::test_claims::TestClaims;
use super::user_grant::UserGrant;

/// Answers with a token or with the reason for a refusal.
#[handler]
pub(super) async fn exchange(
    Data(authority): Data<&Arc<Authority>>,
    request: &Request,
    body: Body,
) -> Response {
    match grant(authority, request, body).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn grant(authority: &Authority, request: &Request, body: Body) -> Result<Response, Refusal> {
    let form = Parameters::from_form(request, body).await?;
    let grant_type = form.find("grant_type").ok_or(GRANT_TYPE_MISSING)?;
    let grant_type = GrantType::find(grant_type).ok_or(GRANT_TYPE_UNKNOWN)?;
    let client = authenticate(request.headers(), &form)?;
    if !client.may_use(grant_type) {
        return Err(GRANT_TYPE_FORBIDDEN);
    }
    match grant_type {
        GrantType::ClientCredentials => client_credentials(authority, client, &form),
        GrantType::AuthorizationCode => authorization_code(authority, client, &form),
    }
}

/// RFC 6749 section 4.4. Like Okta, it grants only scopes that were requested. With
/// [`TestClaims`], it signs whatever the client wants.
fn client_credentials(
    authority: &Authority,
    client: &Client,
    form: &Parameters,
) -> Result<Response, Refusal> {
    let changes = TestClaims::find(form)?;
    let scopes = match &changes {
        Some(_) if form.find("scope").is_none() => Vec::new(),
        _ => (authority.scopes).requested(form, GrantType::ClientCredentials)?,
    };
    let token = authority.access_token(client.id, None, &scopes);
    let token = match changes {
        Some(changes) => changes.apply(token),
        None => token,
    };
    Ok(token_response(authority, &token, &scopes, None))
}

/// RFC 6749 section 4.1.3, OIDC Core 1.0 section 3.1.3.
fn authorization_code(
    authority: &Authority,
    client: &Client,
    form: &Parameters,
) -> Result<Response, Refusal> {
    let now = authority.clock.monotonic();
    let grant = UserGrant::redeem(&authority.codes, now, client, form)?;
    let scopes = grant.scopes();
    let token = authority.access_token(client.id, Some(grant.authentication()), &scopes);
    let id_token = grant.id_token(
        &authority.issuer(),
        authority.clock.now(),
        &authority.keys.current(),
    );
    Ok(token_response(authority, &token, &scopes, id_token))
}

/// RFC 6749 section 5.1.
fn token_response(
    authority: &Authority,
    token: &AccessToken,
    scopes: &[&str],
    id_token: Option<String>,
) -> Response {
    let mut body = json!({
        "token_type": "Bearer",
        "expires_in": LIFETIME.as_secs(),
        "access_token": token.sign_with(&authority.keys.current()),
        "scope": scopes.join(" "),
    });
    if let Some(id_token) = id_token {
        body["id_token"] = id_token.into();
    }
    json_body(
        Response::builder().header(header::CACHE_CONTROL, "no-store"),
        &body,
    )
}

const GRANT_TYPE_MISSING: Refusal =
    Refusal::invalid_request("The token request must specify a 'grant_type'.");
const GRANT_TYPE_UNKNOWN: Refusal = Refusal::unsupported_grant_type(
    "The authorization grant type is not supported by the authorization server.",
);
const GRANT_TYPE_FORBIDDEN: Refusal =
    Refusal::unauthorized_client("The client is not authorized to use the provided grant type.");
