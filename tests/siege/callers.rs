//! Callers with a good token, who must not feel what else goes on.

use std::fmt;
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::program::{Program, Protocol};
use crate::secure::Target;

/// Four callers that repeat one call, each on its own connection.
///
/// They run on a thread of their own. On the threads of the attackers, a caller would also wait for
/// the attackers' work, and its latency would include that wait.
pub struct Callers {
    stop: watch::Sender<bool>,
    thread: JoinHandle<Vec<Duration>>,
}

/// How long each call took, the fastest first.
pub struct Latencies(Vec<Duration>);

impl Callers {
    /// Starts four callers, each with 50 calls a second.
    pub fn start(program: &Program) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (target, token) = (program.target.clone(), program.token.clone());
        let thread = thread::spawn(move || {
            let mut runtime = Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            let calling = || keep_calling(target.clone(), token.clone(), stopped.clone(), |_| {});
            runtime
                .block_on(join_all((0..4).map(|_| calling())))
                .concat()
        });
        Self { stop, thread }
    }

    /// Stops the callers. Every one of their calls was answered 200.
    pub async fn stop(self) -> Latencies {
        self.stop.send_replace(true);
        let ended = spawn_blocking(|| self.thread.join()).await.unwrap();
        let mut all = ended.unwrap_or_else(|panic| resume_unwind(panic));
        all.sort();
        Latencies(all)
    }
}

impl Latencies {
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// In milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let position = (self.0.len() * percent / 100).min(self.0.len() - 1);
        self.0[position].as_secs_f64() * 1000.0
    }
}

/// In milliseconds, as in `p50 0.31 ms, p99 0.52 ms`.
impl fmt::Display for Latencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (half, most) = (self.percentile(50), self.percentile(99));
        write!(f, "p50 {half:.2} ms, p99 {most:.2} ms")
    }
}

/// One call, which is answered 200.
pub async fn call_once(program: &Program) {
    let (stop, stopped) = watch::channel(false);
    let calling = keep_calling(
        program.target.clone(),
        program.token.clone(),
        stopped,
        move |_| {
            stop.send_replace(true);
        },
    );
    assert_eq!(calling.await.len(), 1);
}

async fn keep_calling(
    target: Target,
    token: String,
    stopped: watch::Receiver<bool>,
    answered: impl Fn(Duration),
) -> Vec<Duration> {
    let head = format!(
        "GET /api/whoami HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    let mut stream = target.open(Protocol::Http1).await.unwrap();
    let mut every = tokio::time::interval(Duration::from_millis(20));
    let mut latencies = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        every.tick().await;
        if *stopped.borrow() {
            return latencies;
        }
        let started = Instant::now();
        stream.write_all(head.as_bytes()).await.unwrap();
        let read = stream.read(&mut buffer).await.unwrap_or_else(|error| {
            panic!(
                "call {}, after {:?}: {error}",
                latencies.len(),
                started.elapsed()
            )
        });
        let answer = &buffer[..read];
        assert!(
            answer.starts_with(b"HTTP/1.1 200 "),
            "{}",
            String::from_utf8_lossy(answer)
        );
        latencies.push(started.elapsed());
        answered(started.elapsed());
    }
}
