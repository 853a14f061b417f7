//! A loopback authorization server with Okta's paths and claims.

mod access_token;
mod directory;
mod mint;

pub use access_token::AccessToken;
pub use directory::{CLIENT_ID, CLIENT_SECRET, PUBLIC_CLIENT_ID, User};
pub use mint::{SigningAlgorithm, SigningKey};
