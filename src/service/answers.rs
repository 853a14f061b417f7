//! What answers requests and needs nobody to hold it: it lives for as long as it has one to
//! answer, whatever is put in its place meanwhile.
//!
//! A request is handed down by value, and is 500 bytes: an `async fn` keeps it, and copies it,
//! until it is polled, and awaits a future that it has by making room for it twice. So the
//! layers are plain functions that call the next one at once and map what comes of it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::Method;
use poem::{Endpoint, Request, Response};

pub(super) trait Answers: Send + Sync {
    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response>;

    /// The limits that this request has instead of the listener's.
    ///
    /// The server asks after the head of a request and before its body, for every request.
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
    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            // Not that of the `Arc`, which keeps the request too.
            match E::call(&self, request).await {
                Ok(response) => response,
                Err(error) => error.into_response(),
            }
        })
    }
}
