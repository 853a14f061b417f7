//! Those who send slowly, take slowly, or hold on to a connection.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::callers::Callers;
use crate::program::{Program, TOO_LONG};

#[derive(Clone, Copy)]
pub enum Attack {
    HalfHead,
    ByteByByte,
    SlowBody,
    SlowReader,
    Idle,
}

impl Attack {
    /// Keeps a connection open until the server ends it, and returns how long that took.
    async fn hold(self, mut stream: TcpStream) -> Duration {
        let started = Instant::now();
        let head: &[u8] = match self {
            Self::HalfHead => b"GET / HTTP/1.1\r\nHost: localhost\r\n",
            Self::ByteByByte => b"GET / HTTP/1.1\r\nHost: ",
            Self::SlowBody => {
                b"POST /api/hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\na"
            }
            Self::SlowReader => {
                b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
            }
            Self::Idle => b"",
        };
        let _ = match self {
            // Many answers, none of which is taken.
            Self::SlowReader => stream.write_all(&head.repeat(20)).await,
            _ => stream.write_all(head).await,
        };
        match self {
            Self::ByteByByte => {
                let mut every = tokio::time::interval(Duration::from_secs(1));
                while stream.write_all(b"x").await.is_ok() {
                    every.tick().await;
                }
            }
            Self::SlowReader => {
                // The connection is dead when nothing more can be written.
                let mut every = tokio::time::interval(Duration::from_millis(100));
                loop {
                    every.tick().await;
                    match stream.try_write(b"GET / HTTP/1.1\r\n") {
                        Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => break,
                        _ => {}
                    }
                }
            }
            _ => {
                let mut buffer = [0; 1024];
                while let Ok(1..) = stream.read(&mut buffer).await {}
            }
        }
        started.elapsed()
    }
}

/// Lets `number` attackers hold on at once, half of them each way.
pub async fn attack(program: &Program, number: usize, ways: [Attack; 2]) -> Duration {
    let mut attackers = JoinSet::new();
    for position in 0..number {
        let stream = program.connect().await;
        attackers.spawn(ways[position % 2].hold(stream));
    }
    let mut longest = Duration::ZERO;
    let all = async {
        while let Some(held) = attackers.join_next().await {
            longest = longest.max(held.unwrap());
        }
    };
    let ended = tokio::time::timeout(TOO_LONG * 2, all).await;
    ended.expect("an attacker still holds a connection");
    longest
}

pub const ROWS: [(&str, [Attack; 2]); 3] = [
    (
        "half-sent heads, byte by byte",
        [Attack::HalfHead, Attack::ByteByByte],
    ),
    (
        "nothing sent, half a body",
        [Attack::Idle, Attack::SlowBody],
    ),
    (
        "answers not taken",
        [Attack::SlowReader, Attack::SlowReader],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_callers_are_cut_and_others_are_served() {
    let program = Program::start(&[
        // A machine that is busy may keep a good caller waiting for a second or two.
        ("HTTP__HEADER_TIMEOUT", "2s"),
        ("HTTP__REQUEST_TIMEOUT", "4s"),
        ("HTTP__KEEP_ALIVE", "5s"),
    ])
    .await;
    for (_, ways) in ROWS {
        let callers = Callers::start(&program);
        attack(&program, 100, ways).await;
        assert!(callers.stop().await.count() > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_idle_callers_than_places_do_not_keep_others_out() {
    let program = Program::start(&[("HTTP__MAX_CONNECTIONS", "50")]).await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(program.connect().await);
    }

    let served = tokio::time::timeout(TOO_LONG, program.whoami(&program.token)).await;

    assert_eq!(served.expect("kept out"), "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/soak runs it"]
async fn at_full_scale() {
    let program = Program::start(&[("HTTP__MAX_CONNECTIONS", "9900")]).await;
    let quiet = Callers::start(&program);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let quiet = quiet.stop().await;
    println!(
        "| quiet, 200 calls/s | p99 {:.2} ms |",
        quiet.percentile(99)
    );
    for (name, ways) in ROWS {
        let number = if matches!(ways[0], Attack::SlowReader) {
            200
        } else {
            9_000
        };
        let callers = Callers::start(&program);
        let longest = attack(&program, number, ways).await;
        let felt = callers.stop().await;
        println!(
            "| {number} {name} | the last cut after {:.1} s; {} calls beside them, all 200, p99 {:.2} ms; \
             {:.0} MiB at most |",
            longest.as_secs_f64(),
            felt.count(),
            felt.percentile(99),
            program.peak_mib(),
        );
    }
}
