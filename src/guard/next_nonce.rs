//! Announces the next nonce for DPoP proofs, before the current one expires.

use http::HeaderValue;
use http::header::CACHE_CONTROL;
use poem::Response;

use super::challenge::DPOP_NONCE;

/// Adds the next nonce to the response to a call whose proof was accepted, if there is one: also to a
/// refusal by the requirement or by the handler.
pub(super) fn with_next_nonce(
    answer: poem::Result<Response>,
    next_nonce: Option<String>,
) -> poem::Result<Response> {
    let Some(nonce) = next_nonce else {
        return answer;
    };
    let mut response = match answer {
        Err(error) if error.is_from_response() => error.into_response(),
        answer => answer?,
    };
    announce(&mut response, &nonce);
    Ok(response)
}

/// RFC 9449 section 8.2: such a response must not be stored.
fn announce(response: &mut Response, nonce: &str) {
    if let Ok(nonce) = HeaderValue::try_from(nonce) {
        let headers = response.headers_mut();
        headers.insert(DPOP_NONCE, nonce);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
