//! Reports decisions to an observer, such as an audit log.
//!
//! A handler can refuse a call that its gate admitted. The observer is notified of both decisions.

use std::fmt;
use std::sync::Arc;

use poem::{Request, Response, Result};

use super::principal::Principal;
use super::rejection::Rejection;

/// The decision of a gate on one request. It contains no token.
#[non_exhaustive]
pub struct Decision<'a> {
    /// The request, as it arrived at the gate. Its body is empty if a handler refuses the call.
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

/// An admitted request that its handler can still refuse. It has a copy of the request without the
/// body, because the handler consumes the request.
pub(super) struct Admitted {
    observer: DecisionObserver,
    request: Request,
    operation_id: Option<&'static str>,
}

impl Admitted {
    pub(super) fn new(
        observer: &DecisionObserver,
        request: &Request,
        operation_id: Option<&'static str>,
    ) -> Self {
        let mut copy = Request::builder()
            .method(request.method().clone())
            .uri(request.uri().clone())
            .version(request.version())
            .finish();
        copy.headers_mut().clone_from(request.headers());
        copy.extensions_mut().clone_from(request.extensions());
        Self {
            observer: observer.clone(),
            request: copy,
            operation_id,
        }
    }

    /// Notifies the observer if this is the answer of a handler that refused the call.
    pub(super) fn report_refusal(&self, answer: &Result<Response>) {
        let refusal = match answer {
            Ok(response) => response.data::<Rejection>(),
            Err(error) => error.data(),
        };
        if refusal.is_some() {
            self.observer.notify(&Decision {
                request: &self.request,
                operation_id: self.operation_id,
                caller: self.request.data::<Principal>(),
                refusal,
            });
        }
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
