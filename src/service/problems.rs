//! Every error is a problem of fixed text, whoever raised it: no router, extractor or panic
//! gets to say something of its own.

use std::any::Any;

use http::StatusCode;
use poem::PathPattern;
use poem::middleware::PanicHandler;
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result};
use poem_openapi::OperationId;

use crate::guard::Problem;

/// Turns errors into problems.
pub(super) struct Problems;

impl<E: Endpoint> Middleware<E> for Problems {
    type Output = ProblemsEndpoint<E>;

    fn transform(&self, inner: E) -> ProblemsEndpoint<E> {
        ProblemsEndpoint { inner }
    }
}

pub(super) struct ProblemsEndpoint<E> {
    inner: E,
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
        tracing::error!(reason = problem.reason, "a handler panicked");
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
        _ if status.is_client_error() => ("bad_request", "The request is not valid."),
        _ => ("internal_error", "The request could not be answered."),
    };
    Problem {
        status,
        detail,
        reason,
    }
}
