//! Token requests with a DPoP proof (RFC 9449 sections 5 and 8).

use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use serde::Deserialize;

use crate::issuer::proof_maker::ProofMaker;
use crate::issuer::{Fetch, FetchError};
use crate::token::UnverifiedToken;

use super::GrantError;

/// Sends a token request, with a proof if there is a maker of proofs. If the issuer requires a
/// nonce, the request is sent once more, with the nonce.
pub(super) async fn exchange(
    fetch: &Fetch,
    proofs: Option<&ProofMaker>,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, FetchError> {
    let Some(maker) = proofs else {
        return fetch.exchange(request).await;
    };
    let answer = fetch.exchange(with_proof(&request, maker, None)).await?;
    match required_nonce(&answer) {
        None => Ok(answer),
        nonce => fetch.exchange(with_proof(&request, maker, nonce)).await,
    }
}

/// Refuses a token that is not bound to the key of the proofs: it would be used as if it were.
pub(super) fn require_bound(
    token: &str,
    token_type: &str,
    maker: &ProofMaker,
) -> Result<(), GrantError> {
    let confirmation = UnverifiedToken::new(token).confirmation();
    let key = confirmation.as_ref().and_then(|it| it.proof_key().copied());
    let is_jwt = token.split('.').count() == 3;
    // Only the issuer can read what a token of another form is bound to.
    if token_type.eq_ignore_ascii_case("DPoP") && (!is_jwt || key == Some(maker.thumbprint())) {
        return Ok(());
    }
    Err(GrantError::NotBound)
}

fn with_proof(
    request: &Request<Vec<u8>>,
    maker: &ProofMaker,
    nonce: Option<&str>,
) -> Request<Vec<u8>> {
    let mut request = request.clone();
    let proof = maker.proof(request.method().as_str(), &request.uri().to_string());
    let proof = match nonce {
        Some(nonce) => proof.with_nonce(nonce),
        None => proof,
    };
    let proof = HeaderValue::try_from(proof.sign()).expect("a proof is visible ASCII");
    request.headers_mut().insert(DPOP, proof);
    request
}

/// The nonce of an answer with the error `use_dpop_nonce`.
fn required_nonce(answer: &Response<Vec<u8>>) -> Option<&str> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    if !matches!(
        answer.status(),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED
    ) {
        return None;
    }
    let refusal: Refusal = serde_json::from_slice(answer.body()).ok()?;
    if refusal.error != "use_dpop_nonce" {
        return None;
    }
    let nonce = answer.headers().get(DPOP_NONCE)?.to_str().ok()?;
    (1..=MAX_NONCE_BYTES)
        .contains(&nonce.len())
        .then_some(nonce)
}

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// It is part of a header field of ours.
const MAX_NONCE_BYTES: usize = 1024;
