//! Introspection against an issuer that misbehaves in every way that a test says.
//!
//! The first level is a guard in a Poem app with a clock that the test moves. The second is the
//! whole service with its settings.
#![allow(clippy::unwrap_used)] // A test may stop at a surprise.
#![allow(clippy::disallowed_methods)] // A caller uses its own client.
#![allow(clippy::too_many_lines)] // A table has as many lines as it needs.
#![allow(clippy::type_complexity)] // A table has the type of its columns.
#![allow(clippy::needless_pass_by_value)] // `json!` makes values.
#![allow(unreachable_pub)] // A test binary has no public items.

mod answers;
mod bound;
mod credentials;
mod encrypted;
mod explained;
mod faults;
#[path = "../../src/api.rs"]
#[allow(dead_code)]
mod guide_api;
mod issuer;
mod org_server;
mod remembering;
#[path = "../encrypted/seal.rs"]
#[allow(dead_code)]
mod seal;
mod selection;
mod served;
mod service;
mod settings;
mod signed;
mod world;
