//! One request of the check, and the answer that it must get.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::description::request::Inputs;
use crate::issuer::ProofMaker;
use crate::token::Scope;

use super::issued::Issued;
use super::opaque_token::OpaqueBinding;
use super::parts::Parts;
use super::presented::{Presented, Support, is_bound_to};
use super::tokens::Tokens;

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
    /// The key of tokens that are bound to one.
    pub(super) holder: Option<ProofMaker>,
    /// Whether tokens that cannot be read are bound to this key.
    pub(super) opaque: OpaqueBinding,
    /// The bound token in the request, with whose proof it is sent.
    pub(super) presented: Option<Presented>,
    /// For attempts with a stolen token: whether the API accepts bound tokens.
    pub(super) support: Option<Support>,
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
    /// 401 and a challenge, because the caller does not prove to have the key of the token.
    Unproven,
    /// 401 and a challenge, because the token is not bound to a key.
    Unbound,
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
                | Self::Unproven
                | Self::Unbound
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
        let attempt = attempt.carrying(format!("{} {token}", self.scheme_of(token)).as_bytes());
        attempt.proving(token)
    }

    /// The same request; tokens that are bound to this key are sent with its proofs.
    pub(super) fn held_by(self, holder: Option<ProofMaker>) -> Self {
        Self { holder, ..self }
    }

    /// The same request for the tokens of an issuer. Of those that cannot be read, all are bound or
    /// none.
    pub(super) fn for_tokens_of(&self, issued: Option<&Issued<'_>>, tokens: &Tokens) -> Self {
        let opaque = issued.and_then(|it| tokens.binding(it.first()));
        Self {
            opaque: opaque.unwrap_or_default(),
            ..self.clone()
        }
    }

    /// The scheme that a token is sent with.
    pub(super) fn scheme_of(&self, token: &str) -> &'static str {
        match self.key_of(token) {
            Some(_) => "DPoP",
            None => "Bearer",
        }
    }

    /// The key of the holder, if a token is bound to it.
    fn key_of(&self, token: &str) -> Option<&ProofMaker> {
        let is_bound = |holder: &&ProofMaker| {
            is_bound_to(token, holder)
                || (self.opaque == OpaqueBinding::Bound && Parts::read(token).is_none())
        };
        self.holder.as_ref().filter(is_bound)
    }

    /// With a new proof, if the token is bound to our key.
    pub(super) fn proving(self, token: &str) -> Self {
        let presented = self.key_of(token).map(|key| Presented::new(key, token));
        match presented {
            Some(presented) => self.presented(presented),
            None => self,
        }
    }

    pub(super) fn presented(self, presented: Presented) -> Self {
        Self {
            presented: Some(presented),
            ..self
        }
    }

    /// How many requests it takes at most: see [`Sender`](super::sender::Sender).
    pub(super) fn max_requests(&self) -> usize {
        match &self.presented {
            None => 1,
            Some(presented) if presented.is_replay() => 3,
            Some(_) => 2,
        }
    }
}

/// A shorter string may occur in an answer by chance.
const SHORTEST_SECRET: usize = 12;
