//! What connections really take, beside what the budget charges for them.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::http2::{PREFACE, frame};
use crate::program::{Program, Protocol, Transport};

/// What each of many connections sends, and what it is charged with, in KiB.
struct Row {
    name: &'static str,
    transport: Transport,
    protocol: Protocol,
    bytes: fn() -> Vec<u8>,
    price_kib: f64,
}

const ROWS: [Row; 11] = [
    Row {
        name: "idle",
        transport: Transport::Plain,
        protocol: Protocol::Http1,
        bytes: Vec::new,
        price_kib: 28.0,
    },
    Row {
        name: "after a call",
        transport: Transport::Plain,
        protocol: Protocol::Http1,
        bytes: call,
        price_kib: 28.0,
    },
    Row {
        name: "15 KiB of a head",
        transport: Transport::Plain,
        protocol: Protocol::Http1,
        bytes: || half_head(15),
        price_kib: 52.0,
    },
    Row {
        name: "HTTP/2, idle",
        transport: Transport::Plain,
        protocol: Protocol::Http2,
        bytes: || http2(&[]),
        price_kib: 36.0,
    },
    Row {
        name: "HTTP/2, after a call",
        transport: Transport::Plain,
        protocol: Protocol::Http2,
        bytes: || http2(&hello()),
        price_kib: 36.0,
    },
    Row {
        name: "HTTP/2, 400 indexed fields without an end",
        transport: Transport::Plain,
        protocol: Protocol::Http2,
        bytes: || http2(&frame(1, 0, 1, &[0x8f; 400])),
        price_kib: 92.0,
    },
    Row {
        name: "TLS, in its handshake",
        transport: Transport::Tls,
        protocol: Protocol::Handshake,
        bytes: || vec![22, 3, 1, 0x20, 0, 1, 0, 0x1f, 0xf0],
        price_kib: 40.0,
    },
    Row {
        name: "TLS, idle",
        transport: Transport::Tls,
        protocol: Protocol::Http1,
        bytes: Vec::new,
        price_kib: 40.0,
    },
    Row {
        name: "TLS, after a call",
        transport: Transport::Tls,
        protocol: Protocol::Http1,
        bytes: call,
        price_kib: 40.0,
    },
    Row {
        name: "HTTP/2 over TLS, idle",
        transport: Transport::Tls,
        protocol: Protocol::Http2,
        bytes: || http2(&[]),
        price_kib: 48.0,
    },
    Row {
        name: "HTTP/2 over TLS, after a call",
        transport: Transport::Tls,
        protocol: Protocol::Http2,
        bytes: || http2(&hello()),
        price_kib: 48.0,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "its figures are those of a release build; scripts/soak runs it"]
async fn no_connection_takes_more_than_it_is_charged_with() {
    let settings = [("HTTP__MAX_CONNECTIONS", "2000"), ("HTTP__MEMORY", "1GiB")];
    let mut too_low = Vec::new();
    for row in ROWS {
        let program = Arc::new(Program::beside_relay(row.transport, &settings).await);
        let before = program.resident_mib();
        let mut streams = Vec::new();
        for _ in 0..NUMBER {
            let mut stream = program.open(row.protocol).await.unwrap();
            stream.write_all(&(row.bytes)()).await.unwrap();
            stream.flush().await.unwrap();
            streams.push(stream);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        let kib = (program.resident_mib() - before) * 1024.0 / f64::from(NUMBER);
        println!("| {} | {kib:.1} KiB | {:.0} KiB |", row.name, row.price_kib);
        if kib > row.price_kib {
            too_low.push(row.name);
        }
    }
    assert!(too_low.is_empty(), "{too_low:?}");
}

fn call() -> Vec<u8> {
    b"GET /api/hello HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()
}

fn half_head(kib: usize) -> Vec<u8> {
    let value = "a".repeat(kib * 1024);
    format!("GET / HTTP/1.1\r\nHost: localhost\r\nA: {value}").into_bytes()
}

fn http2(frames: &[u8]) -> Vec<u8> {
    [PREFACE, &frame(4, 0, 0, &[]), frames].concat()
}

/// `GET /api/hello` at `http://localhost`.
fn hello() -> Vec<u8> {
    let block = [&b"\x82\x86\x41\x09localhost\x04\x0a/api/hello"[..]].concat();
    frame(1, 5, 1, &block)
}

const NUMBER: u16 = 1_500;
