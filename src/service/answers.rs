//! Answers requests without a borrow: an endpoint lives until its last request is answered, even
//! if a reload replaces it before.
//!
//! A request has 500 bytes, and each layer that takes it by value copies it two or three times. So
//! it is passed in a box until poem's own endpoints take it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Method;
use poem::{Endpoint, IntoResponse, Request, Response};

use crate::guard::Problem;

pub(super) trait Answers: Send + Sync {
    fn answer(self: Arc<Self>, request: Box<Request>) -> BoxFuture<'static, Response>;

    /// Answers a request that the server refuses, so that the refusal can be counted.
    fn refuse(&self, _method: &Method, problem: Problem) -> Response {
        problem.into_response()
    }

    /// The limits that this request has instead of the listener's.
    ///
    /// The server calls this for every request, after its head and before its body.
    fn limits_of(&self, _method: &Method, _path: &str) -> RequestLimits {
        RequestLimits::default()
    }
}

/// Limits of one request; `None` is the listener's own limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RequestLimits {
    pub(super) max_body_bytes: Option<usize>,
    pub(super) request_timeout: Option<Duration>,
}

impl<E: Endpoint<Output = Response> + 'static> Answers for E {
    fn answer(self: Arc<Self>, request: Box<Request>) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            // Not that of the `Arc`, which keeps the request too.
            match E::call(&self, *request).await {
                Ok(response) => response,
                Err(error) => error.into_response(),
            }
        })
    }
}
