//! An answer of the API, as far as the check examines it.

use std::time::Duration;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN,
};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::description::challenge::{ReceivedChallenge, challenges};

/// An answer: its head and the beginning of its body.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// From the first byte sent to the last one read.
    pub(super) took: Duration,
}

impl Answer {
    /// The challenges of this scheme (RFC 6750 section 3, RFC 9449 section 7.1).
    pub(super) fn challenges_for(&self, scheme: &str) -> Vec<ReceivedChallenge> {
        let mut challenges = challenges(&self.headers);
        challenges.retain(|challenge| challenge.has_scheme(scheme));
        challenges
    }

    /// Whether this is how an API refuses a bound token as a bearer token (RFC 9449 section 7.2). It
    /// refuses a bad token in the same way.
    pub(super) fn may_mean_bound(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED && !self.challenges_for("DPoP").is_empty()
    }

    /// Whether the operation served the caller: with a success, or with the connection.
    pub(super) fn is_served(&self) -> bool {
        self.status.is_success() || self.status == StatusCode::SWITCHING_PROTOCOLS
    }

    /// Whether pages of `origin` may read this answer.
    pub(super) fn allows_reading(&self, origin: &str) -> bool {
        let allowed = self.header(&ACCESS_CONTROL_ALLOW_ORIGIN);
        allowed.is_some_and(|allowed| allowed == "*" || allowed == origin)
    }

    /// Whether pages may send cookies and read the answer.
    pub(super) fn allows_credentials(&self) -> bool {
        self.header(&ACCESS_CONTROL_ALLOW_CREDENTIALS) == Some("true")
    }

    /// Whether pages may send `Authorization` (Fetch standard: `*` does not cover it).
    pub(super) fn allows_authorization(&self) -> bool {
        let allowed = self.header(&ACCESS_CONTROL_ALLOW_HEADERS).unwrap_or("");
        let mut names = allowed.split(',').map(str::trim);
        names.any(|name| name.eq_ignore_ascii_case("authorization"))
    }

    /// Whether the examined part of the answer contains `text`.
    pub(super) fn holds(&self, text: &str) -> bool {
        let holds = |bytes: &[u8]| {
            let text = text.as_bytes();
            bytes.windows(text.len()).any(|window| window == text)
        };
        holds(&self.body) || self.headers.values().any(|value| holds(value.as_bytes()))
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
