//! Sign-out that takes effect: an issuer signs a user out, and the user's tokens are refused.
#![allow(clippy::unwrap_used)] // A test may stop at a surprise.
#![allow(clippy::disallowed_methods)] // A caller uses its own client.
#![allow(clippy::too_many_lines)] // A table has as many lines as it needs.
#![allow(clippy::type_complexity)] // A table has the type of its columns.
#![allow(unreachable_pub)] // A test binary has no public items.

#[path = "../api/answer.rs"]
#[allow(dead_code)]
mod answer;
#[path = "../../src/api.rs"]
#[allow(dead_code)]
mod guide_api;
mod list;
mod org;
mod other_forms;
mod refusals;
mod settings;
mod universal;
mod without_tls;
#[path = "../api/world.rs"]
#[allow(dead_code)]
mod world;
