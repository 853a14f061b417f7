//! Where the keys of a configuration come from: fetched, or given by a test.

use std::sync::Arc;

use crate::issuer::{Attempts, DiscoveryError, KeySetStatus, Metadata, RemoteKeySet};
use crate::token::KeySource;

/// The keys that verify tokens.
#[derive(Debug, Clone)]
pub enum Keys {
    /// Fetched from the issuer.
    Fetched(Arc<RemoteKeySet>),
    /// Given, without an issuer that could be queried.
    Given(Arc<dyn KeySource>),
}

impl Keys {
    pub(super) fn source(&self) -> Arc<dyn KeySource> {
        match self {
            Self::Fetched(keys) => keys.clone(),
            Self::Given(keys) => keys.clone(),
        }
    }

    /// How the keys are, and how the last fetches went.
    pub fn status(&self) -> KeySetStatus {
        match self {
            Self::Fetched(keys) => keys.status(),
            Self::Given(keys) => {
                KeySetStatus::without_fetches(keys.current().map_or(0, |keys| keys.keys().len()))
            }
        }
    }

    /// What the issuer said of itself when the keys were last fetched.
    pub fn metadata(&self) -> Option<Arc<Metadata>> {
        match self {
            Self::Fetched(keys) => keys.metadata(),
            Self::Given(_) => None,
        }
    }

    /// Notifies of every attempt that ends from now on; `None` where nothing is fetched.
    pub fn attempts(&self) -> Option<Attempts> {
        match self {
            Self::Fetched(keys) => Some(keys.attempts()),
            Self::Given(_) => None,
        }
    }

    pub(super) async fn first_attempt(&self) -> Result<(), Arc<DiscoveryError>> {
        match self {
            Self::Fetched(keys) => keys.first_attempt().await,
            Self::Given(_) => Ok(()),
        }
    }
}
