//! The common part of every HTTP client of this crate.

use std::time::Duration;

/// A client that follows no redirect, without deadlines.
pub(super) fn builder() -> reqwest::ClientBuilder {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that makes a client"
    )]
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(1)
        // The discovery document and the keys are fetched one after the other, and then not for
        // minutes: with many issuers, idle connections would take more memory than their keys.
        .pool_idle_timeout(Duration::from_secs(10))
        .tls_info(true)
        .user_agent(concat!(
            env!("CARGO_PKG_NAME"),
            "/",
            env!("CARGO_PKG_VERSION")
        ))
}
