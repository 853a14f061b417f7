//! Reports decisions to an observer, such as an audit log.

use std::fmt;
use std::sync::Arc;

use poem::Request;

use super::principal::Principal;
use super::rejection::Rejection;

/// The decision of a gate on one request. It contains no token.
#[non_exhaustive]
pub struct Decision<'a> {
    /// The request, as it arrived at the gate.
    pub request: &'a Request,
    /// The operation's id; `None` outside of poem-openapi.
    pub operation_id: Option<&'static str>,
    /// The caller, if the token is valid. A caller with a valid token can still be refused, for
    /// a missing scope or for too many calls.
    pub caller: Option<&'a Principal>,
    /// Why the call is refused; `None` if the caller is admitted.
    pub refusal: Option<&'a Rejection>,
}

/// The observer of decisions. Clones share state.
#[derive(Clone)]
pub(super) struct DecisionObserver(Arc<dyn Fn(&Decision<'_>) + Send + Sync>);

impl DecisionObserver {
    pub(super) fn new(notify: impl Fn(&Decision<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(notify))
    }

    pub(super) fn notify(&self, decision: &Decision<'_>) {
        (self.0)(decision);
    }
}

impl fmt::Debug for DecisionObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecisionObserver")
    }
}

/// A refusal, and the caller if the token is valid.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) rejection: Rejection,
    pub(super) caller: Option<Principal>,
}

impl<R: Into<Rejection>> From<R> for Refusal {
    fn from(rejection: R) -> Self {
        Self {
            rejection: rejection.into(),
            caller: None,
        }
    }
}
