//! What answers requests and needs nobody to hold it: it lives for as long as it has one to
//! answer, whatever is put in its place meanwhile.
//!
//! A request is handed down by value, and is 500 bytes: an `async fn` keeps it, and copies it,
//! until it is polled, and awaits a future that it has by making room for it twice. So the
//! layers are plain functions that call the next one at once and map what comes of it.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use poem::{Endpoint, Request, Response};

pub(super) trait Answers: Send + Sync {
    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response>;
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
