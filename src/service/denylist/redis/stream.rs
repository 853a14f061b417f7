//! The stream: its entries, and the commands for Redis.

use std::fmt;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::streams::{StreamId, StreamInfoStreamReply, StreamReadReply};
use ::redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, ServerErrorKind, cmd};

use crate::verifier::Denial;

/// A connection to the stream.
pub(super) struct Stream(MultiplexedConnection);

/// The name of an entry: a time in milliseconds, and a number within it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EntryId(u64, u64);

/// What an entry does with its denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Deny,
    Allow,
}

/// An entry, as far as it can be read.
pub(super) struct Entry {
    pub(super) id: EntryId,
    /// `None` if another program has added the entry.
    pub(super) word: Option<(Verb, Denial)>,
}

impl Stream {
    pub(super) async fn connect(client: &Client) -> Result<Self, RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(ANSWER_TIMEOUT))
            .set_response_timeout(Some(POLL + ANSWER_TIMEOUT));
        let connection = client.get_multiplexed_async_connection_with_config(&config);
        Ok(Self(connection.await?))
    }

    /// Adds an entry, and cuts off about those before `oldest`.
    pub(super) async fn add(
        &mut self,
        verb: Verb,
        denial: &Denial,
        oldest: EntryId,
    ) -> Result<EntryId, RedisError> {
        let id: String = cmd("XADD")
            .arg(&[KEY, "MINID", "~"])
            .arg(oldest.to_string())
            .arg(&["*", verb.as_str()])
            .arg(denial.to_json())
            .query_async(&mut self.0)
            .await?;
        EntryId::parse(&id)
    }

    /// Remembers the name of a token for some time. Returns `false` if it is remembered already.
    pub(super) async fn remember(
        &mut self,
        name: &[u8; 16],
        lifetime: Duration,
    ) -> Result<bool, RedisError> {
        let millis = lifetime.as_millis().max(1);
        let set: Option<String> = cmd("SET")
            .arg(format!("{USED}:{:032x}", u128::from_be_bytes(*name)))
            .arg("1")
            .arg("NX")
            .arg("PX")
            .arg(u64::try_from(millis).unwrap_or(u64::MAX))
            .query_async(&mut self.0)
            .await?;
        Ok(set.is_some())
    }

    /// At most `PAGE` entries after this one; none yet where there are none.
    pub(super) async fn after(&mut self, position: EntryId) -> Result<Vec<Entry>, RedisError> {
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(PAGE);
        self.entries(read, position).await
    }

    /// The same, but waits for one for half a second.
    pub(super) async fn next(&mut self, position: EntryId) -> Result<Vec<Entry>, RedisError> {
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(PAGE);
        read.arg("BLOCK").arg(POLL.as_millis());
        self.entries(read, position).await
    }

    async fn entries(
        &mut self,
        mut read: ::redis::Cmd,
        position: EntryId,
    ) -> Result<Vec<Entry>, RedisError> {
        read.arg(&["STREAMS", KEY]).arg(position.to_string());
        let reply: Option<StreamReadReply> = read.query_async(&mut self.0).await?;
        let keys = reply.into_iter().flat_map(|reply| reply.keys);
        let entries = keys.flat_map(|key| key.ids);
        entries.map(|entry| Entry::read(&entry)).collect()
    }

    /// The id of the last entry that was added; the lowest id if there is no stream.
    pub(super) async fn last(&mut self) -> Result<EntryId, RedisError> {
        let mut ask = cmd("XINFO");
        ask.arg(&["STREAM", KEY]);
        let stream: Result<StreamInfoStreamReply, _> = ask.query_async(&mut self.0).await;
        match stream {
            Ok(stream) => EntryId::parse(&stream.last_generated_id),
            // "no such key"
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::ResponseError) => {
                Ok(EntryId::default())
            }
            Err(error) => Err(error),
        }
    }
}

impl Entry {
    fn read(entry: &StreamId) -> Result<Self, RedisError> {
        let said = |verb: Verb| {
            let text: Option<Vec<u8>> = entry.get(verb.as_str());
            text.map(|text| Some((verb, Denial::parse(&text).ok()?)))
        };
        Ok(Self {
            id: EntryId::parse(&entry.id)?,
            word: match (said(Verb::Deny), said(Verb::Allow)) {
                (Some(word), None) | (None, Some(word)) => word,
                _ => None,
            },
        })
    }
}

impl EntryId {
    /// The first of this time since 1970.
    pub(super) fn at(time: Duration) -> Self {
        Self(time.as_millis().try_into().unwrap_or(u64::MAX), 0)
    }

    fn parse(text: &str) -> Result<Self, RedisError> {
        let parts = text.split_once('-');
        let id =
            parts.and_then(|(time, number)| Some(Self(time.parse().ok()?, number.parse().ok()?)));
        id.ok_or_else(|| (ErrorKind::UnexpectedReturnType, "not the id of an entry").into())
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

impl Verb {
    /// The name of the entry's field.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Allow => "allow",
        }
    }
}

const KEY: &str = "poem-resource-server:denylist";
/// The names of used tokens begin with this.
const USED: &str = "poem-resource-server:used";
pub(super) const PAGE: usize = 1000;
/// How long one read waits for an addition.
const POLL: Duration = Duration::from_millis(500);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);
