//! Follows the stream. Only this task changes the shared denials.
//!
//! 1. It reads the stream from its beginning, takes the last entry of each denial, and puts all of
//!    them in force immediately.
//! 2. Then it applies each new entry. A stream keeps entries that publish and subscribe would lose
//!    while a replica is disconnected. The wait ends every half second, and this poll confirms the
//!    list.
//! 3. It starts again with each connection, when Redis has lost the stream, and at intervals while
//!    the list has no room for all denials. The list is then incomplete, and is not confirmed.
//!
//! A denial that the stream does not contain stays in force, so a Redis that has lost its data
//! removes no denial.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use ::redis::{Client, RedisError};
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::verifier::{Denial, DenialSource, Denylist};

use super::stream::{EntryId, PAGE, Stream, Verb};

/// Reads the stream.
pub(super) struct Follower {
    client: Client,
    list: Arc<Denylist>,
    clock: Arc<dyn Clock>,
    progress: watch::Sender<FollowerProgress>,
    applied: FollowerProgress,
    is_lost: bool,
}

/// The progress of the follower.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FollowerProgress {
    pub(super) position: EntryId,
    /// Whether the list was too small for every entry.
    pub(super) is_full: bool,
}

impl Follower {
    pub(super) fn new(
        client: Client,
        list: Arc<Denylist>,
        clock: Arc<dyn Clock>,
        progress: watch::Sender<FollowerProgress>,
    ) -> Self {
        Self {
            client,
            list,
            clock,
            progress,
            applied: FollowerProgress::default(),
            is_lost: false,
        }
    }

    /// Follows the stream for as long as the service runs.
    pub(super) async fn follow(mut self) {
        loop {
            let Err(error) = self.read().await;
            if !self.is_lost {
                let entries = self.list.len();
                warn!(%error, entries, "Redis cannot be reached; the known denials stay in force");
                self.is_lost = true;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads until Redis is lost.
    async fn read(&mut self) -> Result<Infallible, RedisError> {
        let mut stream = Stream::connect(&self.client).await?;
        loop {
            self.catch_up(&mut stream).await?;
            self.go_on(&mut stream).await?;
        }
    }

    /// Reads the stream from its beginning, and replaces the list by the result.
    async fn catch_up(&mut self, stream: &mut Stream) -> Result<(), RedisError> {
        if stream.last().await? < self.applied.position {
            let entries = self.list.len();
            warn!(
                entries,
                "Redis lost denials; the known denials stay in force"
            );
        }
        let mut words: HashMap<Denial, Verb> = HashMap::new();
        let mut position = EntryId::default();
        loop {
            let page = stream.after(position).await?;
            let is_last = page.len() < PAGE;
            for entry in page {
                position = entry.id;
                match entry.word {
                    Some((verb, denial)) => drop(words.insert(denial, verb)),
                    None => pass_over(position),
                }
            }
            if is_last {
                break;
            }
        }
        let (denied, allowed): (Vec<_>, Vec<_>) =
            words.into_iter().partition(|(_, verb)| *verb == Verb::Deny);
        for (denial, _) in &allowed {
            self.list.allow(denial);
        }
        let denied = denied.into_iter().map(|(denial, _)| denial).collect();
        let is_full = self.list.add(DenialSource::Shared, denied).is_err();
        self.publish(FollowerProgress { position, is_full });
        self.confirm();
        Ok(())
    }

    /// Applies entries until it must start again.
    async fn go_on(&mut self, stream: &mut Stream) -> Result<(), RedisError> {
        let retry_at = self.clock.monotonic() + RETRY;
        loop {
            let page = stream.next(self.applied.position).await?;
            let mut applied = self.applied;
            let entries = page.len();
            for entry in page {
                applied.position = entry.id;
                match entry.word {
                    Some((Verb::Deny, denial)) => {
                        applied.is_full |= self.list.deny(denial).is_err();
                    }
                    Some((Verb::Allow, denial)) => drop(self.list.allow(&denial)),
                    None => pass_over(entry.id),
                }
            }
            self.publish(applied);
            // With a full page there may be more.
            if entries == PAGE {
                continue;
            }
            self.confirm();
            let is_time = applied.is_full && self.clock.monotonic() >= retry_at;
            if is_time || entries == 0 && stream.last().await? < applied.position {
                return Ok(());
            }
        }
    }

    fn publish(&mut self, applied: FollowerProgress) {
        if applied.is_full && !self.applied.is_full {
            error!(
                "denylist full: not all that is shared is in force; raise `denylist.max_entries`"
            );
        }
        self.applied = applied;
        self.progress.send_replace(applied);
    }

    /// Says that the list is whole, if it is.
    fn confirm(&mut self) {
        if self.applied.is_full {
            return;
        }
        self.list.confirm();
        if std::mem::take(&mut self.is_lost) {
            info!(entries = self.list.len(), "Redis can be reached again");
        }
    }
}

fn pass_over(id: EntryId) {
    warn!(%id, "no denial in the stream's entry");
}

/// Between two attempts to reach Redis.
const PAUSE: Duration = Duration::from_millis(250);
/// Between two attempts to find room for all.
const RETRY: Duration = Duration::from_secs(5);
