//! Turns a refusal into an answer (RFC 6750 section 3, RFC 9457, RFC 9728 section 5.1).
//!
//! Texts are fixed: nothing of the request comes back, and a caller learns which check
//! failed only by its stable word. The answer keeps the [`Rejection`] in its extensions.

use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Response};

use crate::token::{Scope, TokenError};

use super::bearer::BearerError;
use super::problem::Problem;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// No bearer credentials.
    #[error("no bearer credentials")]
    MissingCredentials,
    /// The header with the credentials is broken; never [`BearerError::Missing`].
    #[error("invalid request")]
    InvalidRequest(#[source] BearerError),
    /// The token is refused.
    #[error("invalid token")]
    InvalidToken(#[source] TokenError),
    /// The token is good and lacks a scope.
    #[error("insufficient scope")]
    #[non_exhaustive]
    InsufficientScope {
        /// What the operation requires.
        required: Scope,
    },
    /// The token is good and a claim has none of the values that are required.
    #[error("a required claim value is missing")]
    #[non_exhaustive]
    ClaimNotAccepted {
        /// The scope that the operation requires, which the token has.
        required: Scope,
    },
    /// The address or the caller has to pause.
    #[error("too many calls")]
    #[non_exhaustive]
    TooManyRequests {
        /// For how long.
        retry_after: Duration,
    },
    /// There are no keys to verify with.
    #[error("no keys to verify with")]
    Unavailable,
    /// Nobody knows whether the token is denied.
    #[error("the denylist is too old to go by")]
    DenylistStale,
    /// A handler wants a caller and no guard stood before it: our fault.
    #[error("the operation is not guarded")]
    NotGuarded,
}

impl Rejection {
    /// A stable word for logs, metrics and tests; never reworded.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MissingCredentials => BearerError::Missing.reason(),
            Self::InvalidRequest(error) => error.reason(),
            Self::InvalidToken(error) => error.reason(),
            Self::InsufficientScope { .. } => "insufficient_scope",
            Self::ClaimNotAccepted { .. } => "claim_not_accepted",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::Unavailable => "no_keys",
            Self::DenylistStale => "denylist_stale",
            Self::NotGuarded => "not_guarded",
        }
    }

    /// The body of the answer.
    pub fn problem(&self) -> Problem {
        let (status, detail) = match self {
            Self::MissingCredentials => (
                StatusCode::UNAUTHORIZED,
                "This operation requires an access token.",
            ),
            Self::InvalidRequest(BearerError::InTwoPlaces | BearerError::MalformedProtocol) => (
                StatusCode::BAD_REQUEST,
                "A WebSocket must offer its token once, as the protocol after \"bearer\", and have \
                 no Authorization header.",
            ),
            Self::InvalidRequest(_) => (
                StatusCode::BAD_REQUEST,
                "The request must have one Authorization header of the form \"Bearer <token>\".",
            ),
            Self::InvalidToken(_) => (StatusCode::UNAUTHORIZED, INVALID_TOKEN),
            Self::InsufficientScope { .. } => (
                StatusCode::FORBIDDEN,
                "The access token lacks a scope that this operation requires.",
            ),
            Self::ClaimNotAccepted { .. } => (
                StatusCode::FORBIDDEN,
                "The access token lacks a claim value that this operation requires.",
            ),
            Self::TooManyRequests { .. } => (
                StatusCode::TOO_MANY_REQUESTS,
                "There were too many calls; wait before the next.",
            ),
            Self::Unavailable | Self::DenylistStale => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Access tokens cannot be verified at the moment.",
            ),
            Self::NotGuarded => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "The operation is not set up correctly.",
            ),
        };
        Problem {
            status,
            detail,
            reason: self.reason(),
        }
    }
}

impl Rejection {
    /// What `Retry-After` says, in whole seconds, where it says anything.
    pub(super) fn retry_after_secs(&self) -> Option<u64> {
        match self {
            // Rounded up: who comes back a moment early is refused again.
            Self::TooManyRequests { retry_after } => Some(retry_after.as_secs() + 1),
            Self::Unavailable | Self::DenylistStale => Some(RETRY_AFTER_SECS),
            _ => None,
        }
    }
}

impl From<BearerError> for Rejection {
    fn from(error: BearerError) -> Self {
        match error {
            BearerError::Missing => Self::MissingCredentials,
            error => Self::InvalidRequest(error),
        }
    }
}

/// How refusals introduce the API: its realm, and where its metadata is.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// `Bearer realm=".."` and `, resource_metadata=".."`, quoted.
    prefix: String,
    /// Those of which there may be a flood lie ready.
    missing: Option<HeaderValue>,
    invalid_request: Option<HeaderValue>,
    invalid_token: Option<HeaderValue>,
}

impl Challenge {
    /// For the API called `realm`.
    ///
    /// Characters that a quoted string cannot hold are left out (RFC 9110 section 5.6.4).
    pub fn new(realm: &str) -> Self {
        Self::beginning(format!("Bearer realm={}", quoted(realm)))
    }

    /// Names the URL of the API's protected-resource metadata.
    #[must_use]
    pub fn with_resource_metadata(self, url: &str) -> Self {
        Self::beginning(self.prefix + ", resource_metadata=" + &quoted(url))
    }

    fn beginning(prefix: String) -> Self {
        let ready = |parameters: &str| HeaderValue::try_from(prefix.clone() + parameters).ok();
        let request = Rejection::InvalidRequest(BearerError::Malformed);
        let token = Rejection::InvalidToken(TokenError::BadSignature);
        Self {
            missing: ready(""),
            invalid_request: ready(&error("invalid_request", &request)),
            invalid_token: ready(&error("invalid_token", &token)),
            prefix,
        }
    }

    /// The answer to a refused call.
    pub fn answer(&self, rejection: Rejection) -> Response {
        let mut response = rejection.problem().into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.header(&rejection) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = rejection.retry_after_secs() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(rejection);
        response
    }

    /// RFC 6750 section 3: no error code for who brought no credentials.
    pub(super) fn header(&self, rejection: &Rejection) -> Option<HeaderValue> {
        let parameters = match rejection {
            Rejection::MissingCredentials => return self.missing.clone(),
            Rejection::InvalidRequest(
                BearerError::InTwoPlaces | BearerError::MalformedProtocol,
            ) => error("invalid_request", rejection),
            Rejection::InvalidRequest(_) => return self.invalid_request.clone(),
            Rejection::InvalidToken(_) => return self.invalid_token.clone(),
            Rejection::InsufficientScope { required } => {
                let scope = quoted(&required.to_string());
                error("insufficient_scope", rejection) + ", scope=" + &scope
            }
            Rejection::ClaimNotAccepted { .. } => error("insufficient_scope", rejection),
            Rejection::TooManyRequests { .. }
            | Rejection::Unavailable
            | Rejection::DenylistStale
            | Rejection::NotGuarded => return None,
        };
        HeaderValue::try_from(self.prefix.clone() + &parameters).ok()
    }
}

impl Default for Challenge {
    fn default() -> Self {
        Self::new("api")
    }
}

const INVALID_TOKEN: &str = "The access token is not valid for this API.";

/// About the time in which an issuer that is back is found again.
const RETRY_AFTER_SECS: u64 = 5;

fn error(code: &str, rejection: &Rejection) -> String {
    // RFC 6750 section 3: a description holds no quotes.
    let description = rejection.problem().detail.replace('"', "'");
    format!(", error=\"{code}\", error_description=\"{description}\"")
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars().filter(|c| (' '..='~').contains(c)) {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}
