//! The wrapper around an endpoint that applies its rule. It holds the rule: no look-up per call.

use std::net::SocketAddr;

use poem::{Endpoint, IntoResponse, Middleware, Request, Response};
use poem_openapi::OperationId;

use super::Guard;
use super::challenge::Rejection;
use super::principal::{Anonymous, Principal};
use super::rule::{Requirement, Rule};
use super::witness::{Decision, Refusal};

/// An endpoint behind its rule.
pub struct Gate<E> {
    inner: E,
    guard: Guard,
    rule: Rule,
    operation_id: Option<&'static str>,
}

impl<E> Gate<E> {
    pub(super) fn new(
        inner: E,
        guard: Guard,
        rule: Rule,
        operation_id: Option<&'static str>,
    ) -> Self {
        Self {
            inner,
            guard,
            rule,
            operation_id,
        }
    }

    fn refuse(&self, rejection: Rejection) -> Response {
        let mut response = self.guard.challenge().answer(rejection);
        // As poem-openapi does for answers of the operation itself.
        if let Some(id) = self.operation_id {
            response.set_data(OperationId(id));
        }
        response
    }
}

impl<E: Endpoint> Endpoint for Gate<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let requirement = match &self.rule {
            Rule::Anonymous => return self.pass(request).await,
            Rule::Optional(requirement) | Rule::Protected(requirement) => requirement,
        };
        let admitted = self.admit(&request, requirement).await;
        if let Err(refusal) = &admitted
            && refusal.rejection == Rejection::MissingCredentials
            && matches!(self.rule, Rule::Optional(_))
        {
            request.extensions_mut().insert(Anonymous);
            return self.pass(request).await;
        }
        self.tell(&request, &admitted);
        match admitted {
            Ok(principal) => {
                request.extensions_mut().insert(principal);
            }
            Err(refusal) => return Ok(self.refuse(refusal.rejection)),
        }
        self.pass(request).await
    }
}

impl<E> Gate<E> {
    /// The guard's decision, within the limits on how often it is asked for.
    async fn admit(
        &self,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        let headers = request.headers();
        let Some(limits) = self.guard.limits() else {
            return self.guard.judge(headers, requirement).await;
        };
        let address = (request.remote_addr().as_socket_addr()).map(SocketAddr::ip);
        limits.check_address(address)?;
        let judged = self.guard.judge(headers, requirement).await;
        match judged {
            Ok(caller) => match limits.count_call(&caller) {
                Ok(()) => Ok(caller),
                Err(rejection) => Err(Refusal {
                    rejection,
                    caller: Some(caller),
                }),
            },
            Err(refusal) => {
                limits.count_refusal(address, &refusal.rejection);
                Err(refusal)
            }
        }
    }

    fn tell(&self, request: &Request, admitted: &Result<Principal, Refusal>) {
        let Some(witness) = self.guard.witness() else {
            return;
        };
        let (caller, refusal) = match admitted {
            Ok(caller) => (Some(caller), None),
            Err(refusal) => (refusal.caller.as_ref(), Some(&refusal.rejection)),
        };
        witness.tell(&Decision {
            request,
            operation_id: self.operation_id,
            caller,
            refusal,
        });
    }
}

impl<E: Endpoint> Gate<E> {
    async fn pass(&self, request: Request) -> poem::Result<Response> {
        self.inner
            .call(request)
            .await
            .map(IntoResponse::into_response)
    }
}

/// A middleware that lets only holders of a token through: see [`Guard::require`].
#[derive(Debug, Clone)]
pub struct Require {
    guard: Guard,
    requirement: Requirement,
}

impl Require {
    pub(super) fn new(guard: Guard, requirement: Requirement) -> Self {
        Self { guard, requirement }
    }
}

impl<E: Endpoint> Middleware<E> for Require {
    type Output = Gate<E>;

    fn transform(&self, endpoint: E) -> Gate<E> {
        let rule = Rule::Protected(self.requirement.clone());
        Gate::new(endpoint, self.guard.clone(), rule, None)
    }
}
