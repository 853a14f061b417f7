//! The host, as somebody uses it who has an API: with the public types alone.

#![allow(clippy::unwrap_used)] // A test may panic.
#![allow(clippy::disallowed_methods)] // A caller brings its own client.
#![allow(clippy::too_many_lines)] // A table is as long as it is.
#![allow(unreachable_pub)] // A test binary has no outside.

mod access;
mod base_path;
mod browsers;
mod build_errors;
mod calls;
#[path = "../api/captured.rs"]
#[allow(dead_code)]
mod captured;
mod denials;
mod expressions;
mod fapi;
mod hooks;
mod kinds;
mod limits;
mod metrics;
mod origins;
mod other_schemes;
mod plain_routes;
mod readiness;
mod reload;
mod requirements;
mod same_answers;
mod same_document;
mod settings;
mod sockets;
