//! What a check is made with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::check::Tokens;

use crate::program::embedded::Embedded;

/// The tokens of a check, and what belongs to them.
#[derive(Default)]
pub(super) struct Found {
    pub(super) tokens: Tokens,
    pub(super) issuer_keys: Vec<Value>,
    /// The issuer that signed the tokens, if its keys are known.
    pub(super) issuer: Option<String>,
    /// Whether there is no token because the issuer could not be reached.
    pub(super) is_issuer_unreachable: bool,
    /// The embedded issuer, if the check runs it; the API fetches its keys.
    pub(super) running: Option<Embedded>,
}

/// The claims of a token, unverified.
pub(super) fn payload(token: &str) -> Option<Map<String, Value>> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}
