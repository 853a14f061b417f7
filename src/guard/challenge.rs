//! Turns a refusal into a response (RFC 6750 section 3, RFC 9449 section 7.1, RFC 9457, RFC 9728
//! section 5.1).
//!
//! There is a challenge for each scheme that the operation accepts. The error is in that of the scheme
//! that the caller used.
//!
//! The response contains fixed sentences and durations, and nothing from the request. It keeps
//! the [`Rejection`] in its extensions.

use std::collections::HashMap;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use poem::{IntoResponse, Response};

use crate::token::{ProofError, ProofPolicy, Scope, Segment, TokenError};
use crate::verifier::BindingError;

use super::bearer::{AuthorizationScheme, BearerError};
use super::rejection::Rejection;
use super::rule::AcceptedSchemes;

/// The part of a `WWW-Authenticate` header that describes the API: its realm, and the URL of its
/// metadata.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// ` realm=".."` and `, resource_metadata=".."`, quoted.
    parameters: String,
    /// `, algs=".."`: the algorithms of proofs that are accepted.
    algorithms: String,
    /// The challenges without an error.
    bearer: Option<HeaderValue>,
    dpop: Option<HeaderValue>,
    /// The headers of refusals with a fixed sentence, by reason: a flood of refusals is cheap.
    prepared: HashMap<&'static str, HeaderValue>,
}

/// What decides about the challenges besides the refusal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// The scheme that the caller used, and `Bearer` for a caller without credentials.
    pub(super) scheme: AuthorizationScheme,
    /// What the operation accepts.
    pub(super) accepted: AcceptedSchemes,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            scheme: AuthorizationScheme::Bearer,
            accepted: AcceptedSchemes {
                bearer: true,
                dpop: true,
            },
        }
    }
}

impl Challenge {
    /// A challenge for the API called `realm`.
    ///
    /// Characters that a quoted string cannot contain are removed (RFC 9110 section 5.6.4).
    pub fn new(realm: &str) -> Self {
        Self::from_parameters(format!(" realm={}", quoted(realm)), String::new())
    }

    /// Adds the URL of the API's protected-resource metadata.
    #[must_use]
    pub fn with_resource_metadata(self, url: &str) -> Self {
        let parameters = self.parameters + ", resource_metadata=" + &quoted(url);
        Self::from_parameters(parameters, self.algorithms)
    }

    /// Adds a challenge for the scheme `DPoP`.
    #[must_use]
    pub(super) fn with_proofs(self, policy: &ProofPolicy) -> Self {
        let names: Vec<_> = policy.algorithms().iter().map(|it| it.name()).collect();
        let algorithms = format!(", algs={}", quoted(&names.join(" ")));
        Self::from_parameters(self.parameters, algorithms)
    }

    fn from_parameters(parameters: String, algorithms: String) -> Self {
        let mut challenge = Self {
            parameters,
            algorithms,
            bearer: None,
            dpop: None,
            prepared: HashMap::new(),
        };
        challenge.bearer = challenge.header(AuthorizationScheme::Bearer, "");
        challenge.dpop = challenge.header(AuthorizationScheme::Dpop, "");
        let fixed = common().into_iter();
        let written = |rejection: Rejection| {
            let value = challenge.written(&rejection, AuthorizationScheme::Bearer);
            Some((rejection.reason(), value?))
        };
        challenge.prepared = fixed.filter_map(written).collect();
        challenge
    }

    /// The response to a refused call, for an operation that accepts bearer tokens and bound ones.
    pub fn answer(&self, rejection: Rejection) -> Response {
        self.answer_to(Asked::default(), rejection)
    }

