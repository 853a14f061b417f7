//! The denylist of the service: the sources of denials, and the clients that may change them.
//!
//! A denial comes from a file, from an operator at the admin listener, or from another replica
//! by a [`Store`]. It applies here immediately, and in every replica as soon as the store
//! has sent it.

mod admin;
mod known;
#[cfg(feature = "redis")]
mod redis;
mod store;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::verifier::{Denial, DenialError, DenialSource, Denylist, DenylistFull};

use super::config::{DenylistConfig, OnFailure};
use super::server::Listener;
use store::{Memory, Store};

pub(super) use admin::ENTRIES;
pub(crate) use known::KnownDenials;
pub(super) use store::{StoreError, TokenName};

/// The denylist and what fills it, for as long as the service runs.
#[derive(Clone)]
pub(super) struct Denials {
    list: Arc<Denylist>,
    store: Arc<dyn Store>,
    /// The file in force.
    file: Arc<ArcSwapOption<PathBuf>>,
    /// Whether only this user can connect to the listener of operators.
    is_private: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
    /// Until when the first reading of the list is waited for, by the monotonic clock; `None`
    /// waits for as long as it takes.
    patience: Option<Duration>,
}

impl Denials {
    /// Reads the file, and begins to follow the store.
    pub(super) fn start(
        config: &DenylistConfig,
        email_claims: &[String],
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, DenylistError> {
        let list = Denylist::new(config.max_entries, clock.clone())
            .with_email_claims(email_claims.iter().cloned());
        let is_strict = config.redis_url.is_some() && config.on_failure == OnFailure::Refuse;
        let list = Arc::new(if is_strict {
            list.with_max_age(config.max_age)
        } else {
            list
        });
        let denials = Self {
            store: store(config, &list, clock)?,
            list,
            file: Arc::new(ArcSwapOption::empty()),
            is_private: Arc::default(),
            patience: (!config.wait_for_list).then(|| clock.monotonic() + config.max_age),
            clock: clock.clone(),
        };
        denials.put(config, read(config.file.as_deref())?)?;
        Ok(denials)
    }

    pub(super) fn list(&self) -> Arc<Denylist> {
        self.list.clone()
    }

    /// Adds denials, which apply here before this returns, and in the other replicas soon.
    pub(super) async fn deny(&self, denials: Vec<Denial>) -> Result<(), StoreError> {
        for denial in denials {
            self.store.deny(denial).await?;
        }
        Ok(())
    }

    /// Remembers a token that is accepted once. Returns `false` if it was used before, here or at
    /// another replica.
    pub(super) async fn remember(&self, token: TokenName) -> Result<bool, StoreError> {
        self.store.remember(token).await
    }

    /// Replaces the denials of the file.
    pub(super) fn put(
        &self,
        config: &DenylistConfig,
        denials: Vec<Denial>,
    ) -> Result<(), DenylistError> {
        self.list.replace(DenialSource::File, denials)?;
        self.file.store(config.file.clone().map(Arc::new));
        Ok(())
    }

    /// Adds the new denials of the file. More refusals are safe, even if the reload fails.
    pub(super) fn add(&self) {
        let file = self.file.load();
        let Some(path) = file.as_deref() else {
            return;
        };
        let before = self.list.len();
        let added = read(Some(path)).and_then(|denials| {
            self.list
                .add(DenialSource::File, denials)
                .map_err(DenylistError::from)
        });
        match added {
            Ok(()) => {
                let added = self.list.len().saturating_sub(before);
                info!(added, "denials of the file are in force");
            }
            Err(error) => warn!(%error, "not all denials of the file are in force"),
        }
    }

    /// Whether the list that replicas share was read, or was waited for long enough.
    pub(super) fn is_ready(&self) -> bool {
        let is_late = |end| self.clock.monotonic() >= end;
        !self.is_shared() || self.list.is_confirmed() || self.patience.is_some_and(is_late)
    }

    /// Sets the listener of operators.
    pub(super) fn open(&self, listener: &Listener) {
        self.is_private
            .store(listener.is_private(), Ordering::Relaxed);
    }

    /// Whether replicas share it. Only then does its age matter.
    pub(super) fn is_shared(&self) -> bool {
        self.store.is_shared()
    }
}

#[cfg(feature = "redis")]
fn store(
    config: &DenylistConfig,
    list: &Arc<Denylist>,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Store>, DenylistError> {
    match &config.redis_url {
        Some(url) => {
            let store = redis::Redis::follow(url.reveal(), list.clone(), clock.clone());
            Ok(Arc::new(
                store.map_err(|error| DenylistError::Redis(error.into()))?,
            ))
        }
        None => Ok(Arc::new(Memory::new(list.clone()))),
    }
}

#[cfg(not(feature = "redis"))]
#[expect(
    clippy::unnecessary_wraps,
    reason = "the same shape as with the feature"
)]
fn store(
    _: &DenylistConfig,
    list: &Arc<Denylist>,
    _: &Arc<dyn Clock>,
) -> Result<Arc<dyn Store>, DenylistError> {
    Ok(Arc::new(Memory::new(list.clone())))
}

/// The denials of the file; none where there is none.
pub(super) fn read(file: Option<&Path>) -> Result<Vec<Denial>, DenylistError> {
    let Some(path) = file else {
        return Ok(Vec::new());
    };
    let text = read_bounded(path).map_err(|source| DenylistError::File {
        path: path.to_owned(),
        source,
    })?;
    Denial::parse_list(&text).map_err(|source| DenylistError::Content {
        path: path.to_owned(),
        source,
    })
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let mut start = File::open(path)?.take(MAX_FILE_BYTES + 1);
    start.read_to_end(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other("it is longer than 64 MiB"));
    }
    Ok(text)
}

/// Why the denylist cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DenylistError {
    /// The file cannot be read.
    #[error("`denylist.file`: {} cannot be read; name a file that this service may read", path.display())]
    #[non_exhaustive]
    File {
        /// What the setting names.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not a list of denials.
    #[error("`denylist.file`: {} is not a JSON list of denials; see docs/operations.md", path.display())]
    #[non_exhaustive]
    Content {
        /// What the setting names.
        path: PathBuf,
        /// Where it is wrong.
        source: DenialError,
    },
    /// There are too many denials.
    #[error("there are more denials than `denylist.max_entries`; raise it")]
    Full(#[from] DenylistFull),
    /// The URL of the Redis cannot be used.
    #[cfg(feature = "redis")]
    #[error(
        "`denylist.redis_url` cannot be used; write it as rediss://:password@redis.example.com:6379"
    )]
    Redis(#[source] Box<dyn std::error::Error + Send + Sync>),
}

const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
