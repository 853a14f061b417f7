//! Where the issuer's metadata comes from.

use std::sync::Arc;

use crate::issuer::{Metadata, RemoteKeySet};

/// Where the issuer's metadata comes from.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// From nowhere: the verifier was built elsewhere.
    Unknown,
    /// From the caller, once.
    Fixed(Arc<Metadata>),
    /// From the issuer, together with the keys.
    Followed(Arc<RemoteKeySet>),
}
