//! Answers callers: the routes, with problems in place of errors, for pages of listed origins too.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use poem::{Request, Response};

use super::answers::Answers;
use super::cross_origin::CrossOrigin;
use super::problems::Problems;
use super::routes::Routes;

/// What the listener for callers answers.
pub(super) struct Callers {
    pub(super) routes: Routes,
    pub(super) problems: Problems,
    pub(super) cross_origin: CrossOrigin,
}

impl Answers for Callers {
    fn answer(self: Arc<Self>, request: Box<Request>) -> BoxFuture<'static, Response> {
        Box::pin(async move {
            let allowed = self.cross_origin.allowed(&request);
            let mut response = match self.cross_origin.preflight(&request, allowed.as_ref()) {
                Some(response) => response,
                None => (self.problems).answer(self.routes.call(request)).await,
            };
            self.cross_origin.mark(&mut response, allowed);
            response
        })
    }
}
