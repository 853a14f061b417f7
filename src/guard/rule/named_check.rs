//! A check that the application makes in code, with a reason word of its own.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use poem::Request;

use crate::guard::principal::Principal;

/// A check in code.
#[derive(Clone)]
pub(in crate::guard) struct NamedCheck {
    pub(in crate::guard) reason: &'static str,
    run: Run,
}

/// What a check decides later.
pub type CheckFuture<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

#[derive(Clone)]
enum Run {
    Now(Arc<Now>),
    Later(Arc<Later>),
}

type Now = dyn Fn(&Principal, &Request) -> bool + Send + Sync;
type Later = dyn for<'a> Fn(&'a Principal, &'a Request) -> CheckFuture<'a> + Send + Sync;

impl NamedCheck {
    pub(super) fn now(
        reason: &'static str,
        accepts: impl Fn(&Principal, &Request) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            reason,
            run: Run::Now(Arc::new(accepts)),
        }
    }

    pub(super) fn later(
        reason: &'static str,
        accepts: impl for<'a> Fn(&'a Principal, &'a Request) -> CheckFuture<'a> + Send + Sync + 'static,
    ) -> Self {
        Self {
            reason,
            run: Run::Later(Arc::new(accepts)),
        }
    }

    /// Whether the check is asynchronous.
    pub(super) fn waits(&self) -> bool {
        matches!(self.run, Run::Later(_))
    }

    /// The decision of a check that does not wait.
    pub(super) fn accepts_now(&self, caller: &Principal, request: &Request) -> bool {
        match &self.run {
            Run::Now(accepts) => accepts(caller, request),
            Run::Later(_) => false,
        }
    }

    pub(super) async fn accepts(&self, caller: &Principal, request: &Request) -> bool {
        match &self.run {
            Run::Now(accepts) => accepts(caller, request),
            Run::Later(accepts) => accepts(caller, request).await,
        }
    }

    /// Whether the reason has the form of a reason word.
    pub(super) fn has_reason_word(&self) -> bool {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        self.reason
            .starts_with(|first: char| first.is_ascii_lowercase())
            && self.reason.bytes().all(is_part)
    }
}

impl fmt::Debug for NamedCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NamedCheck").field(&self.reason).finish()
    }
}

/// Checks are equal if they have the same reason and share their function.
impl PartialEq for NamedCheck {
    fn eq(&self, other: &Self) -> bool {
        let is_same = match (&self.run, &other.run) {
            (Run::Now(one), Run::Now(other)) => Arc::ptr_eq(one, other),
            (Run::Later(one), Run::Later(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        self.reason == other.reason && is_same
    }
}
