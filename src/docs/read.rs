//! Routes that answer GET and HEAD in the same way.

use std::sync::Arc;

use poem::{Endpoint, Response, RouteMethod};

/// Answers GET and HEAD in the same way. To HEAD, hyper sends no body.
pub(crate) fn read(endpoint: impl Endpoint<Output = Response> + 'static) -> RouteMethod {
    let endpoint = Arc::new(endpoint);
    RouteMethod::new().get(endpoint.clone()).head(endpoint)
}
