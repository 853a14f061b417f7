//! The keys of an issuer from which nothing is fetched.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::token::{KeySet, KeySource};

/// No keys, and no request for them.
#[derive(Debug)]
pub(super) struct NoKeys;

impl KeySource for NoKeys {
    fn current(&self) -> Option<Arc<KeySet>> {
        None
    }

    fn refreshed(&self) -> BoxFuture<'_, Option<Arc<KeySet>>> {
        Box::pin(async { None })
    }
}
