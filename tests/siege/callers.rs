//! Callers with a good token, who must not feel what else goes on.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::program::{Program, Protocol};
use crate::secure::Target;

/// Some who call again and again, each on a connection that it keeps.
pub struct Callers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<Vec<Duration>>>,
}

/// How long each call took, the fastest first.
pub struct Latencies(Vec<Duration>);

impl Callers {
    /// Four callers, each 50 times a second.
    pub fn start(program: &Program) -> Self {
        let (stop, stopped) = watch::channel(false);
        let tasks = (0..4)
            .map(|_| {
                let (target, token) = (program.target.clone(), program.token.clone());
                tokio::spawn(keep_calling(target, token, stopped.clone(), |_| {}))
            })
            .collect();
        Self { stop, tasks }
    }

    /// Ends them. Every one of their calls was answered 200.
    pub async fn stop(self) -> Latencies {
        self.stop.send_replace(true);
        let mut all = Vec::new();
        for task in self.tasks {
            all.extend(task.await.unwrap());
        }
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
