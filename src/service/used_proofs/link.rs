//! One connection to Redis that all requests share, and that is opened again when it breaks.
//!
//! A task owns it. While Redis does not answer, requests fail immediately, and the task tries again
//! several times a second. Only at the start and after a break do requests wait for the first attempt.

use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, RedisError};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

/// A shared connection to Redis.
pub(super) struct Link {
    state: watch::Receiver<LinkState>,
    /// The number of the last connection that broke.
    broken: watch::Sender<u64>,
    connecting: JoinHandle<()>,
}

enum LinkState {
    /// An attempt has begun, and none has failed since the connection was last open.
    Connecting,
    Open(LinkConnection),
    Down,
}

/// A connection and its number.
#[derive(Clone)]
pub(super) struct LinkConnection {
    pub(super) connection: MultiplexedConnection,
    number: u64,
}

impl Link {
    /// Begins to connect.
    pub(super) fn open(url: &str) -> Result<Self, RedisError> {
        let client = Client::open(url)?;
        let (sender, state) = watch::channel(LinkState::Connecting);
        let (broken, breaks) = watch::channel(0);
        Ok(Self {
            state,
            broken,
            connecting: tokio::spawn(keep_open(client, sender, breaks)),
        })
    }

    /// The connection, after the attempt that is under way; `None` while Redis does not answer.
    pub(super) async fn connection(&self) -> Option<LinkConnection> {
        let mut state = self.state.clone();
        let is_decided = |state: &LinkState| match state {
            LinkState::Connecting => false,
            LinkState::Open(open) => open.number > *self.broken.borrow(),
            LinkState::Down => true,
        };
        match &*state.wait_for(is_decided).await.ok()? {
            LinkState::Open(connection) => Some(connection.clone()),
            LinkState::Connecting | LinkState::Down => None,
        }
    }

    /// Opens another connection in place of this one.
    pub(super) fn replace(&self, connection: &LinkConnection) {
        self.broken.send_if_modified(|broken| {
            let is_new = *broken < connection.number;
            *broken = connection.number.max(*broken);
            is_new
        });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.connecting.abort();
    }
}

async fn keep_open(
    client: Client,
    state: watch::Sender<LinkState>,
    mut broken: watch::Receiver<u64>,
) {
    let mut is_lost = false;
    for number in 1.. {
        match connect(&client).await {
            Ok(connection) => {
                if std::mem::take(&mut is_lost) {
                    info!("the Redis server of used proofs answers again");
                }
                state.send_replace(LinkState::Open(LinkConnection { connection, number }));
                // A server whose connections break immediately is not called without a pause.
                let pause = tokio::time::sleep(PAUSE);
                if broken.wait_for(|broken| *broken >= number).await.is_err() {
                    return;
                }
                state.send_replace(LinkState::Connecting);
                pause.await;
            }
            Err(error) => {
                if !std::mem::replace(&mut is_lost, true) {
                    warn!(%error, "the Redis server of used proofs does not answer");
                }
                state.send_replace(LinkState::Down);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn connect(client: &Client) -> Result<MultiplexedConnection, RedisError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWER_TIMEOUT))
        .set_response_timeout(Some(ANSWER_TIMEOUT));
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await?;
    // A server that accepts connections and is stopped answers nothing.
    ::redis::cmd("PING")
        .query_async::<()>(&mut connection)
        .await?;
    Ok(connection)
}

/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(250);
/// The maximum wait for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(500);
