//! The parts of a JWS, to make other tokens from.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The parts of a JWS in compact form (RFC 7515 section 3.1), unverified.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) header: Map<String, Value>,
    pub(super) payload: Map<String, Value>,
    pub(super) signature: Vec<u8>,
}

impl Parts {
    /// The parts of a token that is a JWS with JSON inside; `None` for any other token.
    pub(super) fn read(token: &str) -> Option<Self> {
        let mut segments = token.split('.');
        let mut bytes = || URL_SAFE_NO_PAD.decode(segments.next()?).ok();
        let (header, payload, signature) = (bytes()?, bytes()?, bytes()?);
        if segments.next().is_some() {
            return None;
        }
        Some(Self {
            header: serde_json::from_slice(&header).ok()?,
            payload: serde_json::from_slice(&payload).ok()?,
            signature,
        })
    }
}
