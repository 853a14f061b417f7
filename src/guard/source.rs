//! The source of the issuer's metadata.

use std::sync::Arc;

use crate::issuer::{Metadata, RemoteKeySet};

/// The source of the issuer's metadata.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// There is none: the verifier was built elsewhere.
    Unknown,
    /// From the caller, once.
    Fixed(Arc<Metadata>),
    /// From the issuer, together with the keys.
    Followed(Arc<RemoteKeySet>),
}