    pub(super) fn answer_to(&self, asked: Asked, rejection: Rejection) -> Response {
        let problem = rejection.problem();
        let mut response = match rejection.specific_detail() {
            None => problem.into_response(),
            Some(detail) => problem.into_response_with(&detail),
        };
        let headers = response.headers_mut();
        for challenge in self.headers(asked, &rejection).into_iter().flatten() {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
        if let Some(nonce) = rejection
            .nonce()
            .and_then(|it| HeaderValue::try_from(it).ok())
        {
            headers.insert(DPOP_NONCE, nonce);
        }
        if let Some(seconds) = rejection.retry_after_secs() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(rejection);
        response
    }

    /// The challenges: that of the scheme `Bearer` first.
    pub(super) fn headers(&self, asked: Asked, rejection: &Rejection) -> [Option<HeaderValue>; 2] {
        let Asked { scheme, accepted } = asked;
        let own = match self.prepared.get(rejection.reason()) {
            Some(prepared) if scheme == AuthorizationScheme::Bearer => Some(prepared.clone()),
            _ => self.written(rejection, scheme),
        };
        let Some(own) = own else { return [None, None] };
        let is_without_credentials = rejection.is_without_credentials();
        // Another scheme does not help a caller that may not make the call.
        let is_unauthorized = rejection.problem().status == StatusCode::UNAUTHORIZED;
        let other = |value: &Option<HeaderValue>, is_accepted: bool| {
            value.clone().filter(|_| is_unauthorized && is_accepted)
        };
        match scheme {
            AuthorizationScheme::Bearer if is_without_credentials && !accepted.bearer => {
                [None, self.dpop.clone()]
            }
            AuthorizationScheme::Bearer => [Some(own), other(&self.dpop, accepted.dpop)],
            AuthorizationScheme::Dpop => [other(&self.bearer, accepted.bearer), Some(own)],
        }
    }

    /// RFC 6750 section 3: no error code for a request without credentials.
    fn written(&self, rejection: &Rejection, scheme: AuthorizationScheme) -> Option<HeaderValue> {
        let parameters = match rejection {
            Rejection::MissingCredentials | Rejection::MissingScheme => String::new(),
            Rejection::InvalidRequest(_) | Rejection::TlsRequired => {
                error("invalid_request", rejection)
            }
            Rejection::InvalidToken(_) => error("invalid_token", rejection),
            Rejection::InvalidBinding(binding) => error(binding_code(binding)?, rejection),
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
            | Rejection::NotDecrypted { .. }
            | Rejection::NotIntrospected { .. }
            | Rejection::NotGuarded => return None,
        };
        self.header(scheme, &parameters)
    }

    fn header(&self, scheme: AuthorizationScheme, parameters: &str) -> Option<HeaderValue> {
        let (name, algorithms) = match scheme {
            AuthorizationScheme::Bearer => ("Bearer", ""),
            AuthorizationScheme::Dpop if self.algorithms.is_empty() => return None,
            AuthorizationScheme::Dpop => ("DPoP", &*self.algorithms),
        };
        let value = [name, &self.parameters, algorithms, parameters].concat();
        HeaderValue::try_from(value).ok()
    }
}

/// The error code of RFC 9449 section 7.1; `None` if the caller is not at fault.
fn binding_code(error: &BindingError) -> Option<&'static str> {
    match error {
        BindingError::Proof(ProofError::WrongKey) => Some("invalid_token"),
        BindingError::Proof(_) => Some("invalid_dpop_proof"),
        BindingError::NonceRequired { .. } => Some("use_dpop_nonce"),
        BindingError::TooManyProofs { .. } | BindingError::ProofsUnavailable => None,
        _ => Some("invalid_token"),
    }
}

/// The refusals with a fixed sentence of which there may be many.
fn common() -> Vec<Rejection> {
    let requests = [BearerError::Repeated, BearerError::Malformed];
    let tokens = [
        TokenError::TooLong { bytes: 0 },
        TokenError::IllegalCharacter,
        TokenError::Segments { found: 0 },
        TokenError::UnknownForm,
        TokenError::Inactive,
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
        Self::new("api").with_proofs(&ProofPolicy::default())
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

/// RFC 9449 section 8.
pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

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
