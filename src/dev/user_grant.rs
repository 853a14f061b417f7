//! What a user allowed a client, and the tokens that the client gets for it.
//!
//! 1. The code is known, and it cannot be used again whatever comes next.
//! 2. It was issued to this client and for this redirect URI.
//! 3. The challenge was made from this verifier (RFC 7636 section 4.6).

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::access_token::{LIFETIME, unix_secs};
use super::authentication::Authentication;
use super::authorization_request::AuthorizationRequest;
use super::directory::Client;
use super::mint::{SigningKey, random_handle};
use super::parameters::Parameters;
use super::refusal::Refusal;
use super::single_use::SingleUse;

/// A request, and the sign-in of the user who agreed to it.
#[derive(Debug)]
pub(super) struct UserGrant {
    authentication: Authentication,
    request: AuthorizationRequest,
}

impl UserGrant {
    pub(super) fn new(authentication: Authentication, request: AuthorizationRequest) -> Self {
        Self {
            authentication,
            request,
        }
    }

    /// Redeems a code. `now` is monotonic. RFC 6749 section 4.1.3.
    pub(super) fn redeem(
        codes: &SingleUse<Self>,
        now: Duration,
        client: &Client,
        form: &Parameters,
    ) -> Result<Self, Refusal> {
        let code = form.find("code").ok_or(CODE_MISSING)?;
        let verifier = form.find("code_verifier").ok_or(VERIFIER_MISSING)?;
        let grant = codes.redeem(code, now).ok_or(CODE_INVALID)?;
        let request = &grant.request;
        if request.client.id != client.id {
            return Err(CODE_INVALID);
        }
        if form.find("redirect_uri") != Some(&request.reply.redirect_uri) {
            return Err(REDIRECT_URI_DIFFERS);
        }
        let challenge = digest::digest(&digest::SHA256, verifier.as_bytes());
        if URL_SAFE_NO_PAD.encode(challenge) != request.code_challenge {
            return Err(VERIFIER_WRONG);
        }
        Ok(grant)
    }

    pub(super) fn authentication(&self) -> Authentication {
        self.authentication
    }

    pub(super) fn scopes(&self) -> Vec<&str> {
        self.request.scopes.iter().map(String::as_str).collect()
    }

    /// The ID token, if the client requested one. OIDC Core 1.0 section 2.
    pub(super) fn id_token(
        &self,
        issuer: &str,
        now: SystemTime,
        key: &SigningKey,
    ) -> Option<String> {
        let granted = |scope: &str| self.request.scopes.iter().any(|granted| granted == scope);
        if !granted("openid") {
            return None;
        }
        let issued_at = unix_secs(now);
        let user = self.authentication.user;
        let mut claims = json!({
            "sub": user.id,
            "ver": 1,
            "iss": issuer,
            "aud": self.request.client.id,
            "iat": issued_at,
            "exp": issued_at + LIFETIME.as_secs(),
            "jti": format!("ID.{}", random_handle()),
            "auth_time": self.authentication.time_secs,
            "acr": self.authentication.class.name(),
        });
        if let Some(nonce) = &self.request.nonce {
            claims["nonce"] = nonce.as_str().into();
        }
        if granted("profile") {
            claims["name"] = user.name.into();
            claims["preferred_username"] = user.login.into();
        }
        if granted("email") {
            claims["email"] = user.login.into();
            claims["email_verified"] = Value::Bool(true);
        }
        let header = json!({ "alg": key.algorithm().name(), "kid": key.kid() });
        Some(key.sign(&header, &claims))
    }
}

const CODE_MISSING: Refusal = Refusal::invalid_request("The token request must specify a 'code'.");
const CODE_INVALID: Refusal =
    Refusal::invalid_grant("The authorization code is invalid or has expired.");
const REDIRECT_URI_DIFFERS: Refusal = Refusal::invalid_grant(
    "The 'redirect_uri' does not match the redirection URI used in the authorization request.",
);
const VERIFIER_MISSING: Refusal = Refusal::invalid_request("PKCE code verifier is required.");
const VERIFIER_WRONG: Refusal = Refusal::invalid_grant("PKCE verification failed.");
