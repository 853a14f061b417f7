//! Proves that an API does what its document says, for your own tests.
//!
//! A [`Walk`] calls every operation of a [`Document`](crate::guard::Document) in process, with
//! no token, bad ones, ones that lack a scope and a good one, and compares each answer with the
//! document: who is let through, status, headers, media type, body. What differs is a fault.
//!
//! ```
//! use poem::Route;
//! use poem_openapi::{OAuthScopes, OpenApi, OpenApiService, payload::PlainText};
//! use poem_resource_server::guard::BearerAuth;
//! use poem_resource_server::testing::{Issuer, Walk};
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
//!     /// Only a caller whose token carries `profile:read`.
//!     #[oai(path = "/whoami", method = "get", operation_id = "whoami")]
//!     async fn whoami(&self, #[oai(scope = "ApiScope::ProfileRead")] caller: BearerAuth) -> PlainText<String> {
//!         PlainText(caller.subject().to_owned())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let issuer = Issuer::new();
//! let guard = issuer.guard();
//! let service = OpenApiService::new(guard.protect(Api), "My API", "1.0");
//! let document = guard.document(&service).unwrap();
//! let routes = Route::new().nest("/api", service);
//!
//! Walk::new(&routes, &document, &issuer).below("/api").run().await.assert_clean();
//! # }
//! ```
//!
//! # What is compared
//!
//! 1. `security` of the document is enforced, no more and no less: 401, 403 and 503 refuse,
//!    whoever answers with them, all else lets the caller through. Scopes are those of the
//!    `oauth2` scheme; in a document without one, those of the 403's example challenge.
//! 2. A refusal has its status, one `Bearer` challenge with the right error code and the
//!    document's scopes, `Cache-Control: no-store`, and for 503 `Retry-After` in its place.
//! 3. Each status met is described, with the headers it requires and the media type.
//! 4. A JSON body fits its schema: `type`, `required` and `enum`, at any depth. Formats, bounds
//!    and patterns are not looked at. A property that is not required may be `null`, as
//!    poem-openapi prints `None`.
//!
//! Requests are made from the document's examples and types. One that cannot be made valid that
//! way still shows whether the caller is let through: see [`Report::notes`] and
//! [`Walk::with_example`]. Calls that are let through reach your handlers, so walk an app whose
//! state is there for tests.

mod answer;
#[cfg(feature = "service")]
mod application;
mod attempt;
mod issuer;
mod report;
mod schema;
mod walk;

#[cfg(test)]
mod tests;

#[cfg(feature = "service")]
pub use application::{InProcess, Listening, TestApplication, TestError};
pub use issuer::Issuer;
pub use report::{Fault, Report};
pub use walk::Walk;
