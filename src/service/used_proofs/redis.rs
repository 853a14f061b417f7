//! Used proofs that replicas share by Redis.
//!
//! 1. `SET NX` sets a key for each proof. Of several replicas that set the same key, one succeeds.
//! 2. The key expires when no replica accepts the proof any more. Redis counts this time, and it is the
//!    same for each proof: the clock of the replica may be wrong and be corrected later.
//! 3. With `on_failure = "last_known"`, each proof is first marked in the memory of this process. If
//!    Redis does not answer, this decides, and knows every proof that was used here before.

use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value, cmd};
use futures_util::future::BoxFuture;
use tracing::warn;

use crate::service::config::{DpopConfig, OnFailure};
use crate::verifier::{MarkError, MemoryProofStore, ProofStore, UsedProof};

use super::error::UsedProofsError;
use super::link::Link;

/// Used proofs in Redis.
pub(super) struct RedisProofStore {
    link: Link,
    /// Decides while Redis does not answer; `None` refuses then.
    memory: Option<Arc<MemoryProofStore>>,
    failures: AtomicU64,
    /// When the last error of the server was logged, in seconds since 1970.
    logged: AtomicU64,
}

impl RedisProofStore {
    /// Begins to connect; `None` without a URL.
    pub(super) fn start(
        config: &DpopConfig,
        memory: &Arc<MemoryProofStore>,
    ) -> Result<Option<Self>, UsedProofsError> {
        let Some(url) = &config.redis_url else {
            return Ok(None);
        };
        let link = Link::open(url.reveal());
        let link = link.map_err(|error| UsedProofsError::Redis(error.into()))?;
        let has_memory = config.on_failure == OnFailure::LastKnown;
        Ok(Some(Self {
            link,
            memory: has_memory.then(|| memory.clone()),
            failures: AtomicU64::new(0),
            logged: AtomicU64::new(0),
        }))
    }

    /// How often Redis did not answer.
    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    async fn mark_shared(&self, proof: UsedProof) -> Result<(), MarkError> {
        let answer = tokio::time::timeout(MAX_WAIT, self.set(proof)).await;
        match answer {
            Ok(Some(Value::Okay)) => Ok(()),
            Ok(Some(Value::Nil)) => Err(MarkError::Used),
            _ => {
                self.failures.fetch_add(1, Ordering::Relaxed);
                Err(MarkError::Unavailable)
            }
        }
    }

    /// The answer of Redis; `None` if there is none. The command is sent once more over a new
    /// connection if the connection was closed before, as by a restart of Redis, or if the server
    /// is a replica now, as after a failover.
    async fn set(&self, proof: UsedProof) -> Option<Value> {
        let command = command(proof);
        for _ in 0..2 {
            let mut link = self.link.connection().await?;
            let answer: Result<Value, RedisError> = command.query_async(&mut link.connection).await;
            match answer {
                Ok(answer) => return Some(answer),
                Err(error) if error.is_connection_dropped() => self.link.replace(&link),
                Err(error) if error.is_timeout() => {
                    self.link.replace(&link);
                    return None;
                }
                Err(error) => {
                    self.log(&error, proof.now);
                    if error.kind() != ErrorKind::Server(ServerErrorKind::ReadOnly) {
                        return None;
                    }
                    self.link.replace(&link);
                }
            }
        }
        None
    }

    /// Logs why the server refuses a command, at most once a minute.
    fn log(&self, error: &RedisError, now: Duration) {
        let (now, logged) = (now.as_secs(), self.logged.load(Ordering::Relaxed));
        if now.abs_diff(logged) < LOG_PAUSE_SECS {
            return;
        }
        let exchange =
            self.logged
                .compare_exchange(logged, now, Ordering::Relaxed, Ordering::Relaxed);
        if exchange.is_ok() {
            warn!(%error, "the Redis server of used proofs refuses to store a proof");
        }
    }
}

impl ProofStore for RedisProofStore {
    fn mark(&self, proof: UsedProof) -> BoxFuture<'_, Result<(), MarkError>> {
        Box::pin(async move {
            let Some(memory) = &self.memory else {
                return self.mark_shared(proof).await;
            };
            memory.mark(proof).await?;
            match self.mark_shared(proof).await {
                Err(MarkError::Unavailable) => Ok(()),
                answer => answer,
            }
        })
    }
}

impl fmt::Debug for RedisProofStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisProofStore")
            .field("memory", &self.memory)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

fn command(proof: UsedProof) -> Cmd {
    let mut key = String::with_capacity(PREFIX.len() + 2 * proof.name.len());
    key.push_str(PREFIX);
    for byte in proof.name {
        let _ = write!(key, "{byte:02x}");
    }
    let lifetime = proof.window + CLOCK_DIFFERENCE;
    let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
    let mut command = cmd("SET");
    command.arg(key).arg("").arg("NX").arg("PX").arg(millis);
    command
}

/// The maximum wait of a request, with a new connection.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// Between two log lines about errors of the server.
const LOG_PAUSE_SECS: u64 = 60;
const PREFIX: &str = "poem-resource-server:proof:";
/// How far the clocks of two replicas may differ, or a clock before and after its correction. A clock
/// that is behind the one that marked a proof begins to accept it later, and ends later.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_name_of_the_proof_and_the_same_lifetime_at_every_time_of_use() {
        let name = "ab".repeat(16);
        for now in [10, 70, 100, 130, 4_000] {
            let proof = UsedProof::new(
                [0xab; 16],
                Duration::from_secs(now),
                Duration::from_secs(130),
            );

            let command = command(proof.with_window(Duration::from_secs(120)));

            let packed = String::from_utf8(command.get_packed_command()).unwrap();
            assert_eq!(
                packed,
                format!(
                    "*6\r\n$3\r\nSET\r\n$59\r\n{PREFIX}{name}\r\n$0\r\n\r\n$2\r\nNX\r\n$2\r\nPX\r\n$6\r\n240000\r\n"
                ),
                "{now}"
            );
        }
    }
}
