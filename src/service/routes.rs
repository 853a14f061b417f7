//! Finds what answers a request.
//!
//! 1. An operation at a fixed path that reads neither query nor cookies: most calls go to
//!    one of these, so they are found by one search and called at once.
//! 2. Plain routes of the application, below their paths.
//! 3. The service's own paths.
//! 4. Any other operation, by poem-openapi's own service, which prepares what parameters and
//!    foreign security schemes read.

mod prepared;
mod table;

use std::collections::HashMap;
use std::sync::Arc;

use http::Method;
use poem::endpoint::{BoxEndpoint, DynEndpoint};
use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::{Endpoint, PathPattern, Request, Response, Result, Route};
use poem_openapi::registry::{MetaApi, MetaOperation, MetaParamIn};

use super::application::PlainRoutes;
use super::browser;
use super::paths::{PROBES, is_within};
use crate::guard::{BearerAuth, Guard};
use prepared::Prepared;

pub(super) use table::Table;

/// Every path of the service.
pub(super) struct Routes {
    /// In the order of their paths.
    direct: Vec<Methods>,
    plain: Vec<PlainRoutes>,
    own: Own,
    operations: Prepared,
}

/// What the service itself answers.
pub(super) struct Own {
    /// Each with everything below it.
    pub(super) paths: Vec<&'static str>,
    pub(super) route: Route,
    pub(super) has_docs: bool,
    /// Requires TLS, if it is required of all requests.
    pub(super) guard: Guard,
}

impl Own {
    /// The path of the service that `path` is within.
    fn find(&self, path: &str) -> Option<&'static str> {
        self.paths.iter().copied().find(|at| is_within(path, at))
    }

    /// Answers a request for a path within `at`. Load balancers and Kubernetes call the probes without
    /// TLS.
    async fn answer(&self, request: Request, at: &str) -> Result<Response> {
        if !PROBES.contains(&at)
            && let Some(mut refusal) = self.guard.refusal_without_tls(&request)
        {
            refusal.set_data(PathPattern(at.into()));
            return Ok(refusal);
        }
        self.route.call(request).await
    }
}

/// The methods that one path answers to.
struct Methods {
    path: Arc<str>,
    endpoints: Vec<(Method, BoxEndpoint<'static>)>,
}

impl Routes {
    /// The operations of `table`, whose paths are those of callers, described by `meta` below
    /// `base_path`.
    pub(super) fn new(
        table: Table,
        meta: &[MetaApi],
        base_path: &str,
        plain: Vec<PlainRoutes>,
        own: Own,
    ) -> Self {
        let needs_preparation = indirect_paths(meta, base_path);
        let (direct, others): (Vec<_>, Vec<_>) = table
            .into_iter()
            .partition(|(path, _)| !has_parameter(path) && !needs_preparation.contains(path));
        let mut direct: Vec<_> = (direct.into_iter())
            .map(|(path, endpoints)| Methods {
                path: path.into(),
                endpoints: endpoints.into_iter().collect(),
            })
            .collect();
        direct.sort_by(|one, other| one.path.cmp(&other.path));
        Self {
            direct,
            plain: plain.into_iter().map(PlainRoutes::mounted).collect(),
            own,
            operations: Prepared::new(others.into_iter().collect()),
        }
    }

    /// The response to a request. An endpoint may panic when this is polled, and not before.
    pub(super) async fn call(&self, request: Box<Request>) -> Result<Response> {
        let path = request.uri().path();
        match self.direct.binary_search_by(|it| (*it.path).cmp(path)) {
            Ok(found) => self.direct[found].call(request).await,
            Err(_) => Box::pin(self.call_other(*request)).await,
        }
    }

    async fn call_other(&self, request: Request) -> Result<Response> {
        let path = request.uri().path();
        if let Some(routes) = self.plain.iter().find(|it| is_within(path, &it.path)) {
            return DynEndpoint::call(&*routes.endpoint, request).await;
        }
        if let Some(at) = self.own.find(path) {
            return self.own.answer(request, at).await;
        }
        let is_browser = browser::asks(&request);
        match self.operations.call(request).await {
            Err(error) if is_browser && error.is::<NotFoundError>() => {
                Ok(browser::not_found(self.own.has_docs))
            }
            answer => answer,
        }
    }
}

impl Methods {
    /// Adds the path to the answer, as poem's router does.
    async fn call(&self, request: Box<Request>) -> Result<Response> {
        let endpoint = match self.find(request.method()) {
            // RFC 9110 section 9.3.2. Hyper sends no body.
            None if request.method() == Method::HEAD => self.find(&Method::GET),
            found => found,
        };
        let mut answer = match endpoint {
            Some(endpoint) => DynEndpoint::call(&**endpoint, *request).await,
            None => Err(MethodNotAllowedError.into()),
        };
        let pattern = PathPattern(self.path.clone());
        match &mut answer {
            Ok(response) => response.set_data(pattern),
            Err(error) => error.set_data(pattern),
        }
        answer
    }

    fn find(&self, method: &Method) -> Option<&BoxEndpoint<'static>> {
        let mut endpoints = self.endpoints.iter();
        endpoints.find_map(|(known, endpoint)| (known == method).then_some(endpoint))
    }
}

impl PlainRoutes {
    /// Behind a router that takes its path away, and prefixes it in the pattern.
    fn mounted(self) -> Self {
        let path = self.path.trim_end_matches('/').to_owned();
        let route = Route::new().nest(&path, self.endpoint);
        Self {
            endpoint: Box::new(poem::endpoint::ToDynEndpoint(route)),
            path,
        }
    }
}

fn has_parameter(path: &str) -> bool {
    path.contains([':', '*', '<'])
}

/// Paths with an operation that reads what poem-openapi's service prepares.
fn indirect_paths(meta: &[MetaApi], base_path: &str) -> Vec<String> {
    let paths = meta.iter().flat_map(|api| &api.paths);
    let indirect = paths.filter(|path| !path.operations.iter().all(is_direct));
    indirect
        .map(|path| super::paths::full_path(base_path, &path.path))
        .collect()
}

fn is_direct(operation: &MetaOperation) -> bool {
    let reads_headers_alone =
        (operation.params.iter()).all(|parameter| matches!(parameter.in_type, MetaParamIn::Header));
    let is_ours = (operation.security.iter())
        .flat_map(HashMap::keys)
        .all(|scheme| *scheme == BearerAuth::NAME);
    reads_headers_alone && is_ours
}
