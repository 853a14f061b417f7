//! The access tokens of an Okta custom authorization server.
//!
//! A token starts complete and valid. A test then changes one claim at a time and
//! signs the result with any key.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::authentication::Authentication;
use super::mint::{SigningKey, random_handle};
use crate::token::Thumbprint;

/// A token that is not signed yet.
///
/// Its header holds `alg` and `kid` of the key that will sign it, and nothing else.
///
/// ```no_run
/// # let issuer: poem_resource_server::dev::DevIssuer = unimplemented!();
/// use poem_resource_server::dev::User;
///
/// let token = issuer.token_for_user(User::ADA, &["profile:read"]);
/// let endless = issuer.sign(&token.clone().without("exp"));
/// let foreign = issuer.sign(&token.claim("iss", "https://id.example"));
/// ```
#[derive(Debug, Clone)]
pub struct AccessToken {
    header: Map<String, Value>,
    removed_from_header: Vec<String>,
    claims: Map<String, Value>,
}

/// The lifetime of a token.
pub(super) const LIFETIME: Duration = Duration::from_secs(3600);

/// The claims that do not depend on who the token is about.
#[derive(Debug)]
pub(crate) struct Issuance<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) now: SystemTime,
    pub(crate) client_id: &'a str,
}

impl AccessToken {
    /// Without a user the client itself is the subject. RFC 9068 section 2.2.
    pub(crate) fn new(
        issuance: &Issuance<'_>,
        authentication: Option<Authentication>,
        scopes: &[&str],
    ) -> Self {
        let issued_at = unix_secs(issuance.now);
        let mut claims = json!({
            "ver": 1,
            "jti": format!("AT.{}", random_handle()),
            "iss": issuance.issuer,
            "aud": issuance.audience,
            "iat": issued_at,
            "exp": issued_at + LIFETIME.as_secs(),
            "cid": issuance.client_id,
        });
        claims["scp"] = scopes.into();
        claims["sub"] = issuance.client_id.into();
        if let Some(Authentication {
            user,
            class,
            time_secs,
        }) = authentication
        {
            claims["uid"] = user.id.into();
            claims["sub"] = user.login.into();
            claims["auth_time"] = time_secs.into();
            claims["acr"] = class.name().into();
        }
        let Value::Object(claims) = claims else {
            unreachable!("written as an object above")
        };
        Self {
            header: Map::new(),
            removed_from_header: Vec::new(),
            claims,
        }
    }

    /// Sets a claim, whether it was there before or not.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.shift_remove(name);
        self
    }

    /// Binds the token to a key: callers must send a DPoP proof by it (RFC 9449 section 6.1). See
    /// [`SigningKey::thumbprint`] and [`UnsignedProof`](super::UnsignedProof).
    #[must_use]
    pub fn bound_to(self, key: &Thumbprint) -> Self {
        self.claim("cnf", json!({ "jkt": key.to_string() }))
    }

    /// Sets a header parameter and replaces the key's own.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a header parameter.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.removed_from_header.push(name.to_owned());
        self
    }

    /// The claims in their current state.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The compact form, signed by `key`.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn sign_with(&self, key: &SigningKey) -> String {
        let mut header = Map::new();
        header.insert("alg".into(), key.algorithm().name().into());
        header.insert("kid".into(), key.kid().into());
        header.extend(self.header.clone());
        for name in &self.removed_from_header {
            header.shift_remove(name);
        }
        key.sign(&header.into(), &self.claims.clone().into())
    }
}

/// Seconds since the epoch, as in `iat`.
pub(super) fn unix_secs(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
