//! Turns a refusal into a response (RFC 6750 section 3, RFC 9457, RFC 9728 section 5.1).
//!
//! The response contains fixed sentences and durations, and nothing from the request. It keeps
//! the [`Rejection`] in its extensions.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Response};

use crate::token::{Scope, TokenError};

use super::bearer::BearerError;
use super::detail;
use super::problem::Problem;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// No bearer credentials.
    #[error("no bearer credentials")]
    MissingCredentials,
    /// A token without the scheme `Bearer`.
    #[error("no scheme before the token")]
    MissingScheme,
    /// The header with the credentials is malformed. The error is neither
    /// [`BearerError::Missing`] nor [`BearerError::MissingScheme`].
    #[error("invalid request")]
    InvalidRequest(#[source] BearerError),
    /// The token is refused.
    #[error("invalid token")]
    InvalidToken(#[source] TokenError),
    /// The token is valid, but lacks a scope.
    #[error("insufficient scope")]
    InsufficientScope {
        /// What the operation requires.
        required: Scope,
    },
    /// The token is valid, but a claim has none of the required values.
    #[error("a required claim value is missing")]
    ClaimNotAccepted {
        /// The scope that the operation requires. The token has it.
        required: Scope,
    },
    /// The address or the caller must wait.
    #[error("too many calls")]
    TooManyRequests {
        /// For how long.
        retry_after: Duration,
    },
    /// There are no keys to verify with.
    #[error("no keys to verify with")]
    Unavailable,
    /// The denylist is too old, so the token may be revoked.
    #[error("the denylist is too old")]
    DenylistStale,
    /// A handler requires a caller, but no guard protects it. This is a fault of the code.
    #[error("the operation is not guarded")]
    NotGuarded,
}

impl Rejection {
    /// A stable word for logs, metrics and tests; never reworded.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MissingCredentials => BearerError::Missing.reason(),
            Self::MissingScheme => BearerError::MissingScheme.reason(),
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

    /// The body of the response, with a fixed sentence.
    pub fn problem(&self) -> Problem {
        let status = match self {
            Self::MissingCredentials | Self::MissingScheme | Self::InvalidToken(_) => {
                StatusCode::UNAUTHORIZED
            }
            Self::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Self::InsufficientScope { .. } | Self::ClaimNotAccepted { .. } => StatusCode::FORBIDDEN,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::DenylistStale => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotGuarded => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Problem {
            status,
            detail: detail::fixed(self),
            reason: self.reason(),
        }
    }

    /// The sentence for the caller. It may contain a duration or the name of a claim.
    pub fn detail(&self) -> Cow<'static, str> {
        match detail::particular(self) {
            Some(detail) => detail.into(),
            None => detail::fixed(self).into(),
        }
    }

    /// Whether the request has no bearer credentials, so that an operation with optional callers
    /// treats it as anonymous.
    pub(super) fn is_without_credentials(&self) -> bool {
        matches!(self, Self::MissingCredentials | Self::MissingScheme)
    }

    /// The value of `Retry-After` in whole seconds, if there is one.
    pub(super) fn retry_after_secs(&self) -> Option<u64> {
        match self {
            // Rounded up, because a caller that retries too early is refused again.
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
            BearerError::MissingScheme => Self::MissingScheme,
            error => Self::InvalidRequest(error),
        }
    }
}

/// The part of a `WWW-Authenticate` header that describes the API: its realm, and the URL of its
/// metadata.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// `Bearer realm=".."` and `, resource_metadata=".."`, quoted.
    prefix: String,
    /// The headers of refusals with a fixed sentence, by reason: a flood of refusals is cheap.
    prepared: HashMap<&'static str, HeaderValue>,
}

impl Challenge {
    /// A challenge for the API called `realm`.
    ///
    /// Characters that a quoted string cannot contain are removed (RFC 9110 section 5.6.4).
    pub fn new(realm: &str) -> Self {
        Self::beginning(format!("Bearer realm={}", quoted(realm)))
    }

    /// Adds the URL of the API's protected-resource metadata.
    #[must_use]
    pub fn with_resource_metadata(self, url: &str) -> Self {
        Self::beginning(self.prefix + ", resource_metadata=" + &quoted(url))
    }

    fn beginning(prefix: String) -> Self {
        let challenge = Self {
            prefix,
            prepared: HashMap::new(),
        };
        let fixed = detail::common().into_iter();
        let prepared = fixed.filter_map(|it| Some((it.reason(), challenge.written(&it)?)));
        Self {
            prepared: prepared.collect(),
            ..challenge
        }
    }

    /// The response to a refused call.
    pub fn answer(&self, rejection: Rejection) -> Response {
        let problem = rejection.problem();
        let mut response = match detail::particular(&rejection) {
            None => problem.into_response(),
            Some(detail) => problem.into_response_with(&detail),
        };
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

    pub(super) fn header(&self, rejection: &Rejection) -> Option<HeaderValue> {
        match self.prepared.get(rejection.reason()) {
            Some(prepared) => Some(prepared.clone()),
            None => self.written(rejection),
        }
    }

    /// RFC 6750 section 3: no error code for a request without bearer credentials.
    fn written(&self, rejection: &Rejection) -> Option<HeaderValue> {
        let parameters = match rejection {
            Rejection::MissingCredentials | Rejection::MissingScheme => String::new(),
            Rejection::InvalidRequest(_) => error("invalid_request", rejection),
            Rejection::InvalidToken(_) => error("invalid_token", rejection),
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

/// About the time after which an issuer that is available again is noticed.
const RETRY_AFTER_SECS: u64 = 5;

fn error(code: &str, rejection: &Rejection) -> String {
    // RFC 6750 section 3: a description has no double quotes.
    let description = rejection.detail().replace('"', "'");
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
