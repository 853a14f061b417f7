//! Encrypted access tokens (JWE): what is accepted, and the exact reason of each refusal.
#![allow(clippy::unwrap_used)] // A test may stop at a surprise.
#![allow(clippy::disallowed_methods)] // A caller uses its own client.
#![allow(clippy::too_many_lines)] // A table has as many lines as it needs.
#![allow(clippy::type_complexity)] // A table has the type of its columns.
#![allow(unreachable_pub)] // A test binary has no public items.

mod algorithms;
mod bound;
mod budget;
mod explain;
mod faults;
mod guard_alone;
#[path = "../../src/api.rs"]
#[allow(dead_code)]
mod guide_api;
mod inside;
mod issuers;
mod key_files;
mod mutants;
mod remembering;
mod seal;
#[path = "../introspection/served.rs"]
mod served;
mod service;
mod settings;
mod world;
