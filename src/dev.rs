//! A loopback authorization server with Okta's paths and claims.

mod mint;

pub use mint::{SigningAlgorithm, SigningKey};
