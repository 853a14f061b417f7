//! Reads the DPoP proof of a token request: the key to which the token is bound (RFC 9449 section 5).
//!
//! 1. A client that must use DPoP sends a proof. Every other client may send one.
//! 2. There is one proof, for this request, and it is new.
//! 3. It contains a nonce of this issuer. As at Okta, the first proof of a client never does.

use poem::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde_json::json;

use super::authority::Authority;
use super::directory::Client;
use super::refusal::{Refusal, json_body};
use crate::token::{ProofError, RequestTarget};
use crate::verifier::{BindingError, KeyOfRequest};

/// Why a token request is refused.
#[derive(Debug)]
pub(super) enum TokenRefusal {
    Request(Refusal),
    /// The client must send a proof.
    ProofMissing,
    Proof(ProofError),
    /// The proof must contain this nonce.
    NonceRequired(String),
}

/// The key that the client proves to have; `None` if the client gets a bearer token.
pub(super) async fn find_key(
    authority: &Authority,
    client: &Client,
    request: &Request,
) -> Result<Option<KeyOfRequest>, TokenRefusal> {
    let mut fields = request.headers().get_all(DPOP).iter();
    let Some(proof) = fields.next() else {
        if client.requires_proof {
            return Err(TokenRefusal::ProofMissing);
        }
        return Ok(None);
    };
    if fields.next().is_some() {
        return Err(TokenRefusal::Proof(ProofError::Repeated));
    }
    let proof = HeaderValue::to_str(proof).map_err(|_| ProofError::Malformed)?;
    let host = host(request.headers()).unwrap_or_default();
    let target = RequestTarget::new("http", host, request.original_uri().path());
    let (method, now) = (request.method().as_str(), authority.clock.now());
    let proofs = &authority.proofs;
    let found = proofs.check_token_request(proof, method, &target, now);
    Ok(Some(found.await?))
}

/// The name and the port by which the client calls this issuer.
fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

impl From<Refusal> for TokenRefusal {
    fn from(refusal: Refusal) -> Self {
        Self::Request(refusal)
    }
}

impl From<ProofError> for TokenRefusal {
    fn from(error: ProofError) -> Self {
        Self::Proof(error)
    }
}

impl From<BindingError> for TokenRefusal {
    fn from(error: BindingError) -> Self {
        match error {
            BindingError::Proof(error) => Self::Proof(error),
            BindingError::NonceRequired { nonce, .. } => Self::NonceRequired(nonce),
            _ => Self::Request(FULL),
        }
    }
}

/// RFC 9449 sections 5 and 8, with Okta's descriptions where Okta has one.
impl IntoResponse for TokenRefusal {
    fn into_response(self) -> Response {
        let (error, description) = match &self {
            Self::Request(refusal) => return (*refusal).into_response(),
            Self::ProofMissing => (
                "invalid_dpop_proof",
                "The DPoP proof JWT header is missing.".to_owned(),
            ),
            Self::Proof(error) => (
                "invalid_dpop_proof",
                format!("The DPoP proof is refused: {error}."),
            ),
            Self::NonceRequired(_) => (
                "use_dpop_nonce",
                "Authorization server requires nonce in DPoP proof.".to_owned(),
            ),
        };
        let mut response = Response::builder()
            .status(StatusCode::BAD_REQUEST)
            .header(header::CACHE_CONTROL, "no-store");
        if let Self::NonceRequired(nonce) = &self {
            response = response.header(DPOP_NONCE, nonce);
        }
        let body = json!({ "error": error, "error_description": description });
        json_body(response, &body)
    }
}

/// The header with the proof.
pub(super) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header with the next nonce.
pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

const FULL: Refusal =
    Refusal::temporarily_unavailable("Too many DPoP proofs were used and have not expired.");
