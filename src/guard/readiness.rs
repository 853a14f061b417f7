//! What a guard knows about its issuer, and whether it can verify tokens.

use std::sync::Arc;

use http::StatusCode;
use http::header::CACHE_CONTROL;
use poem::endpoint::make_sync;
use poem::{Endpoint, IntoResponse, Response};

use crate::issuer::{Metadata, RemoteKeySet};

use super::Guard;
use super::source::Source;

impl Guard {
    /// The keys of a guard made by [`Guard::builder`]: their status, and a way to fetch them
    /// again. `None` for a guard with a verifier of its own.
    pub fn keys(&self) -> Option<&RemoteKeySet> {
        match &self.source {
            Source::Followed(keys) => Some(keys),
            Source::Unknown | Source::Fixed(_) => None,
        }
    }

    /// The issuer's metadata, once it is known.
    pub fn metadata(&self) -> Option<Arc<Metadata>> {
        match &self.source {
            Source::Unknown => None,
            Source::Fixed(metadata) => Some(metadata.clone()),
            Source::Followed(keys) => keys.metadata(),
        }
    }

    /// Whether there are keys that tokens can be verified with.
    pub fn is_ready(&self) -> bool {
        self.verifier.has_keys()
    }

    /// An endpoint for readiness probes: 200 once the guard [is ready](Guard::is_ready), else 503.
    ///
    /// ```
    /// # use poem::Route;
    /// # use poem_resource_server::guard::Guard;
    /// fn routes(guard: &Guard) -> Route {
    ///     Route::new().at("/readyz", guard.readiness())
    /// }
    /// ```
    pub fn readiness(&self) -> impl Endpoint<Output = Response> + use<> + 'static {
        let verifier = self.verifier.clone();
        make_sync(move |_| {
            let (status, line) = if verifier.has_keys() {
                (StatusCode::OK, "ready\n")
            } else {
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "no keys to verify tokens with\n",
                )
            };
            line.with_header(CACHE_CONTROL, "no-store")
                .with_status(status)
                .into_response()
        })
    }
}
