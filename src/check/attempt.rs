//! One request that is sent, and what has to come of it.

use http::{HeaderMap, Method};
use url::Url;

use crate::description::request::Inputs;
use crate::token::Scope;

/// A request and its expectation.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// A word of [`CHECKS`](super::CHECKS).
    pub(super) check: &'static str,
    /// What was sent, for people.
    pub(super) sent: String,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<String>,
    pub(super) inputs: Inputs,
    pub(super) expected: Expected,
    /// Whether callers without credentials are served too, as who let in may have been.
    pub(super) is_optional: bool,
    /// What no answer may repeat.
    pub(super) secrets: Vec<String>,
}

/// What has to come.
#[derive(Debug, Clone)]
pub(super) enum Expected {
    /// The operation answers: nobody is asked who they are.
    Open,
    /// The operation answers the holder of this token.
    Through,
    /// 401 and a challenge without an error code: nothing was wrong, it was missing.
    Challenge,
    /// 401 and a challenge, `invalid_token`.
    Refused,
    /// 400, or 401 as for a bad token: no token can be made out.
    Malformed,
    /// 403 and a challenge, `insufficient_scope`, with the scope required.
    Forbidden(Scope),
    /// No success: the same operation by another name.
    NotThrough,
    /// Pages of this origin may not read the answer.
    Unreadable(String),
    /// Pages of this origin may ask to send a token, without one.
    Preflight(String),
    /// Pages of this origin may read the answer, whatever it is.
    Readable(String),
}
