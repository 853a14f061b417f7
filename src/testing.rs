//! Proves that an API does what its document says, for your own tests.
//!
//! A [`Walk`] calls every operation of a [`Document`](crate::guard::Document) in process. It sends
//! no token, bad tokens, tokens that lack a scope and a good token. It compares each answer with
//! the document: who is admitted, status, headers, media type, body. Every difference is a fault.
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
//! 1. The `security` of the document is enforced, no more and no less. 401, 403 and 503 are
//!    refusals, and every other status admits the caller. Scopes are those of the `oauth2` scheme,
//!    or in a document without one those of the 403's example challenge.
//! 2. A refusal has its status, one `Bearer` challenge with the right error code and the
//!    document's scopes, and `Cache-Control: no-store`. A 503 has `Retry-After` and no challenge.
//! 3. Each status that occurs is described, with its required headers and the media type.
//! 4. A JSON body fits its schema: `type`, `required` and `enum`, at any depth. Formats, bounds
//!    and patterns are not checked. A property that is not required may be `null`, as
//!    poem-openapi prints `None`.
//! 5. Every path parameter has its place in the path.
//!
//! Requests are made from the document's examples and types. A request that is not valid still
//! shows whether the caller is admitted: see [`WalkReport::notes`] and [`Walk::with_example`]. A
//! WebSocket is called with plain requests: its refusals are compared as any other, and a good
//! caller may get 101, 400 or 426. The body of server-sent events is not read, because it may have
//! no end; their status, headers and media type are compared. Admitted calls reach your handlers, so walk an app whose state
//! exists for tests.

mod answer;
#[cfg(feature = "service")]
mod application;
mod attempt;
mod credentials;
mod issuer;
mod report;
mod schema;
mod server;
mod walk;

#[cfg(test)]
mod tests;

#[cfg(feature = "service")]
pub use application::{InProcess, Listening, TestApplication, TestError};
pub use issuer::Issuer;
pub use report::{WalkFault, WalkReport};
pub use walk::Walk;
