//! A Redis server that answers `SET` with errors.

use std::io::{self, Write};
use std::sync::Mutex;

use super::redis_server::RedisServer;
use super::*;

/// A server that answers `SET` like this, by the number of the connection.
async fn faulty(answer: fn(usize) -> &'static str) -> RedisServer {
    RedisServer::start(move |connection, _| answer(connection).to_owned()).await
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn proof(name: u8, now: u64) -> UsedProof {
    UsedProof::new(
        [name; 16],
        Duration::from_secs(now),
        Duration::from_secs(now + 60),
    )
}

#[tokio::test]
async fn an_error_of_redis_is_logged_once_a_minute_and_refuses_each_proof() {
    for (error, answer) in [
        (
            "not allowed",
            (|_| "-OOM command not allowed") as fn(usize) -> _,
        ),
        ("no permissions", |_| "-NOPERM no permissions to run 'set'"),
        ("errors writing", |_| "-MISCONF errors writing to disk"),
    ] {
        let redis = faulty(answer).await;
        let (used, proofs) = redis.used_proofs(&[]);
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone());
        let guard = tracing::subscriber::set_default(subscriber.finish());

        for (name, now) in [(1, 1_000), (2, 1_030), (3, 1_059), (4, 1_060)] {
            let answer = proofs.store().mark(proof(name, now)).await;
            assert_eq!(answer, Err(MarkError::Unavailable), "{error}");
        }

        drop(guard);
        let text = lines.text();
        assert_eq!(
            text.matches("refuses to store a proof").count(),
            2,
            "{text}"
        );
        assert_eq!(text.matches(error).count(), 2, "{text}");
        assert_eq!(used.failures(), Some(4));
        // The connection is not at fault.
        assert_eq!(redis.connections(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_a_replica_now_is_left_for_another_connection() {
    let redis = faulty(|connection| match connection {
        1 => "-READONLY You can't write against a read only replica.",
        _ => "+OK",
    })
    .await;
    let (used, proofs) = redis.used_proofs(&[]);

    assert_eq!(proofs.store().mark(proof(1, 1_000)).await, Ok(()));

    assert_eq!(redis.connections(), 2);
    assert_eq!(used.failures(), Some(0));
    assert_eq!(proofs.store().mark(proof(2, 1_000)).await, Ok(()));
    assert_eq!(redis.connections(), 2);
}

#[tokio::test]
async fn a_server_that_stays_a_replica_refuses_and_is_called_with_pauses() {
    let redis = faulty(|_| "-READONLY You can't write against a read only replica.").await;
    let (used, proofs) = redis.used_proofs(&[]);

    let marks = (1..=50).map(|name| proofs.store().mark(proof(name, 1_000)));
    let answers = futures_util::future::join_all(marks).await;

    assert_eq!(answers, [Err(MarkError::Unavailable); 50]);
    assert_eq!(used.failures(), Some(50));
    // All calls together used two, and a third may be open already.
    assert!(redis.connections() <= 3, "{}", redis.connections());
}

/// A proof that was not remembered here could be used again here if Redis failed later.
#[tokio::test]
async fn with_last_known_a_proof_needs_room_in_this_process_even_while_redis_answers() {
    let redis = faulty(|_| "+OK").await;
    let last_known = ("test", "dpop.on_failure", "last_known");
    let size = ("test", "dpop.max_memory", "1MiB");
    let (used, proofs) = redis.used_proofs(&[last_known, size]);
    let (_, refusing) = redis.used_proofs(&[size]);
    let named = |number: u64| {
        let name = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        UsedProof {
            name: name.to_le_bytes(),
            ..proof(0, 1_000)
        }
    };
    let memory = used.memory.clone();
    let mut number = 0;
    while memory.mark(named(number)).await.is_ok() {
        number += 1;
    }
    assert!(number > 10_000, "{number}");

    let full = proofs.store().mark(named(number)).await;
    assert!(matches!(full, Err(MarkError::Full { .. })), "{full:?}");
    assert_eq!(proofs.store().mark(named(0)).await, Err(MarkError::Used));
    // Without `last_known`, the memory of this process is not used.
    assert_eq!(refusing.store().mark(named(number)).await, Ok(()));
    // The proofs expire.
    let later = UsedProof::new(
        [1; 16],
        Duration::from_secs(1_080),
        Duration::from_secs(1_140),
    );
    assert_eq!(proofs.store().mark(later).await, Ok(()));
}
