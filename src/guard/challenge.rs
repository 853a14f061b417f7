//! Turns a refusal into a response (RFC 6750 section 3, RFC 9457, RFC 9728 section 5.1).
//!
//! The response contains fixed sentences and durations, and nothing from the request. It keeps
//! the [`Rejection`] in its extensions.

use std::collections::HashMap;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use poem::error::ResponseError;
use poem::{IntoResponse, Response};

use crate::token::{Scope, Segment, TokenError};

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
                error("insufficient_scope", rejection) + &scope_parameter(required)
            }
            Rejection::IssuerNotAccepted { required } => {
                error("invalid_token", rejection) + &scope_parameter(required)
            }
            Rejection::InsufficientUserAuthentication {
                acr_values,
                max_age,
                required,
            } => {
                let mut parameters = error(rejection.reason(), rejection);
                if !acr_values.is_empty() {
                    let values = quoted(&acr_values.join(" "));
                    parameters = parameters + ", acr_values=" + &values;
                }
                if let Some(max_age) = max_age {
                    parameters = format!("{parameters}, max_age=\"{}\"", max_age.as_secs());
                }
                parameters + &scope_parameter(required)
            }
            Rejection::ClaimNotAccepted { .. }
            | Rejection::ClientNotAccepted
            | Rejection::NotOwner
            | Rejection::Denied { .. } => error("insufficient_scope", rejection),
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

/// A handler may refuse a call by itself. Its gate answers with the challenge of the guard. Without a
/// gate, the challenge is the default one.
impl ResponseError for Rejection {
    fn status(&self) -> StatusCode {
        self.problem().status
    }

    fn as_response(&self) -> Response {
        Challenge::default().answer(self.clone())
    }
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

/// `scope`, if there is one.
fn scope_parameter(scope: &Scope) -> String {
    if scope.is_empty() {
        return String::new();
    }
    format!(", scope={}", quoted(&scope.to_string()))
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
