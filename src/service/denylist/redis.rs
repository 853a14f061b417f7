//! Denials that replicas share by a stream in Redis.
//!
//! 1. An entry of the stream says `deny` or `allow`, and which denial. Any replica adds, and so
//!    may anybody with `XADD`.
//! 2. Each replica reads the stream from its beginning, and then waits for what is added. A
//!    stream keeps what publish and subscribe would lose while a replica is away, and the wait
//!    ends every half second: that poll is what the age of the list goes by.
//! 3. What is older than the longest denial is cut off with each addition.
//!
//! Without Redis the denials known so far go on; see `denylist.on_failure`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use ::redis::aio::MultiplexedConnection;
use ::redis::streams::{StreamId, StreamReadReply};
use ::redis::{AsyncConnectionConfig, Client, RedisError, cmd};
use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;
use tracing::{debug, error, info, warn};

use crate::clock::Clock;
use crate::verifier::{Denial, Denylist};

use super::LONGEST_DENIAL;
use super::store::{Store, StoreError};

/// A Redis, and what follows it.
pub(super) struct Redis {
    client: Client,
    list: Arc<Denylist>,
    clock: Arc<dyn Clock>,
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
        let following = tokio::spawn(follow(client.clone(), list.clone()));
        Ok(Self {
            client,
            list,
            clock,
            following,
        })
    }

    async fn add(&self, verb: &str, denial: &Denial) -> Result<(), RedisError> {
        let mut connection = connect(&self.client).await?;
        let id: String = cmd("XADD")
            .arg(STREAM)
            .arg(&["MINID", "~"])
            .arg(self.oldest())
            .arg(&["*", verb])
            .arg(denial.to_json())
            .query_async(&mut connection)
            .await?;
        debug!(id, verb, "denial shared");
        Ok(())
    }
}

impl Redis {
    /// The id before which no entry denies anything any more.
    fn oldest(&self) -> u128 {
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        now.unwrap_or_default()
            .saturating_sub(LONGEST_DENIAL)
            .as_millis()
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
            // Shared first: who is told that it counts must be right about every replica.
            self.add(DENY, &denial).await?;
            Ok(self.list.deny(denial)?)
        })
    }

    fn allow(&self, denial: Denial) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            self.add(ALLOW, &denial).await?;
            Ok(self.list.allow(&denial))
        })
    }

    fn is_shared(&self) -> bool {
        true
    }
}

/// Reads the stream for as long as the service runs.
async fn follow(client: Client, list: Arc<Denylist>) {
    let mut position = BEGINNING.to_owned();
    let mut is_lost = false;
    loop {
        let Err(error) = read(&client, &list, &mut position, &mut is_lost).await;
        if !is_lost {
            warn!(%error, entries = list.len(), "denylist out of reach; the denials known go on");
            is_lost = true;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Reads from where it was left, until Redis is lost.
async fn read(
    client: &Client,
    list: &Denylist,
    position: &mut String,
    is_lost: &mut bool,
) -> Result<Infallible, RedisError> {
    let mut connection = connect(client).await?;
    loop {
        let reply: Option<StreamReadReply> = cmd("XREAD")
            .arg("COUNT")
            .arg(PAGE)
            .arg("BLOCK")
            .arg(POLL.as_millis())
            .arg(&["STREAMS", STREAM, position])
            .query_async(&mut connection)
            .await?;
        let entries = reply
            .into_iter()
            .flat_map(|reply| reply.keys)
            .flat_map(|key| key.ids);
        let mut count = 0;
        let mut is_whole = true;
        for entry in entries {
            is_whole &= apply(list, &entry);
            *position = entry.id;
            count += 1;
        }
        // With a full page there may be more.
        if count < PAGE && is_whole {
            list.confirm();
            if std::mem::take(is_lost) {
                info!(entries = list.len(), "denylist in reach again");
            }
        }
    }
}

/// Whether the list is now as the stream has it. What nobody can read is passed over.
fn apply(list: &Denylist, entry: &StreamId) -> bool {
    let denial = |verb| {
        let text: Option<Vec<u8>> = entry.get(verb);
        text.map(|text| Denial::parse(&text))
    };
    match (denial(DENY), denial(ALLOW)) {
        (Some(Ok(denial)), None) => {
            let taken = list.deny(denial);
            if taken.is_err() {
                error!(id = entry.id, "denylist full: raise `denylist.max_entries`");
            }
            taken.is_ok()
        }
        (None, Some(Ok(denial))) => {
            list.allow(&denial);
            true
        }
        _ => {
            warn!(id = entry.id, "no denial in the stream's entry");
            true
        }
    }
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWER_TIMEOUT))
        .set_response_timeout(Some(POLL + ANSWER_TIMEOUT));
    client
        .get_multiplexed_async_connection_with_config(&config)
        .await
}

/// The stream, and the fields of its entries.
const STREAM: &str = "poem-resource-server:denylist";
const DENY: &str = "deny";
const ALLOW: &str = "allow";

const BEGINNING: &str = "0-0";
const PAGE: usize = 1000;
/// How long one read waits for an addition.
const POLL: Duration = Duration::from_millis(500);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
/// Between two attempts to reach Redis.
const PAUSE: Duration = Duration::from_millis(250);
