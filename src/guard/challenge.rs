//! Turns a refusal into a response (RFC 6750 section 3, RFC 9457, RFC 9728 section 5.1).
//!
//! The response contains fixed sentences and durations, and nothing from the request. It keeps
//! the [`Rejection`] in its extensions.

use std::collections::HashMap;

use http::HeaderValue;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use poem::{IntoResponse, Response};

use crate::token::{Segment, TokenError};

use super::bearer::BearerError;
use super::rejection::Rejection;

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
        Self::from_prefix(format!("Bearer realm={}", quoted(realm)))
    }

    /// Adds the URL of the API's protected-resource metadata.
    #[must_use]
    pub fn with_resource_metadata(self, url: &str) -> Self {
        Self::from_prefix(self.prefix + ", resource_metadata=" + &quoted(url))
    }

    fn from_prefix(prefix: String) -> Self {
        let challenge = Self {
            prefix,
            prepared: HashMap::new(),
        };
        let fixed = common().into_iter();
        let prepared = fixed.filter_map(|it| Some((it.reason(), challenge.written(&it)?)));
        Self {
            prepared: prepared.collect(),
            ..challenge
        }
    }

    /// The response to a refused call.
    pub fn answer(&self, rejection: Rejection) -> Response {
        let problem = rejection.problem();
        let mut response = match rejection.specific_detail() {
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

/// The refusals with a fixed sentence of which there may be many.
fn common() -> Vec<Rejection> {
    let requests = [BearerError::Repeated, BearerError::Malformed];
    let tokens = [
        TokenError::TooLong { bytes: 0 },
        TokenError::IllegalCharacter,
        TokenError::Segments { found: 0 },
        TokenError::HeaderTooLong,
        TokenError::Base64(Segment::Header),
        TokenError::MalformedHeader,
        TokenError::AlgorithmNotAllowed,
        TokenError::WrongType,
        TokenError::UnknownIssuer,
        TokenError::UnknownKey,
        TokenError::BadSignature,
        TokenError::WrongIssuer,
        TokenError::WrongAudience,
        TokenError::IdToken,
        TokenError::Revoked,
    ];
    let mut common = vec![Rejection::MissingCredentials, Rejection::MissingScheme];
    common.extend(requests.map(Rejection::InvalidRequest));
    common.extend(tokens.map(Rejection::InvalidToken));
    common
}

impl Default for Challenge {
    fn default() -> Self {
        Self::new("api")
    }
}

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
