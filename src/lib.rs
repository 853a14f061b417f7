//! An OAuth 2.0 resource server for Poem.

pub mod clock;
pub mod issuer;
#[cfg(feature = "service")]
pub mod service;
