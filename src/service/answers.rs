//! What answers requests and needs nobody to hold it: it lives for as long as it has one to
//! answer, whatever is put in its place meanwhile.
//!
//! A request is handed down by value, and is 600 bytes: what borrows its endpoint must keep
//! it, and copy it, until it is polled.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use poem::{Endpoint, Request, Response};

pub(super) trait Answers: Send + Sync {
    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response>;
}

impl<E: Endpoint<Output = Response> + 'static> Answers for E {
    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            match self.call(request).await {
                Ok(response) => response,
                Err(error) => error.into_response(),
            }
        })
    }
}
