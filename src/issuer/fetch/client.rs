//! The common part of every HTTP client of this crate.

/// A client that follows no redirect, without deadlines.
pub(super) fn builder() -> reqwest::ClientBuilder {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that makes a client"
    )]
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(1)
        .tls_info(true)
        .user_agent(concat!(
            env!("CARGO_PKG_NAME"),
            "/",
            env!("CARGO_PKG_VERSION")
        ))
}
