//! The wrapper around an endpoint that applies its rule. It contains the rule, so that no call has
//! to look it up.

use std::future::{Future, ready};
use std::net::{IpAddr, SocketAddr};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either};
use poem::{Endpoint, IntoResponse, Request, Response};
use poem_openapi::OperationId;

use super::bearer::{self, AuthorizationScheme};
use super::challenge::Asked;
use super::mismatch::Mismatch;
use super::next_nonce::with_next_nonce;
use super::observer::{Admitted, Decision, Refusal};
use super::principal::{Anonymous, Principal};
use super::rejection::Rejection;
use super::rule::{OperationRule, Requirement, Rule};
use super::{Guard, web_socket};

/// An endpoint behind its rule.
pub struct Gate<E> {
    inner: E,
    guard: Guard,
    rule: Rule,
    operation_id: Option<&'static str>,
    /// Whether the endpoint may open a WebSocket, whose token can be in another header.
    may_upgrade: bool,
}

impl<E> Gate<E> {
    pub(super) fn for_route(inner: E, guard: Guard, rule: Rule) -> Self {
        Self {
            inner,
            guard,
            rule,
            operation_id: None,
            may_upgrade: true,
        }
    }

    pub(super) fn for_operation(inner: E, guard: Guard, operation: &OperationRule) -> Self {
        Self {
            inner,
            guard,
            rule: operation.rule.clone(),
            operation_id: operation.operation_id,
            may_upgrade: operation.may_upgrade,
        }
    }

    fn refuse(&self, rejection: Rejection, scheme: AuthorizationScheme) -> Response {
        let accepted = match &self.rule {
            Rule::Anonymous => Asked::default().accepted,
            Rule::Optional(requirement) | Rule::Protected(requirement) => {
                requirement.bindings().schemes(self.guard.certificates())
            }
        };
        let asked = Asked { scheme, accepted };
        let mut response = self.guard.challenge().answer_to(asked, rejection);
        // Poem-openapi does the same for responses of the operation itself.
        if let Some(id) = self.operation_id {
            response.set_data(OperationId(id));
        }
        response
    }
}

impl<E: Endpoint> Endpoint for Gate<E> {
    type Output = Response;

    /// A call that can be decided immediately is passed on immediately. Otherwise, the request is
    /// kept until the decision.
    fn call(&self, mut request: Request) -> impl Future<Output = poem::Result<Response>> + Send {
        let refusal = match &self.rule {
            Rule::Anonymous => match self.guard.require_tls(&request) {
                Ok(()) => None,
                Err(rejection) => self.conclude(&mut request, Err(rejection.into())),
            },
            Rule::Optional(requirement) | Rule::Protected(requirement) => {
                if self.may_upgrade && web_socket::is_opened_by(&request) {
                    return Either::Right(self.open(request, requirement).boxed());
                }
                match self.admit_at_once(&request, requirement) {
                    Some(admitted) => self.conclude(&mut request, admitted),
                    None => return Either::Right(self.wait(request, requirement).boxed()),
                }
            }
        };
        Either::Left(match refusal {
            Some(refusal) => Either::Left(ready(Ok(refusal))),
            None if self.is_observed() => return Either::Right(self.pass_observed(request)),
            None => Either::Right(self.pass(request)),
        })
    }
}

impl<E: Endpoint> Gate<E> {
    async fn wait(
        &self,
        mut request: Request,
        requirement: &Requirement,
    ) -> poem::Result<Response> {
        let mut next_nonce = None;
        let judged = self.guard.judge_new(&request, requirement, &mut next_nonce);
        let admitted = self.count(&request, judged.await);
        let answer = match self.conclude(&mut request, admitted) {
            Some(refusal) => Ok(refusal),
            None => self.pass_on(request).await,
        };
        with_next_nonce(answer, next_nonce)
    }

    /// Opens a WebSocket, if the caller is admitted.
    async fn open(
        &self,
        mut request: Request,
        requirement: &Requirement,
    ) -> poem::Result<Response> {
        let token = if self.guard.reads_protocols {
            web_socket::token(request.headers())
        } else {
            Ok(None)
        };
        let has_offered_token = matches!(token, Ok(Some(_)));
        let mut next_nonce = None;
        let admitted = if let Err(rejection) = self.check_limits(&request) {
            Err(rejection.into())
        } else {
            let judged = match token {
                Ok(Some(token)) => self.guard.judge_token(&token, &request, requirement).await,
                Ok(None) => {
                    let judged = self.guard.judge(&request, requirement, &mut next_nonce);
                    judged.await
                }
                Err(error) => Err(error.into()),
            };
            self.count(&request, judged)
        };
        if let Some(refusal) = self.conclude(&mut request, admitted) {
            return with_next_nonce(Ok(refusal), next_nonce);
        }
        if has_offered_token {
            web_socket::remove_token(request.headers_mut());
        }
        let answer = self.pass_on(request).await;
        let mut response = with_next_nonce(answer, next_nonce)?;
        if has_offered_token {
            web_socket::select_protocol(&mut response);
        }
        Ok(response)
    }

