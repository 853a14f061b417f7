//! HTTP/2 with more resets, headers and pings than anybody needs, from several at once.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use crate::callers::Callers;
use crate::program::Program;

/// The client preface without the SETTINGS that must follow.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// `GET /` at `http://x`, by the static table (RFC 7541 appendix A).
const GET: &[u8] = &[0x82, 0x84, 0x86, 0x41, 0x01, b'x'];

/// RFC 9113 section 4.1.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [
        &length[1..],
        &[kind, flags],
        &stream.to_be_bytes()[..],
        payload,
    ]
    .concat()
}

fn resets(number: u32) -> Vec<u8> {
    let stream = number * 2 + 1;
    [frame(1, 5, stream, GET), frame(3, 0, stream, &[0, 0, 0, 8])].concat()
}

fn continuations(number: u32) -> Vec<u8> {
    if number == 0 {
        return frame(1, 1, 1, GET);
    }
    frame(9, 0, 1, &[0, 1, b'a', 1, b'b'])
}

fn pings(_: u32) -> Vec<u8> {
    frame(6, 0, 0, &[0; 8])
}

fn settings(_: u32) -> Vec<u8> {
    frame(4, 0, 0, &[])
}

/// A flood's name, and its frames by their number.
pub type Flood = (&'static str, fn(u32) -> Vec<u8>);

pub const FLOODS: [Flood; 4] = [
    ("resets", resets),
    ("continuations", continuations),
    ("pings", pings),
    ("settings", settings),
];

/// Floods until `deadline`, on a new connection whenever the server has ended the last;
/// returns how many it ended.
async fn flood(
    address: std::net::SocketAddr,
    next: fn(u32) -> Vec<u8>,
    deadline: Instant,
) -> usize {
    let mut ended = 0;
    while Instant::now() < deadline {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let mut sent = stream
            .write_all(&[PREFACE, &frame(4, 0, 0, &[])].concat())
            .await;
        let mut number = 0;
        while sent.is_ok() && Instant::now() < deadline {
            let frames: Vec<u8> = (number..number + 100).flat_map(next).collect();
            number += 100;
            sent = stream.write_all(&frames).await;
        }
        ended += usize::from(sent.is_err());
    }
    ended
}

pub async fn attack(program: &Program, seconds: u64, next: fn(u32) -> Vec<u8>) -> usize {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut attackers = JoinSet::new();
    for _ in 0..4 {
        attackers.spawn(flood(program.address, next, deadline));
    }
    attackers.join_all().await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_end_their_connections_and_others_are_served() {
    let program = Program::start(&[]).await;
    for (name, next) in FLOODS {
        let callers = Callers::start(&program);
        let ended = attack(&program, 1, next).await;
        assert!(ended > 0, "{name}");
        assert!(callers.stop().await.count() > 0, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/soak runs it"]
async fn at_full_scale() {
    let program = Program::start(&[]).await;
    for (name, next) in FLOODS {
        let callers = Callers::start(&program);
        let ended = attack(&program, 20, next).await;
        let felt = callers.stop().await;
        println!(
            "| HTTP/2, 4 floods of {name}, 20 s | {ended} connections ended; {} calls beside them, all 200, \
             p99 {:.2} ms; {:.0} MiB at most |",
            felt.count(),
            felt.percentile(99),
            program.peak_mib(),
        );
    }
}
