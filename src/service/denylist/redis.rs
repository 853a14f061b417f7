//! Denials that replicas share by a stream in Redis.
//!
//! 1. An entry of the stream says `deny` or `allow`, and which denial. Any replica adds, and so
//!    may anybody with `XADD`.
//! 2. What a replica adds it hears as the others do, from the stream: see [`Follower`]. Who
//!    gave it is answered once it was applied.
//! 3. What is older than the longest denial is cut off with each addition.
//!
//! Without Redis the denials known so far go on; see `denylist.on_failure`.

mod follower;
mod stream;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::redis::{Client, RedisError};
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::debug;

use crate::clock::Clock;
use crate::verifier::{Denial, Denylist, DenylistFull};

use super::store::{LONGEST_DENIAL, Store, StoreError, TokenName};
use follower::{Follower, FollowerProgress};
use stream::{EntryId, Stream, Verb};

/// A Redis, and what follows it.
pub(super) struct Redis {
    client: Client,
    list: Arc<Denylist>,
    clock: Arc<dyn Clock>,
    applied: watch::Receiver<FollowerProgress>,
    following: JoinHandle<()>,
}

impl Redis {
    /// Begins to follow the stream; whether Redis is there shows later.
    pub(super) fn follow(
        url: &str,
        list: Arc<Denylist>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RedisError> {
        let client = Client::open(url)?;
        let (progress, applied) = watch::channel(FollowerProgress::default());
        let follower = Follower::new(client.clone(), list.clone(), clock.clone(), progress);
        Ok(Self {
            client,
            list,
            clock,
            applied,
            following: tokio::spawn(follower.follow()),
        })
    }

    /// Adds an entry to the stream, and waits until this replica has applied it.
    async fn append_and_wait(
        &self,
        verb: Verb,
        denial: &Denial,
    ) -> Result<FollowerProgress, StoreError> {
        let mut stream = Stream::connect(&self.client).await?;
        let id = stream.add(verb, denial, self.oldest()).await?;
        debug!(%id, verb = verb.as_str(), "denial shared");
        let mut applied = self.applied.clone();
        let applied = applied.wait_for(|applied| applied.position >= id);
        match tokio::time::timeout(PATIENCE, applied).await {
            Ok(Ok(applied)) => Ok(*applied),
            _ => Err(StoreError::NotConfirmed),
        }
    }

    /// Every denial in an earlier entry has expired.
    fn oldest(&self) -> EntryId {
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        let oldest = now.unwrap_or_default().saturating_sub(LONGEST_DENIAL);
        EntryId::at(oldest)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.following.abort();
    }
}

impl Store for Redis {
    fn deny(&self, denial: Denial) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let applied = self.append_and_wait(Verb::Deny, &denial).await?;
            // Otherwise, another operator has removed it already.
            if applied.is_full && !self.list.contains(&denial) {
                return Err(DenylistFull.into());
            }
            Ok(())
        })
    }

    fn allow(&self, denial: Denial) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            if !self.list.contains(&denial) {
                return Ok(false);
            }
            self.append_and_wait(Verb::Allow, &denial).await?;
            Ok(true)
        })
    }

    fn remember(&self, token: TokenName) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let mut stream = Stream::connect(&self.client).await?;
            let lifetime = token.until.saturating_sub(token.now);
            Ok(stream.remember(&token.name, lifetime).await?)
        })
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// The maximum wait for an entry of our own.
const PATIENCE: Duration = Duration::from_secs(2);
