//! How a user signs in: what a client requests of the sign-in, and what tokens say about it.
//!
//! This issuer has no sessions, so each request leads to a new sign-in. That meets every `max_age`.
//!
//! 1. `acr_values` has at most [`MAX_ACR_VALUES_BYTES`]. Its first class that is known here is used.
//! 2. If it has only unknown classes, the request is refused (RFC 9470 section 5).
//! 3. `max_age` is a number of seconds (OpenID Connect Core 1.0 section 3.1.2.1).

use std::time::Duration;

use super::directory::User;
use super::parameters::Parameters;
use super::refusal::Refusal;

/// A class of authentication, by the name that Okta gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuthenticationClass {
    OneFactor,
    TwoFactors,
}

impl AuthenticationClass {
    pub(super) const ALL: [Self; 2] = [Self::OneFactor, Self::TwoFactors];

    /// The value of `acr`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OneFactor => "urn:okta:loa:1fa:any",
            Self::TwoFactors => "urn:okta:loa:2fa:any",
        }
    }

    /// What the person at the browser reads.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::OneFactor => "one factor",
            Self::TwoFactors => "two factors",
        }
    }

    fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// What a client requests of the sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RequestedAuthentication {
    /// One factor, unless the client requests another class.
    pub(super) class: AuthenticationClass,
    /// The maximum time since the sign-in.
    pub(super) max_age: Option<Duration>,
}

impl RequestedAuthentication {
    /// Reads `acr_values` and `max_age`.
    pub(super) fn find(parameters: &Parameters) -> Result<Self, Refusal> {
        let class = match parameters.find("acr_values") {
            None => AuthenticationClass::OneFactor,
            Some(values) if values.len() > MAX_ACR_VALUES_BYTES => return Err(ACR_VALUES_TOO_LONG),
            Some(values) => (values.split(' '))
                .find_map(AuthenticationClass::find)
                .ok_or(ACR_VALUES_UNKNOWN)?,
        };
        let max_age = parameters.find("max_age").map(seconds).transpose()?;
        Ok(Self { class, max_age })
    }
}

/// The sign-in of a user, as its tokens describe it. RFC 9470 section 6.1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Authentication {
    pub(super) user: User,
    /// The claim `acr`.
    pub(super) class: AuthenticationClass,
    /// The claim `auth_time`: seconds since 1970.
    pub(super) time_secs: u64,
}

/// A number of seconds in digits. A sign or a fraction is refused.
fn seconds(value: &str) -> Result<Duration, Refusal> {
    let is_number = value.len() <= 10 && value.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = value.parse().ok().filter(|_| is_number);
    seconds.map(Duration::from_secs).ok_or(MAX_AGE_MALFORMED)
}

/// Far more than any list of classes needs.
const MAX_ACR_VALUES_BYTES: usize = 1024;

const ACR_VALUES_TOO_LONG: Refusal =
    Refusal::invalid_request("The parameter 'acr_values' is longer than 1024 bytes.");
const ACR_VALUES_UNKNOWN: Refusal = Refusal {
    error: "unmet_authentication_requirements",
    description: "The authorization server supports none of the requested 'acr_values'.",
};
const MAX_AGE_MALFORMED: Refusal =
    Refusal::invalid_request("The parameter 'max_age' must be a number of seconds.");
