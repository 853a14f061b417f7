//! An OAuth 2.0 resource server for [Poem](poem): a service that is ready to run, and a library
//! that protects the operations of your own API.
//!
//! A [`Guard`](guard::Guard) enforces what your code declares with poem-openapi: an operation that
//! takes a [`BearerAuth`](guard::BearerAuth) is called only with a verified token.
//!
//! ```no_run
//! use poem::{Route, Server, listener::TcpListener};
//! use poem_openapi::{OAuthScopes, OpenApi, OpenApiService, payload::PlainText};
//! use poem_resource_server::guard::{BearerAuth, Guard};
//!
//! #[derive(OAuthScopes)]
//! enum ApiScope {
//!     /// Read the caller's profile.
//!     #[oai(rename = "profile:read")]
//!     ProfileRead,
//! }
//!
//! struct Api;
//!
//! #[OpenApi]
//! impl Api {
//!     /// Anyone may call.
//!     #[oai(path = "/hello", method = "get", operation_id = "hello")]
//!     async fn hello(&self) -> PlainText<&'static str> {
//!         PlainText("hello")
//!     }
//!
//!     /// Only a caller whose token carries `profile:read`.
//!     #[oai(path = "/whoami", method = "get", operation_id = "whoami")]
//!     async fn whoami(&self, #[oai(scope = "ApiScope::ProfileRead")] caller: BearerAuth) -> PlainText<String> {
//!         PlainText(caller.subject().to_owned())
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let guard = Guard::discover("https://dev-1.okta.com/oauth2/default", "api://default").await?;
//!     let api = OpenApiService::new(guard.protect(Api), "My API", "1.0");
//!     let routes = Route::new().nest("/api", api);
//!     Ok(Server::new(TcpListener::bind("127.0.0.1:3000")).run(routes).await?)
//! }
//! ```
//!
//! To host your own API with settings, server, documents and command line around it, use
//! [`Application`]. The [`guide`] explains each task with examples.
//!
//! # Modules
//!
//! Each module uses only those below it.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`testing`] | proves in your tests that an API does what its document says |
//! | [`service`] | the host: settings, server, logs, metrics |
//! | [`dev`] | an issuer for development, on loopback only |
//! | [`docs`] | the OpenAPI document as files and pages |
//! | [`guard`] | Poem: rules, gates, challenges, the caller |
//! | [`verifier`] | decides on one access token |
//! | [`issuer`] | fetches the metadata and keys of an issuer |
//! | [`token`] | reads and validates a token, without network and clock |
//! | [`clock`] | the source of time |
//!
//! # Features
//!
//! `service` and `dev` are on by default. Without any feature, the guard alone remains: no
//! command line, no settings, no server.
//!
//! - `service`: the host and its dependencies.
//! - `docs`: the pages of the document, for a guard without the host.
//! - `dev`: the embedded issuer, which can sign tokens. Leave it out of a release:
//!   `default-features = false, features = ["service"]`.
//! - `redis`: a denylist and a list of used DPoP proofs that replicas of the service share.
//! - `otel`: traces, which the service sends to an OpenTelemetry collector.
//! - `jemalloc`: the allocator of this package's own program. It changes nothing in the library.
//! - `testing`: a test issuer, and a test that calls every operation of your API. Enable it in your
//!   dev-dependencies. It includes `dev`.
//!
#![cfg_attr(not(feature = "service"), doc = "[`Application`]: #features")]
#![cfg_attr(not(feature = "service"), doc = "[`service`]: #features")]
#![cfg_attr(not(feature = "docs"), doc = "[`docs`]: #features")]
#![cfg_attr(not(feature = "dev"), doc = "[`dev`]: #features")]
#![cfg_attr(not(feature = "testing"), doc = "[`testing`]: #features")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Only the command `check` and the tests in tests/gallery use it.
#[cfg(feature = "service")]
#[doc(hidden)]
pub mod check;
pub mod clock;
#[cfg(any(feature = "service", feature = "testing"))]
mod description;
#[cfg(feature = "dev")]
pub mod dev;
#[cfg(feature = "docs")]
pub mod docs;
// Only the command `doctor` and the tests in tests/doctor use it.
#[cfg(feature = "service")]
#[doc(hidden)]
pub mod doctor;
pub mod guard;
pub mod guide;
pub mod issuer;
#[cfg(feature = "service")]
mod program;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
pub mod verifier;

#[cfg(feature = "service")]
pub use service::config::Secret;
#[cfg(feature = "service")]
#[doc(inline)]
pub use service::{Application, Context, Metric, Shutdown};

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples of the pages for hosts and for library users, compiled.
#[cfg(doctest)]
#[doc = include_str!("../docs/hosting.md")]
#[doc = include_str!("../docs/library.md")]
#[doc = include_str!("../docs/rules.md")]
struct Pages;
