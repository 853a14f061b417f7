//! Every error is a problem of fixed text, whoever raised it: no router, extractor or panic
//! gets to say something of its own.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use poem::PathPattern;
use poem::middleware::PanicHandler;
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result};
use poem_openapi::OperationId;

use crate::guard::{OperationRule, Problem};

use super::traces;

/// Turns errors into problems.
#[derive(Default)]
pub(super) struct Problems {
    allowed: Arc<HashMap<String, HeaderValue>>,
}

impl Problems {
    /// Knows which methods the paths of these operations answer to; any other path answers
    /// to GET and HEAD.
    pub(super) fn of(rules: &[OperationRule]) -> Self {
        let mut methods: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for rule in rules {
            let of_path = methods.entry(rule.route()).or_default();
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
}

impl<E: Endpoint> Middleware<E> for Problems {
    type Output = ProblemsEndpoint<E>;

    fn transform(&self, inner: E) -> ProblemsEndpoint<E> {
        ProblemsEndpoint {
            inner,
            allowed: self.allowed.clone(),
        }
    }
}

pub(super) struct ProblemsEndpoint<E> {
    inner: E,
    allowed: Arc<HashMap<String, HeaderValue>>,
}

impl<E: Endpoint> Endpoint for ProblemsEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let error = match self.inner.call(request).await {
            Ok(response) => return Ok(response.into_response()),
            Err(error) => error,
        };
        let pattern = error.data::<PathPattern>().cloned();
        let operation = error.data::<OperationId>().copied();
        let response = error.into_response();
        // The guard's own refusals are problems already.
        let mut response = match response.data::<Problem>() {
            Some(_) => response,
            None => problem(response.status()).into_response(),
        };
        // RFC 9110 section 15.5.6.
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            let route = pattern.as_ref().map_or("", |pattern| &pattern.0);
            let allowed = self.allowed.get(route).cloned().unwrap_or(READ);
            response.headers_mut().insert(ALLOW, allowed);
        }
        if let Some(pattern) = pattern {
            response.extensions_mut().insert(pattern);
        }
        if let Some(operation) = operation {
            response.extensions_mut().insert(operation);
        }
        Ok(response)
    }
}

/// Answers for a handler that panicked.
#[derive(Clone)]
pub(super) struct Panicked;

impl PanicHandler for Panicked {
    type Response = Response;

    fn get_response(&self, _: Box<dyn Any + Send + 'static>) -> Response {
        let problem = Problem {
            reason: "panicked",
            ..problem(StatusCode::INTERNAL_SERVER_ERROR)
        };
        let trace_id = traces::current().map(tracing::field::display);
        tracing::error!(reason = problem.reason, trace_id, "a handler panicked");
        problem.into_response()
    }
}

pub(super) fn problem(status: StatusCode) -> Problem {
    let (reason, detail) = match status {
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this path."),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "This path does not answer to this method.",
        ),
        StatusCode::REQUEST_TIMEOUT => ("timeout", "The request took too long."),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_long", "The request's body is too long."),
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
