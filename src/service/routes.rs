//! Finds what answers a request: an operation by its path, anything else by poem's router.
//!
//! Most calls are to a few paths without parameters, so these are looked up whole. To nest
//! poem-openapi's own service in a router would route every call twice; it would also read
//! the query of each, which no operation here has.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, OptionFuture};
use http::Method;
use poem::endpoint::{BoxEndpoint, DynEndpoint};
use poem::error::MethodNotAllowedError;
use poem::{Endpoint, IntoResponse, PathPattern, Request, Response, Result, Route, RouteMethod};
use poem_openapi::OpenApi;

/// Every path of the service.
pub(super) struct Routes {
    /// In the order of their paths.
    fixed: Vec<Methods>,
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
        let methods = |(path, endpoints): (String, HashMap<_, _>)| Methods {
            path: path.into(),
            endpoints: endpoints.into_iter().collect(),
        };
        let mut fixed: Vec<_> = fixed.into_iter().map(methods).collect();
        fixed.sort_by(|one, other| one.path.cmp(&other.path));
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
        Self { fixed, rest }
    }
}

impl Endpoint for Routes {
    type Output = Response;

    fn call(&self, request: Request) -> impl Future<Output = Result<Response>> + Send {
        let path = request.uri().path();
        match self.fixed.binary_search_by(|it| (*it.path).cmp(path)) {
            Ok(found) => Either::Left(self.fixed[found].call(request)),
            Err(_) => Either::Right(Box::pin(async {
                let answer = self.rest.call(request).await;
                answer.map(IntoResponse::into_response)
            })),
        }
    }
}

impl Methods {
    /// Tells the path with the answer, as poem's router does.
    fn call(&self, request: Request) -> impl Future<Output = Result<Response>> + Send {
        let answer = self.answer(request);
        let pattern = PathPattern(self.path.clone());
        OptionFuture::from(answer).map(|answer| {
            match answer.unwrap_or_else(|| Err(MethodNotAllowedError.into())) {
                Ok(mut response) => {
                    response.set_data(pattern);
                    Ok(response)
                }
                Err(mut error) => {
                    error.set_data(pattern);
                    Err(error)
                }
            }
        })
    }

    fn answer(&self, request: Request) -> Option<BoxFuture<'_, Result<Response>>> {
        let endpoint = match self.find(request.method()) {
            // RFC 9110 section 9.3.2. Hyper sends no body.
            None if request.method() == Method::HEAD => self.find(&Method::GET),
            found => found,
        };
        endpoint.map(|endpoint| DynEndpoint::call(&**endpoint, request))
    }

    fn find(&self, method: &Method) -> Option<&BoxEndpoint<'static>> {
        let mut endpoints = self.endpoints.iter();
        endpoints.find_map(|(known, endpoint)| (known == method).then_some(endpoint))
    }
}
