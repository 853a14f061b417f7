//! Floor 2: what we ask an issuer for.

pub mod identifier;
