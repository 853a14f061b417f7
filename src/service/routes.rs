//! Finds what answers a request: an operation by its path, anything else by poem's router.
//!
//! Most calls are to a few paths without parameters, so these are looked up whole. To nest
//! poem-openapi's own service in a router would route every call twice; it would also read
//! the query of each, which no operation here has.

use std::collections::HashMap;
use std::sync::Arc;

use http::Method;
use poem::endpoint::BoxEndpoint;
use poem::error::MethodNotAllowedError;
use poem::{Endpoint, IntoResponse, PathPattern, Request, Response, Result, Route, RouteMethod};
use poem_openapi::OpenApi;

/// Every path of the service.
pub(super) struct Routes {
    fixed: HashMap<Arc<str>, Methods>,
    rest: Route,
}

/// The methods that one path answers to.
struct Methods {
    path: Arc<str>,
    endpoints: Vec<(Method, BoxEndpoint<'static>)>,
}

/// Answers GET and HEAD alike; of the latter hyper sends no body.
pub(super) fn read(endpoint: impl Endpoint<Output = Response> + 'static) -> RouteMethod {
    let endpoint = Arc::new(endpoint);
    RouteMethod::new().get(endpoint.clone()).head(endpoint)
}

impl Routes {
    /// The operations of `api`, and `rest`.
    pub(super) fn new(api: impl OpenApi, rest: Route) -> Self {
        let mut table = HashMap::new();
        api.add_routes(&mut table);
        let (fixed, with_parameters): (Vec<_>, Vec<_>) =
            table.into_iter().partition(|(path, _)| !path.contains(':'));
        let fixed = fixed.into_iter().map(|(path, endpoints)| {
            let path: Arc<str> = path.into();
            let methods = Methods {
                path: path.clone(),
                endpoints: endpoints.into_iter().collect(),
            };
            (path, methods)
        });
        let rest = with_parameters
            .into_iter()
            .fold(rest, |rest, (path, endpoints)| {
                let methods = endpoints
                    .into_iter()
                    .fold(RouteMethod::new(), |all, (method, endpoint)| {
                        all.method(method, endpoint)
                    });
                rest.at(path, methods)
            });
        Self {
            fixed: fixed.collect(),
            rest,
        }
    }
}

impl Endpoint for Routes {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        match self.fixed.get(request.uri().path()) {
            Some(methods) => methods.call(request).await,
            None => self
                .rest
                .call(request)
                .await
                .map(IntoResponse::into_response),
        }
    }
}

impl Methods {
    /// Tells the path with the answer, as poem's router does.
    async fn call(&self, request: Request) -> Result<Response> {
        let pattern = PathPattern(self.path.clone());
        match self.answer(request).await {
            Ok(mut response) => {
                response.set_data(pattern);
                Ok(response)
            }
            Err(mut error) => {
                error.set_data(pattern);
                Err(error)
            }
        }
    }

    async fn answer(&self, request: Request) -> Result<Response> {
        if let Some(endpoint) = self.find(request.method()) {
            return endpoint.call(request).await;
        }
        // RFC 9110 section 9.3.2. Hyper sends no body.
        match self.find(&Method::GET) {
            Some(endpoint) if request.method() == Method::HEAD => endpoint.call(request).await,
            _ => Err(MethodNotAllowedError.into()),
        }
    }

    fn find(&self, method: &Method) -> Option<&BoxEndpoint<'static>> {
        let mut endpoints = self.endpoints.iter();
        endpoints.find_map(|(known, endpoint)| (known == method).then_some(endpoint))
    }
}
