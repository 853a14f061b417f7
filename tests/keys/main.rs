//! The keys of a remote issuer through its bad days: what `docs/evidence/threats.md` promises of them.
#![allow(clippy::unwrap_used)] // A test may panic.
#![allow(unreachable_pub)] // A test binary has no outside.

mod faults;
mod issuer;
mod promises;
mod trouble;
mod world;
