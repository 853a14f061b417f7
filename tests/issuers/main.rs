//! Several issuers at once: exactly one judges each token, and none affects another.
//!
//! The story of each file is at one of three levels: a verifier with two scripted issuers, a guard
//! in a Poem app, and the whole service with two embedded issuers.
#![allow(clippy::unwrap_used)] // A test may stop at a surprise.
#![allow(clippy::disallowed_methods)] // A caller uses its own client.
#![allow(clippy::too_many_lines)] // A table has as many lines as it needs.
#![allow(unreachable_pub)] // A test binary has no public items.

#[path = "../api/answer.rs"]
#[allow(dead_code)]
mod answer;
mod audit;
#[path = "../api/captured.rs"]
#[allow(dead_code)]
mod captured;
mod guard;
#[path = "../../src/api.rs"]
#[allow(dead_code)]
mod guide_api;
mod isolation;
mod judge;
mod reload;
mod rules;
mod run_time;
#[path = "../keys/issuer.rs"]
#[allow(dead_code)]
mod scripted;
mod service;
mod two;
mod world;
