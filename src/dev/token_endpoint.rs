//! `POST /v1/token`: trades a grant for an access token. RFC 6749 section 3.2.
//!
//! 1. The form is read within bounds.
//! 2. The grant type is one of ours.
//! 3. The client authenticates, and may use that grant.
//! 4. The DPoP proof is checked, if there is one. A refused proof does not use up the grant.
//! 5. The grant itself is checked.

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
use super::proof_of_key::{DPOP_NONCE, TokenRefusal, find_key};
use super::refusal::{Refusal, json_body};
use super::test_claims::TestClaims;
use super::user_grant::UserGrant;
use crate::verifier::KeyOfRequest;

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

async fn grant(
    authority: &Authority,
    request: &Request,
    body: Body,
) -> Result<Response, TokenRefusal> {
    let form = Parameters::from_form(request, body).await?;
    let grant_type = form.find("grant_type").ok_or(GRANT_TYPE_MISSING)?;
    let grant_type = GrantType::find(grant_type).ok_or(GRANT_TYPE_UNKNOWN)?;
    let client = authenticate(request.headers(), &form)?;
    if !client.may_use(grant_type) {
        return Err(GRANT_TYPE_FORBIDDEN.into());
    }
    let key = find_key(authority, client, request).await?;
    let granted = match grant_type {
        GrantType::ClientCredentials => client_credentials(authority, client, &form)?,
        GrantType::AuthorizationCode => authorization_code(authority, client, &form)?,
    };
    Ok(granted.into_response(authority, key))
}

/// What a client gets.
struct Granted {
    token: AccessToken,
    /// Changes of the claims, which a test requested.
    changes: Option<TestClaims>,
    scope: String,
    id_token: Option<String>,
}

/// RFC 6749 section 4.4. Like Okta, it grants only scopes that were requested. With
/// [`TestClaims`], it signs whatever the client wants.
fn client_credentials(
    authority: &Authority,
    client: &Client,
    form: &Parameters,
) -> Result<Granted, Refusal> {
    let changes = TestClaims::find(form)?;
    let scopes = match &changes {
        Some(_) if form.find("scope").is_none() => Vec::new(),
        _ => (authority.scopes).requested(form, GrantType::ClientCredentials)?,
    };
    Ok(Granted {
        token: authority.access_token(client.id, None, &scopes),
        changes,
        scope: scopes.join(" "),
        id_token: None,
    })
}

/// RFC 6749 section 4.1.3, OIDC Core 1.0 section 3.1.3.
fn authorization_code(
    authority: &Authority,
    client: &Client,
    form: &Parameters,
) -> Result<Granted, Refusal> {
    let now = authority.clock.monotonic();
    let grant = UserGrant::redeem(&authority.codes, now, client, form)?;
    let scopes = grant.scopes();
    let token = authority.access_token(client.id, Some(grant.authentication()), &scopes);
    let id_token = grant.id_token(
        &authority.issuer(),
        authority.clock.now(),
        &authority.keys.current(),
    );
    Ok(Granted {
        token,
        changes: None,
        scope: scopes.join(" "),
        id_token,
    })
}

impl Granted {
    /// The response with a token that is bound to `key`, if there is one. RFC 6749 section 5.1,
    /// RFC 9449 section 5.
    fn into_response(self, authority: &Authority, key: Option<KeyOfRequest>) -> Response {
        let mut response = Response::builder().header(header::CACHE_CONTROL, "no-store");
        let mut token = self.token;
        let mut token_type = "Bearer";
        if let Some(found) = key {
            token = token.bound_to(&found.key);
            token_type = "DPoP";
            if let Some(nonce) = found.next_nonce {
                response = response.header(DPOP_NONCE, nonce);
            }
        }
        if let Some(changes) = self.changes {
            token = changes.apply(token);
        }
        let mut body = json!({
            "token_type": token_type,
            "expires_in": LIFETIME.as_secs(),
            "access_token": token.sign_with(&authority.keys.current()),
            "scope": self.scope,
        });
        if let Some(id_token) = self.id_token {
            body["id_token"] = id_token.into();
        }
        json_body(response, &body)
    }
}

const GRANT_TYPE_MISSING: Refusal =
    Refusal::invalid_request("The token request must specify a 'grant_type'.");
const GRANT_TYPE_UNKNOWN: Refusal = Refusal::unsupported_grant_type(
    "The authorization grant type is not supported by the authorization server.",
);
const GRANT_TYPE_FORBIDDEN: Refusal =
    Refusal::unauthorized_client("The client is not authorized to use the provided grant type.");
