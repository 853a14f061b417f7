//! What every endpoint of the issuer shares.

use std::sync::Arc;
use std::time::Duration;

use super::access_token::{AccessToken, Issuance};
use super::authentication::Authentication;
use super::authorization_request::AuthorizationRequest;
use super::behaviour::Stage;
use super::key_ring::KeyRing;
use super::revocations::Revocations;
use super::scopes::Scopes;
use super::single_use::SingleUse;
use super::user_grant::UserGrant;
use crate::clock::Clock;
use crate::verifier::Proofs;

/// Names, keys and state of one authorization server.
#[derive(Debug)]
pub(super) struct Authority {
    /// Scheme, address and port: what Okta calls the organisation's URL.
    pub(super) origin: String,
    /// The path of the issuer below the origin.
    pub(super) path: String,
    pub(super) audience: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) keys: KeyRing,
    pub(super) scopes: Scopes,
    /// How long a key set may be cached.
    pub(super) keys_max_age: Duration,
    pub(super) stage: Stage,
    pub(super) revocations: Revocations,
    /// Decides on the DPoP proofs of token requests.
    pub(super) proofs: Proofs,
    /// Where a code may be sent.
    pub(super) redirect_uris: Vec<String>,
    /// Requests that are shown to a user who has not answered yet.
    pub(super) sign_ins: SingleUse<AuthorizationRequest>,
    /// Granted, and not yet exchanged for a token.
    pub(super) codes: SingleUse<UserGrant>,
}

/// The path of the authorization server with this name.
pub(super) fn path(name: &str) -> String {
    format!("/oauth2/{name}")
}

impl Authority {
    /// The claim `iss`.
    pub(super) fn issuer(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// A token that every check would pass.
    pub(super) fn access_token(
        &self,
        client_id: &str,
        authentication: Option<Authentication>,
        scopes: &[&str],
    ) -> AccessToken {
        let issuance = Issuance {
            issuer: &self.issuer(),
            audience: &self.audience,
            now: self.clock.now(),
            client_id,
        };
        AccessToken::new(&issuance, authentication, scopes)
    }
}
