//! Plain Poem routes next to the operations.

use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::{Endpoint, EndpointExt, IntoEndpoint, Response};

use crate::token::Scope;

use super::Context;

/// Makes the endpoint of plain routes, once for each reload.
pub(super) type MakePlain<Settings, State> =
    Arc<dyn Fn(&Context<Settings, State>) -> BoxEndpoint<'static, Response> + Send + Sync>;

/// Plain routes below a path, as an application declares them.
pub(super) struct Plain<Settings, State> {
    pub(super) path: String,
    pub(super) make: MakePlain<Settings, State>,
}

/// Plain routes below a path, made.
pub(crate) struct PlainRoutes {
    pub(in crate::service) path: String,
    pub(in crate::service) endpoint: BoxEndpoint<'static, Response>,
}

impl<Settings: 'static, State: 'static> Plain<Settings, State> {
    /// Open to everyone, except for what `make` itself protects.
    pub(super) fn open<E>(
        path: &str,
        make: impl Fn(&Context<Settings, State>) -> E + Send + Sync + 'static,
    ) -> Self
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        Self {
            path: path.to_owned(),
            make: Arc::new(move |context| {
                let gate = context.guard().leave_open();
                boxed(make(context).into_endpoint().with(gate))
            }),
        }
    }

    /// For holders of a token that has every scope of `scope`.
    pub(super) fn protected<E>(
        path: &str,
        scope: Scope,
        make: impl Fn(&Context<Settings, State>) -> E + Send + Sync + 'static,
    ) -> Self
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        Self {
            path: path.to_owned(),
            make: Arc::new(move |context| {
                let gate = context.guard().require(scope.clone());
                boxed(make(context).into_endpoint().with(gate))
            }),
        }
    }
}

fn boxed(endpoint: impl Endpoint + 'static) -> BoxEndpoint<'static, Response> {
    endpoint.map_to_response().boxed()
}
