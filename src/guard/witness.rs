//! Tells of decisions, for an audit log: who was let in where, and who was not and why.

use std::fmt;
use std::sync::Arc;

use poem::Request;

use super::challenge::Rejection;
use super::principal::Principal;

/// What a gate decided on one request. Shows no token.
#[non_exhaustive]
pub struct Decision<'a> {
    /// The request, as it came to the gate.
    pub request: &'a Request,
    /// The operation's id; none outside of poem-openapi.
    pub operation_id: Option<&'static str>,
    /// Who calls, where the token is good: also when the caller is refused all the same, for a
    /// scope or for calling too often.
    pub caller: Option<&'a Principal>,
    /// Why the caller is refused; none who is let in.
    pub refusal: Option<&'a Rejection>,
}

/// Whoever is told of decisions. Clones are the same.
#[derive(Clone)]
pub(super) struct Witness(Arc<dyn Fn(&Decision<'_>) + Send + Sync>);

impl Witness {
    pub(super) fn new(tell: impl Fn(&Decision<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(super) fn tell(&self, decision: &Decision<'_>) {
        (self.0)(decision);
    }
}

impl fmt::Debug for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Witness")
    }
}

/// A refusal, and who is refused where the token is good.
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
