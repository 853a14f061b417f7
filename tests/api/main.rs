//! The service as its callers see it, over HTTP: a file per behaviour.
#![allow(clippy::unwrap_used)] // A test may panic.
#![allow(clippy::disallowed_methods)] // A caller brings its own client.
#![allow(clippy::too_many_lines)] // A table is as long as it is.
#![allow(unreachable_pub)] // A test binary has no outside.

mod access;
mod answer;
mod audit;
mod bound_calls;
mod bound_schemes;
mod captured;
mod certificate_sizes;
mod cross_origin;
mod denylist;
mod documents;
mod guard_alone;
mod guarded;
mod guide;
#[path = "../../src/api.rs"]
mod guide_api;
mod header;
mod health;
mod log_lines;
mod metrics;
mod pages;
mod paths;
mod per_token;
mod protocols;
mod rate;
mod refusals;
mod reload;
mod routes;
mod rules;
mod schemes;
mod tls;
#[cfg(feature = "otel")]
mod traces;
mod walk;
mod watching;
mod web_sockets;
mod world;
