//! What is only read answers GET and HEAD alike.

use std::sync::Arc;

use poem::{Endpoint, Response, RouteMethod};

/// Answers GET and HEAD alike; of the latter hyper sends no body.
pub(crate) fn read(endpoint: impl Endpoint<Output = Response> + 'static) -> RouteMethod {
    let endpoint = Arc::new(endpoint);
    RouteMethod::new().get(endpoint.clone()).head(endpoint)
}
