//! Requirements beyond scopes: each kind is judged, combined, documented and refused as written.
#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.
#![allow(clippy::too_many_lines)] // A table is as long as it is.
#![allow(unreachable_pub)] // Nothing imports a test binary.

mod areas;
mod bound_walk;
mod denials;
mod documents;
mod errors;
mod kinds;
mod owners;
mod sign_in;
mod typed_claims;
mod walk;
mod world;
