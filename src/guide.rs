//! A guide to each task, with examples that compile.
//!
//! | page | what it explains |
//! | --- | --- |
//! | [`scopes`] | how an operation requires scopes |
//! | [`claims`] | how a handler reads the claims of its caller, and how a claim is required |
//! | [`optional_callers`] | how an operation serves callers with and without a token |
//! | [`plain_routes`] | how routes outside of poem-openapi are protected |
//! | [`websockets`] | how a browser sends a token with a WebSocket |
//! | [`documents`] | what the OpenAPI document shows, and how to serve it |
//! | [`testing`] | how to test a protected API without a network |
//!
//! The examples use a [`Guard`](crate::guard::Guard) in a Poem app. They also apply to an
//! `Application`, which needs the feature `service`: it makes the guard and the server, and
//! `Application::api` takes the same operations.

#[doc = include_str!("guide/scopes.md")]
pub mod scopes {}

#[doc = include_str!("guide/claims.md")]
pub mod claims {}

#[doc = include_str!("guide/optional_callers.md")]
pub mod optional_callers {}

#[doc = include_str!("guide/plain_routes.md")]
pub mod plain_routes {}

#[doc = include_str!("guide/websockets.md")]
pub mod websockets {}

#[doc = include_str!("guide/documents.md")]
#[cfg_attr(feature = "docs", doc = include_str!("guide/documents_pages.md"))]
pub mod documents {}

#[doc = "Tests a protected API without a network. The feature `testing` enables it.\n"]
#[cfg_attr(feature = "testing", doc = include_str!("guide/testing.md"))]
pub mod testing {}
