//! What the listener for operators answers. No caller waits for a place there, and no request is
//! counted.

use std::sync::Arc;

use poem::endpoint::make_sync;
use poem::{EndpointExt, Route};

use crate::docs::read;

use super::answers::Answers;
use super::config::Config;
use super::denylist;
use super::health::{self, Detail};
use super::metrics::Metrics;
use super::own_hosts::OwnHosts;
use super::problems::Problems;
use super::reload::Reloader;
use super::state::ServiceState;

/// The paths for operators.
pub(super) fn listener(
    config: &Config,
    state: &ServiceState,
    metrics: Metrics,
    reloader: &Reloader,
) -> Arc<dyn Answers> {
    let keys = {
        let reloader = reloader.clone();
        move || reloader.keys()
    };
    let audit = {
        let reloader = reloader.clone();
        Arc::new(move || reloader.audit())
    };
    let denials = Arc::new(state.denials.endpoint(config, state.clock.clone(), audit));
    let ready = health::ready(
        keys,
        state.denials.clone(),
        state.conditions.clone(),
        state.stage.clone(),
        Detail::Cause,
    );
    let routes = Route::new()
        .at("/metrics", read(make_sync(move |_| metrics.render())))
        .at("/livez", read(make_sync(|_| health::live())))
        .at("/denylist", denials.clone())
        .at(denylist::ENTRIES, denials)
        .at("/readyz", read(ready))
        .with(Problems::default());
    match OwnHosts::for_operators(config) {
        Some(hosts) => hosts.guard(Arc::new(routes)),
        None => Arc::new(routes),
    }
}
