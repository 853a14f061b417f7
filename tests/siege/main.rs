//! The program under attack: what holds, at a small scale here and at full scale in
//! `scripts/soak 0 siege`, which runs the ignored tests of a release build and prints figures.
#![allow(clippy::unwrap_used)] // A test may panic.
#![allow(clippy::disallowed_methods)] // Attackers keep their own time.
#![allow(unreachable_pub)] // A test binary has no outside.

mod callers;
mod descriptors;
mod holders;
mod http2;
mod issuers;
mod kubernetes;
mod memory;
mod pause;
mod prices;
mod program;
mod relay;
mod restarts;
mod secure;
mod signals;
mod slowness;
mod systemd;
mod tokens;
