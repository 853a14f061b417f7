//! Turns every error into a problem with fixed strings, so that no router, extractor or panic sends
//! a message of its own. A response that an operation returns as its error is kept, because the
//! document describes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use poem::PathPattern;
use poem::{Endpoint, Error, IntoResponse, Middleware, Request, Response, Result};
use poem_openapi::OperationId;

use crate::guard::{OperationRule, Problem};

use super::paths::{full_path, is_reserved};
use super::traces;

/// Turns errors and panics into problems.
#[derive(Clone, Default)]
pub(super) struct Problems {
    allowed: Arc<HashMap<String, HeaderValue>>,
}

impl Problems {
    /// Knows which methods the paths of these operations answer to, below `base_path`; the
    /// service's own paths answer to GET and HEAD.
    pub(super) fn new(rules: &[OperationRule], base_path: &str) -> Self {
        let mut methods: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for rule in rules {
            let of_path = methods
                .entry(full_path(base_path, &rule.route()))
                .or_default();
            of_path.insert(rule.method.as_str());
            if rule.method == Method::GET {
                of_path.insert(Method::HEAD.as_str());
            }
        }
        let header = |methods: BTreeSet<&str>| {
            let methods: Vec<_> = methods.into_iter().collect();
            HeaderValue::try_from(methods.join(", ")).ok()
        };
        let allowed = methods
            .into_iter()
            .filter_map(|(path, methods)| Some((path, header(methods)?)))
            .collect();
        Self {
            allowed: Arc::new(allowed),
        }
    }

    /// The response of an endpoint, or a problem in place of its error or its panic.
    pub(super) async fn answer(&self, answer: impl Future<Output = Result<Response>>) -> Response {
        match AssertUnwindSafe(answer).catch_unwind().await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => self.problem(error),
            Err(_) => panicked(),
        }
    }

    fn problem(&self, error: Error) -> Response {
        let pattern = error.data::<PathPattern>().cloned();
        let operation = error.data::<OperationId>().copied();
        let is_chosen = error.is_from_response();
        let response = error.into_response();
        // The guard's own refusals are problems already.
        let is_problem = response.data::<Problem>().is_some();
        let mut response = if is_chosen || is_problem {
            response
        } else {
            problem(response.status()).into_response()
        };
        // RFC 9110 section 15.5.6.
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            let route = pattern.as_ref().map_or("", |pattern| &pattern.0);
            let allowed = self.allowed.get(route).cloned();
            let is_own = || is_reserved(route).then_some(READ);
            // Which methods plain routes answer to is known to them alone.
            if let Some(allowed) = allowed.or_else(is_own) {
                response.headers_mut().insert(ALLOW, allowed);
            }
        }
        if let Some(pattern) = pattern {
            response.extensions_mut().insert(pattern);
        }
        if let Some(operation) = operation {
            response.extensions_mut().insert(operation);
        }
        response
    }
}

impl<E: Endpoint> Middleware<E> for Problems {
    type Output = ProblemsEndpoint<E>;

    fn transform(&self, inner: E) -> ProblemsEndpoint<E> {
        ProblemsEndpoint {
            inner,
            problems: self.clone(),
        }
    }
}

pub(super) struct ProblemsEndpoint<E> {
    inner: E,
    problems: Problems,
}

impl<E: Endpoint> Endpoint for ProblemsEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        // Some endpoints do a part of it before there is a future to poll.
        let answer = async {
            self.inner
                .call(request)
                .await
                .map(IntoResponse::into_response)
        };
        Ok(self.problems.answer(answer).await)
    }
}

/// The response for a handler that panicked.
fn panicked() -> Response {
    let problem = Problem {
        reason: "panicked",
        ..problem(StatusCode::INTERNAL_SERVER_ERROR)
    };
    let trace_id = traces::current().map(tracing::field::display);
    tracing::error!(reason = problem.reason, trace_id, "a handler panicked");
    problem.into_response()
}

pub(super) fn problem(status: StatusCode) -> Problem {
    let (reason, detail) = match status {
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this path."),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "This path does not support this method.",
        ),
        StatusCode::REQUEST_TIMEOUT => ("timeout", "The request took too long."),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_long", "The body of the request is too large."),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            ("head_too_long", "The head of the request is too large.")
        }
        _ if status.is_client_error() => ("bad_request", "The request is not valid."),
        _ => ("internal_error", "The request could not be answered."),
    };
    Problem {
        status,
        detail,
        reason,
    }
}

const READ: HeaderValue = HeaderValue::from_static("GET, HEAD");

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use poem::EndpointExt;
    use poem::endpoint::make_sync;

    use super::*;

    /// Panics before it is polled, when it is, or not at all.
    struct Panics(&'static str);

    impl Endpoint for Panics {
        type Output = &'static str;

        fn call(&self, _: Request) -> impl Future<Output = Result<&'static str>> + Send {
            assert!(self.0 != "at once", "a secret");
            async {
                assert!(self.0 != "later", "a secret");
                Ok("fine")
            }
        }
    }

    #[tokio::test]
    async fn a_response_that_is_an_error_is_kept_and_another_error_is_a_problem() {
        let conflict = || "taken".with_status(StatusCode::CONFLICT).into_response();
        for (chosen, said) in [(true, "taken"), (false, "\"reason\":\"bad_request\"")] {
            let endpoint = make_sync(move |_| -> Result<Response> {
                Err(if chosen {
                    Error::from_response(conflict())
                } else {
                    Error::from_string("taken", StatusCode::CONFLICT)
                })
            });

            let endpoint = endpoint.with(Problems::default());

            let response = endpoint.call(Request::default()).await.unwrap();

            assert_eq!(response.status(), 409);
            let body = response.into_body().into_string().await.unwrap();
            assert!(body.contains(said), "{body}");
        }
    }

    #[tokio::test]
    async fn a_panic_at_any_time_is_answered_with_a_problem() {
        for (when, status, said) in [
            ("at once", 500, "\"reason\":\"panicked\""),
            ("later", 500, "\"reason\":\"panicked\""),
            ("never", 200, "fine"),
        ] {
            let endpoint = Panics(when).with(Problems::default());

            let response = endpoint.call(Request::default()).await.unwrap();

            assert_eq!(response.status(), status, "{when}");
            let body = response.into_body().into_string().await.unwrap();
            assert!(body.contains(said) && !body.contains("secret"), "{body}");
        }
    }
}
