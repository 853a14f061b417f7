//! Denials that replicas share by a stream in Redis.
//!
//! 1. An entry of the stream says `deny` or `allow`, and which denial. Any replica adds, and so
//!    may anybody with `XADD`.
//! 2. What a replica adds it hears as the others do, from the stream: see [`Follower`]. Who
//!    gave it is answered once it was heard.
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

use super::store::{LONGEST_DENIAL, Store, StoreError};
use follower::{Follower, Heard};
use stream::{EntryId, Stream, Verb};

/// A Redis, and what follows it.
pub(super) struct Redis {
    client: Client,
    list: Arc<Denylist>,
    clock: Arc<dyn Clock>,
    heard: watch::Receiver<Heard>,
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
        let (progress, heard) = watch::channel(Heard::default());
        let follower = Follower::new(client.clone(), list.clone(), clock.clone(), progress);
        Ok(Self {
            client,
            list,
            clock,
            heard,
            following: tokio::spawn(follower.follow()),
        })
    }

    /// Adds to the stream, and waits until this replica has heard it.
    async fn say(&self, verb: Verb, denial: &Denial) -> Result<Heard, StoreError> {
        let mut stream = Stream::connect(&self.client).await?;
        let id = stream.add(verb, denial, self.oldest()).await?;
        debug!(%id, verb = verb.as_str(), "denial shared");
        let mut heard = self.heard.clone();
        let heard = heard.wait_for(|heard| heard.position >= id);
        match tokio::time::timeout(PATIENCE, heard).await {
            Ok(Ok(heard)) => Ok(*heard),
            _ => Err(StoreError::Unheard),
        }
    }

    /// Before it no entry denies anything any more.
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
            let heard = self.say(Verb::Deny, &denial).await?;
            // Otherwise, another operator has removed it already.
            if heard.is_full && !self.list.contains(&denial) {
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
            self.say(Verb::Allow, &denial).await?;
            Ok(true)
        })
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// For an entry to come back.
const PATIENCE: Duration = Duration::from_secs(2);