    fn pass(&self, request: Request) -> impl Future<Output = poem::Result<Response>> + Send {
        let answer = self.inner.call(request);
        // Errors are not examined here: that would copy each response once more.
        answer.map(|answer| answer.map(IntoResponse::into_response))
    }

    /// As [`Gate::pass`], for a request that had to wait.
    async fn pass_on(&self, request: Request) -> poem::Result<Response> {
        if self.is_observed() {
            self.pass_observed(request).await
        } else {
            self.pass(request).await
        }
    }

    /// As [`Gate::pass`], and notifies the observer if the handler refuses the call.
    fn pass_observed(&self, request: Request) -> BoxFuture<'_, poem::Result<Response>> {
        let observer = self.guard.observer();
        let admitted = observer.map(|it| Admitted::new(it, &request, self.operation_id));
        let answer = self.pass(request);
        let report = move |answer: &_| {
            if let Some(admitted) = &admitted {
                admitted.report_refusal(answer);
            }
        };
        answer.inspect(report).boxed()
    }
}

impl<E> Gate<E> {
    /// Whether an observer is notified of decisions on this endpoint.
    fn is_observed(&self) -> bool {
        !matches!(self.rule, Rule::Anonymous) && self.guard.observer().is_some()
    }

    /// The guard's decision, within the rate limits; `None` if it has to wait for keys.
    fn admit_at_once(
        &self,
        request: &Request,
        requirement: &Requirement,
    ) -> Option<Result<Principal, Refusal>> {
        if let Err(rejection) = self.check_limits(request) {
            return Some(Err(rejection.into()));
        }
        let judged = self.guard.judge_at_once(request, requirement)?;
        Some(self.count(request, judged))
    }

    fn check_limits(&self, request: &Request) -> Result<(), Rejection> {
        match self.guard.limits() {
            Some(limits) => limits.check_address(address(request)),
            None => Ok(()),
        }
    }

    fn count(
        &self,
        request: &Request,
        judged: Result<Principal, Refusal>,
    ) -> Result<Principal, Refusal> {
        let Some(limits) = self.guard.limits() else {
            return judged;
        };
        match judged {
            Ok(caller) => match limits.count_call(&caller) {
                Ok(()) => Ok(caller),
                Err(rejection) => Err(Refusal {
                    rejection,
                    caller: Some(caller),
                }),
            },
            Err(refusal) => {
                limits.count_refusal(address(request), &refusal.rejection);
                Err(refusal)
            }
        }
    }

    /// Passes an admitted caller to the endpoint, or returns the response to a refused one.
    fn conclude(
        &self,
        request: &mut Request,
        admitted: Result<Principal, Refusal>,
    ) -> Option<Response> {
        if let (Rule::Optional(_), Err(refusal)) = (&self.rule, &admitted)
            && refusal.rejection.is_without_credentials()
        {
            let challenge = self.guard.shared_challenge();
            request.extensions_mut().insert(Anonymous(challenge));
            return None;
        }
        self.notify(request, &admitted);
        match admitted {
            Ok(principal) => {
                request.extensions_mut().insert(principal);
                None
            }
            Err(refusal) => {
                let Refusal { rejection, caller } = refusal;
                let mismatch = Mismatch::find(&self.guard, request, &rejection, caller.as_ref());
                let mut response = self.refuse(rejection, scheme(request));
                if let Some(mismatch) = mismatch {
                    response.extensions_mut().insert(mismatch);
                }
                Some(response)
            }
        }
    }

    /// Notifies the observer of decisions.
    fn notify(&self, request: &Request, admitted: &Result<Principal, Refusal>) {
        let Some(observer) = self.guard.observer() else {
            return;
        };
        let (caller, refusal) = match admitted {
            Ok(caller) => (Some(caller), None),
            Err(refusal) => (refusal.caller.as_ref(), Some(&refusal.rejection)),
        };
        observer.notify(&Decision {
            request,
            operation_id: self.operation_id,
            caller,
            refusal,
        });
    }
}

/// The scheme that the caller used.
fn scheme(request: &Request) -> AuthorizationScheme {
    let credentials = bearer::credentials(request.headers());
    credentials.map_or(AuthorizationScheme::Bearer, |(scheme, _)| scheme)
}

fn address(request: &Request) -> Option<IpAddr> {
    (request.remote_addr().as_socket_addr()).map(SocketAddr::ip)
}
