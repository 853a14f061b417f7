//! An API whose declarations are enforced: poem-openapi documents them, the gates apply them.

use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use http::Method;
use poem::endpoint::{BoxEndpoint, DynEndpoint};
use poem::{Endpoint, EndpointExt, Request, Response};
use poem_openapi::OpenApi;
use poem_openapi::registry::{MetaApi, Registry};

use super::gate::Gate;
use super::principal::BearerAuth;
use super::rule::{self, OperationRule, RouteTable};
use super::{Guard, RuleError};

/// An API behind a guard: an [`OpenApi`](trait@OpenApi) like the one it wraps.
pub struct Guarded<T> {
    rules: Arc<[OperationRule]>,
    routes: RouteTable,
    api: PhantomData<fn() -> T>,
}

impl Guard {
    /// Protects an API as its code declares and as [`Access`](super::Access) adds.
    ///
    /// # Panics
    ///
    /// When a rule cannot be made: see [`Guard::try_protect`]. An API that is not
    /// protected as declared must not start.
    pub fn protect<T: OpenApi>(&self, api: T) -> Guarded<T> {
        self.try_protect(api)
            .unwrap_or_else(|error| panic!("cannot protect the API: {error}"))
    }

    /// As [`Guard::protect`], without the panic.
    ///
    /// # Errors
    ///
    /// A [`RuleError`] for a combination that cannot be intentional. For example,
    /// [`Access`](super::Access) names an operation that does not exist or contradicts the code,
    /// two operations answer the same requests, or an operation is hidden, so that it has no
    /// metadata and therefore no rule.
    pub fn try_protect<T: OpenApi>(&self, api: T) -> Result<Guarded<T>, RuleError> {
        Guarded::new(api, self)
    }
}

impl<T: OpenApi> Guarded<T> {
    fn new(api: T, guard: &Guard) -> Result<Self, RuleError> {
        let rules = rule::rules::<T>(guard.access())?;
        let mut routes = RouteTable::new();
        api.add_routes(&mut routes);
        let routes = rule::pair(routes, &rules, |endpoint, operation| {
            Gate::for_operation(Direct(endpoint), guard.clone(), operation).boxed()
        })?;
        Ok(Self {
            rules: rules.into(),
            routes,
            api: PhantomData,
        })
    }

    /// The rule of each operation, in the order of the document.
    pub fn rules(&self) -> &[OperationRule] {
        &self.rules
    }

    /// The rules, and the routes behind their gates.
    #[cfg(feature = "service")]
    pub(crate) fn into_parts(self) -> (Arc<[OperationRule]>, RouteTable) {
        (self.rules, self.routes)
    }
}

impl<T: OpenApi> OpenApi for Guarded<T> {
    fn meta() -> Vec<MetaApi> {
        ApiTypes::<T>::meta()
    }

    fn register(registry: &mut Registry) {
        ApiTypes::<T>::register(registry);
    }

    fn add_routes(self, table: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {
        for (path, methods) in self.routes {
            table.entry(path).or_default().extend(methods);
        }
    }
}

/// An API without its value, from which its document is printed. It has no routes.
pub(crate) struct ApiTypes<T>(PhantomData<fn() -> T>);

impl<T> ApiTypes<T> {
    #[cfg(feature = "service")]
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: OpenApi> OpenApi for ApiTypes<T> {
    fn meta() -> Vec<MetaApi> {
        T::meta()
    }

    fn register(registry: &mut Registry) {
        BearerAuth::register_scheme(registry);
        T::register(registry);
    }

    fn add_routes(self, _: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {}
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
