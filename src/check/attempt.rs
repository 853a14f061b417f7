//! One request of the check, and the answer that it must get.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::description::request::Inputs;
use crate::token::Scope;

/// A request and its expectation.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// A word of [`CHECKS`](super::CHECKS).
    pub(super) check: &'static str,
    /// What was sent, as the report shows it.
    pub(super) sent: String,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<String>,
    pub(super) inputs: Inputs,
    /// Whether the request asks for a WebSocket, as the document says that it has to.
    pub(super) is_upgrade: bool,
    pub(super) expected: Expected,
    /// Whether callers without credentials are served too. Then an accepted request may be theirs.
    pub(super) is_optional: bool,
    /// Whether it was made from the good token. Its refusal shows something only if the API
    /// accepts the good token.
    pub(super) is_derived: bool,
    /// Strings that no answer may contain.
    pub(super) secrets: Vec<String>,
}

/// The answer that a request must get.
#[derive(Debug, Clone)]
pub(super) enum Expected {
    /// The operation answers every caller.
    Open,
    /// The operation answers the holder of the good token.
    Accepted,
    /// 401 and a challenge without an error code, because the credentials are missing.
    Challenge,
    /// 401 and a challenge, `invalid_token`.
    Refused,
    /// 400, or 401 as for a bad token, because the header contains no token.
    Malformed,
    /// 403 and a challenge, `insufficient_scope`, with the scopes of one of these sets.
    Forbidden(Vec<Scope>),
    /// No success, because this is the same operation by another name.
    NotServed,
    /// Pages of this origin may not read the answer.
    Unreadable(String),
    /// Pages of this origin may send a preflight without a token.
    Preflight(String),
    /// Pages of this origin may read the answer, whatever it is.
    Readable(String),
}

impl Expected {
    /// Whether an accepted request has passed a guard that should have refused it.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Challenge
                | Self::Refused
                | Self::Malformed
                | Self::Forbidden(_)
                | Self::NotServed
        )
    }
}

impl Attempt {
    /// The same request for another check.
    pub(super) fn trying(&self, check: &'static str, sent: &str, expected: Expected) -> Self {
        Self {
            check,
            sent: sent.to_owned(),
            expected,
            ..self.clone()
        }
    }

    /// The method and the path, without what else is sent.
    pub(super) fn place(&self) -> (Method, String) {
        (self.method.clone(), self.url.path().to_owned())
    }

    pub(super) fn by(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::try_from(value) {
            self.headers.append(name, value);
        }
        self
    }

    /// With one more `Authorization` field, which no answer may repeat.
    pub(super) fn carrying(self, field: &[u8]) -> Self {
        let mut attempt = self.hiding(&String::from_utf8_lossy(field));
        if let Ok(value) = HeaderValue::from_bytes(field) {
            attempt.headers.append(AUTHORIZATION, value);
        }
        attempt
    }

    /// The same request, marked as made from the good token.
    pub(super) fn derived(self) -> Self {
        Self {
            is_derived: true,
            ..self
        }
    }

    /// The same request; no answer may contain a part of `credentials`.
    pub(super) fn hiding(mut self, credentials: &str) -> Self {
        let parts = credentials
            .split([' ', '.'])
            .filter(|part| part.len() >= SHORTEST_SECRET);
        self.secrets.extend(parts.map(str::to_owned));
        self
    }

    pub(super) fn with_token(
        &self,
        check: &'static str,
        sent: &str,
        token: &str,
        expected: Expected,
    ) -> Self {
        let attempt = self.trying(check, sent, expected);
        attempt.carrying(format!("Bearer {token}").as_bytes())
    }
}

/// A shorter string may occur in an answer by chance.
const SHORTEST_SECRET: usize = 12;
