//! Reads the token from a request's headers (RFC 6750 section 2.1, RFC 9449 section 7.1).
//!
//! One header, one scheme, one token. Tokens in the query, in a form or in a cookie are not read
//! (RFC 9700 section 4.3.2). For the token of a WebSocket see [`web_socket`](super::web_socket).

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::token::is_b64token;

/// Reads the bearer token from a request's `Authorization` header.
///
/// The scheme is matched without regard to case. The token is returned as sent and unverified.
/// The verifier checks its length.
///
/// # Errors
///
/// [`BearerError::Missing`] without bearer credentials, [`BearerError::MissingScheme`] for a JWT
/// without a scheme, [`BearerError::Repeated`] with more than one header, and
/// [`BearerError::Malformed`] for credentials that are not in the form `b64token`.
///
/// RFC 6750 section 2.1, RFC 9110 section 11.4.
pub fn token(headers: &HeaderMap) -> Result<&str, BearerError> {
    match credentials(headers)? {
        (AuthorizationScheme::Bearer, credentials) => read(credentials),
        (AuthorizationScheme::Dpop, _) => Err(BearerError::Missing),
    }
}

/// The scheme by which a caller sends its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuthorizationScheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449.
    Dpop,
}

/// The scheme and the bytes after it. [`read`] checks whether they are a token.
pub(super) fn credentials(
    headers: &HeaderMap,
) -> Result<(AuthorizationScheme, &[u8]), BearerError> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let field = fields.next().ok_or(BearerError::Missing)?;
    if fields.next().is_some() {
        return Err(BearerError::Repeated);
    }
    let bytes = field.as_bytes();
    // As nearly all callers write it.
    if let Some(token) = bytes.strip_prefix(b"Bearer ")
        && !token.starts_with(b" ")
    {
        return Ok((AuthorizationScheme::Bearer, token));
    }
    let scheme_ends = bytes.iter().position(|byte| !is_scheme_character(*byte));
    let (scheme, rest) = bytes.split_at(scheme_ends.unwrap_or(bytes.len()));
    let scheme = if scheme.eq_ignore_ascii_case(b"bearer") {
        AuthorizationScheme::Bearer
    } else if scheme.eq_ignore_ascii_case(b"dpop") {
        AuthorizationScheme::Dpop
    } else {
        return Err(other_scheme(bytes));
    };
    // RFC 9110 section 11.4 allows spaces here, but no tab.
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    if spaces == 0 {
        return Err(BearerError::Malformed);
    }
    Ok((scheme, &rest[spaces..]))
}

/// A JWT in the place of the scheme is a mistake that the caller can correct.
#[cold]
fn other_scheme(field: &[u8]) -> BearerError {
    let parts = field.split(|byte| *byte == b'.').count();
    if parts == 3 && is_b64token(field) {
        return BearerError::MissingScheme;
    }
    BearerError::Missing
}

/// Reads these credentials as a token, as sent and unverified.
pub(super) fn read(credentials: &[u8]) -> Result<&str, BearerError> {
    if !is_b64token(credentials) {
        return Err(BearerError::Malformed);
    }
    std::str::from_utf8(credentials).map_err(|_| BearerError::Malformed)
}

/// Why a request has no bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BearerError {
    /// No `Authorization` header, or one of another scheme.
    #[error("the request has no bearer credentials")]
    Missing,
    /// The `Authorization` header is a token without the scheme `Bearer`.
    #[error("the Authorization header has no scheme")]
    MissingScheme,
    /// More than one `Authorization` header.
    #[error("the request has more than one Authorization header")]
    Repeated,
    /// What follows the scheme is not one token.
    #[error("the Authorization header is not of the form \"Bearer <token>\"")]
    Malformed,
    /// Both an `Authorization` header and a token in `Sec-WebSocket-Protocol`.
    #[error("the request has credentials in Authorization and in Sec-WebSocket-Protocol")]
    InTwoPlaces,
    /// `Sec-WebSocket-Protocol` has the entry `bearer`, and not one token directly after it.
    #[error("the Sec-WebSocket-Protocol header is not of the form \"bearer, <token>\"")]
    MalformedProtocol,
}

impl BearerError {
    /// A stable word for logs, metrics and tests; never reworded.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Missing => "missing_credentials",
            Self::MissingScheme => "missing_scheme",
            Self::Repeated => "repeated_authorization",
            Self::Malformed => "malformed_authorization",
            Self::InTwoPlaces => "credentials_in_two_places",
            Self::MalformedProtocol => "malformed_websocket_token",
        }
    }
}

/// `token` of RFC 9110 section 5.6.2.
pub(super) fn is_scheme_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
