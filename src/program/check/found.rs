//! What a check is made with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::check::{KnownIssuer, Tokens};

use crate::program::embedded::Embedded;

/// The tokens of a check, and what belongs to them.
#[derive(Default)]
pub(super) struct Found {
    pub(super) tokens: Tokens,
    /// The issuers of the tokens, with their public keys as far as they are known.
    pub(super) issuers: Vec<KnownIssuer>,
    /// The identifiers of issuers without a token, each with the reason and what to add.
    pub(super) missing: Vec<(String, String)>,
    /// Whether there is no token because the issuer could not be reached.
    pub(super) is_issuer_unreachable: bool,
    /// The embedded issuer, if the check runs it; the API fetches its keys.
    pub(super) running: Option<Embedded>,
}

impl Found {
    /// Adds an issuer, unless it is known already.
    pub(super) fn add_issuer(&mut self, issuer: Option<KnownIssuer>) {
        let Some(issuer) = issuer else { return };
        let is_known = |it: &KnownIssuer| it.identifier == issuer.identifier;
        if !self.issuers.iter().any(is_known) {
            self.issuers.push(issuer);
        }
    }
}

/// The claim `iss` of a token, unverified.
pub(super) fn issuer(token: &str) -> Option<String> {
    Some(payload(token)?.get("iss")?.as_str()?.to_owned())
}

/// The claims of a token, unverified.
pub(super) fn payload(token: &str) -> Option<Map<String, Value>> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}
