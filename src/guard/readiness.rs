//! What a guard knows about its issuer, and whether it can verify tokens.

use std::sync::Arc;

use http::StatusCode;
use http::header::CACHE_CONTROL;
use poem::endpoint::make_sync;
use poem::{Endpoint, IntoResponse, Response};

use crate::issuer::{Metadata, RemoteKeySet};
use crate::verifier::TrustedIssuers;

use super::Guard;
use super::described_issuer::DescribedIssuer;

impl Guard {
    /// The issuers whose tokens are accepted. Issuers can be added and removed while requests are
    /// served, for example with the tenants of an application.
    ///
    /// The document and the metadata of the API contain the issuers of the time at which they are
    /// created.
    pub fn issuers(&self) -> &Arc<TrustedIssuers> {
        self.verifier.issuers()
    }

    /// The keys of the first issuer of a guard made by [`Guard::builder`]: their status, and a way
    /// to fetch them again. `None` for a guard with a verifier of its own.
    pub fn keys(&self) -> Option<Arc<RemoteKeySet>> {
        self.issuers().main()?.remote_keys().cloned()
    }

    /// The metadata of the first issuer, once it is known.
    pub fn metadata(&self) -> Option<Arc<Metadata>> {
        match &self.metadata {
            Some(metadata) => Some(metadata.clone()),
            None => self.issuers().main()?.metadata(),
        }
    }

    /// The issuers as the document describes them: the issuer `default` first, and the others by
    /// their names.
    pub(crate) fn described_issuers(&self) -> Vec<DescribedIssuer> {
        let mut issuers = DescribedIssuer::list(&self.issuers().in_order());
        if let (Some(metadata), Some(first)) = (&self.metadata, issuers.first_mut()) {
            first.metadata = Some(metadata.clone());
        }
        issuers
    }

    /// Whether there are keys of at least one issuer, so that its tokens can be verified.
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
