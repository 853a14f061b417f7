//! Floor 2: what we ask an issuer for, and how often.
//!
//! Everything that leaves this process passes [`fetch`](Fetch): https only, no
//! redirects, deadlines, a cap on the body. Above it stand the issuer's [`Metadata`]
//! and its keys as [`RemoteKeySet`], which verifiers read without waiting.

mod error;
mod fetch;
#[cfg(feature = "service")]
mod grant;
mod identifier;
mod key_set;
mod metadata;

pub use error::DiscoveryError;
pub use fetch::{
    Document, EndOfExchange, ExchangeWitness, Fetch, FetchError, FetchPolicy, MAX_BODY_BYTES,
};
#[cfg(feature = "service")]
pub use grant::{ClientCredentials, GrantError, GrantedToken};
pub use identifier::{Issuer, IssuerError};
pub use key_set::{Attempts, KeySetStatus, RefreshPolicy, RemoteKeySet};
pub use metadata::Metadata;
#[cfg(feature = "service")]
pub(crate) use metadata::explain;
