//! An API whose declarations are true: poem-openapi documents them, the gates enforce them.

use std::collections::HashMap;
use std::future::Future;

use http::Method;
use poem::endpoint::{BoxEndpoint, DynEndpoint};
use poem::{Endpoint, EndpointExt, Request, Response};
use poem_openapi::OpenApi;
use poem_openapi::registry::{MetaApi, Registry};

use super::gate::Gate;
use super::principal::BearerAuth;
use super::rule::{self, OperationRule};
use super::{Guard, RuleError};

/// An API behind a guard: an [`OpenApi`](trait@OpenApi) like the one it wraps.
pub struct Guarded<T> {
    api: T,
    guard: Guard,
    rules: Vec<OperationRule>,
}

impl<T: OpenApi> Guarded<T> {
    pub(super) fn new(api: T, guard: &Guard) -> Result<Self, RuleError> {
        Ok(Self {
            api,
            rules: rule::rules(&T::meta(), guard.access())?,
            guard: guard.clone(),
        })
    }

    /// The rule of each operation, in the order of the document.
    pub fn rules(&self) -> &[OperationRule] {
        &self.rules
    }
}

impl<T: OpenApi> OpenApi for Guarded<T> {
    fn meta() -> Vec<MetaApi> {
        T::meta()
    }

    fn register(registry: &mut Registry) {
        BearerAuth::register_scheme(registry);
        T::register(registry);
    }

    /// # Panics
    ///
    /// When a route has no rule, as an operation with `#[oai(hidden)]`, which poem-openapi
    /// keeps out of its metadata: nobody could say whether it is to be open.
    fn add_routes(self, route_table: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        let mut routes = HashMap::new();
        self.api.add_routes(&mut routes);
        for (path, methods) in routes {
            for (method, endpoint) in methods {
                let operation = self
                    .rules
                    .iter()
                    .find(|operation| operation.is_of_route(&method, &path))
                    .unwrap_or_else(|| {
                        panic!(
                            "cannot protect the API: {method} {path} has no rule (is it hidden?)"
                        )
                    });
                let gate = Gate::new(
                    Direct(endpoint),
                    self.guard.clone(),
                    operation.rule.clone(),
                    operation.operation_id,
                );
                route_table
                    .entry(path.clone())
                    .or_default()
                    .insert(method, gate.boxed());
            }
        }
    }
}

/// An endpoint in its box. The future that poem makes of one holds the request twice more, and
/// each is copied.
struct Direct(BoxEndpoint<'static>);

impl Endpoint for Direct {
    type Output = Response;

    fn call(&self, request: Request) -> impl Future<Output = poem::Result<Response>> + Send {
        DynEndpoint::call(&*self.0, request)
    }
}
