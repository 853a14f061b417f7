//! What connections are charged with, and what happens when the budget is spent.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::super::Memory;
use super::super::memory::{Charge, price};
use super::world::{TOO_LONG, World, receive, receive_until, status};

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

async fn world(limit: usize) -> (World, Memory) {
    // A machine that is busy must not make a caller seem idle.
    let memory = Memory::with_patience(limit, u64::MAX);
    let held = memory.clone();
    (World::start(|limits| limits.memory = held).await, memory)
}

/// Waits until this is charged.
async fn charged(memory: &Memory, is_enough: impl Fn(usize) -> bool) -> usize {
    let waiting = async {
        while !is_enough(memory.used()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let in_time = tokio::time::timeout(TOO_LONG / 4, waiting).await;
    assert!(in_time.is_ok(), "charged with {} bytes", memory.used());
    memory.used()
}

/// A frame of HTTP/2 (RFC 9113 section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The block of a request for this path at `http://x`, with `number` indexed fields.
fn block(path: &str, number: usize) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    let head = [&[0x83, 0x86, 0x41, 1, b'x', 0x04, length], path.as_bytes()].concat();
    [head, vec![0x8f; number]].concat()
}

#[tokio::test]
async fn a_connection_is_charged_with_what_it_holds_and_gives_it_back() {
    let half = |bytes: usize| [GET.trim_end().as_bytes(), b"\r\na: ", &vec![b'b'; bytes]].concat();
    let begin = |number: u32| block("/wait", number as usize);
    let http2 = |frames: Vec<u8>| [PREFACE, &frames].concat();
    let wait = || http2(frame(1, 4, 1, &begin(0)));
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("nothing", Vec::new(), price::CONNECTION, price::CONNECTION),
        ("a small part of a head", half(500), price::CONNECTION, price::CONNECTION),
        ("a large part of a head", half(7_000), price::CONNECTION + 7_000, price::CONNECTION + 14_000),
        ("HTTP/2", http2(Vec::new()), price::CONNECTION + price::HTTP2, price::CONNECTION + price::HTTP2),
        ("indexed fields without an end", http2(frame(1, 0, 1, &begin(200))),
            price::CONNECTION + price::HTTP2 + 100 * price::FIELD, price::CONNECTION + price::HTTP2 + 250 * price::FIELD),
        ("a request that waits", wait(), price::CONNECTION + price::HTTP2, price::CONNECTION + price::HTTP2),
        ("three that wait", [wait(), frame(1, 4, 3, &begin(0)), frame(1, 4, 5, &begin(0))].concat(),
            price::CONNECTION + price::HTTP2 + price::REQUEST, price::CONNECTION + price::HTTP2 + 3 * price::REQUEST),
        ("a body that waits", [wait(), frame(0, 0, 1, &vec![0; 16_000])].concat(),
            price::CONNECTION + price::HTTP2 + 14_000, price::CONNECTION + price::HTTP2 + 16_000),
        ("small frames that wait", [wait(), frame(0, 0, 1, &[0]).repeat(100)].concat(),
            price::CONNECTION + price::HTTP2 + 25_000, price::CONNECTION + price::HTTP2 + 35_000),
    ];
    for (name, bytes, least, most) in rows {
        let (world, memory) = world(1 << 30).await;
        let mut stream = world.connect().await;
        stream.write_all(&bytes).await.unwrap();
        let held = charged(&memory, |used| used >= least).await;
        assert!(held <= most, "{name}: {held}");
        drop(stream);
        charged(&memory, |used| used == 0).await;
    }
}

#[tokio::test]
async fn the_tables_of_the_most_streams_at_once_are_charged_after_their_requests() {
    for number in [2, 10] {
        let (world, memory) = world(1 << 30).await;
        let mut stream = world.connect().await;
        let all = (0..number).flat_map(|at| frame(1, 5, at * 2 + 1, &block("/", 0)));
        let all = [PREFACE.to_vec(), frame(4, 0, 0, &[]), all.collect()].concat();

        stream.write_all(&all).await.unwrap();
        for _ in 0..number {
            receive_until(&mut stream, "done").await;
        }

        let tables = price::streams(number as usize).saturating_sub(price::INCLUDED);
        let expected = price::CONNECTION + price::HTTP2 + tables;
        assert_eq!(charged(&memory, |used| used == expected).await, expected);
    }
}

#[tokio::test]
async fn a_response_with_its_own_memory_is_charged_until_it_is_sent() {
    let (world, memory) = world(1 << 30).await;
    let mut slow = world.connect().await;

    slow.write_all(b"GET /large HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    charged(&memory, |used| used > 64 << 20).await;
    let taken = receive(&mut slow).await;

    assert!(taken.len() > 64 << 20);
    charged(&memory, |used| used == 0).await;
}

#[tokio::test]
async fn who_holds_much_is_closed_and_others_are_answered() {
    let (world, memory) = world(64 * price::CONNECTION).await;
    let mut good = world.connect().await;
    let mut holders: Vec<TcpStream> = Vec::new();

    for _ in 0..90 {
        let mut holder = world.connect().await;
        let head = format!("GET / HTTP/1.1\r\nA: {}", "b".repeat(7_000));
        let _ = holder.write_all(head.as_bytes()).await;
        holders.push(holder);
        good.write_all(GET.as_bytes()).await.unwrap();
        let answer = receive_until(&mut good, "done").await;
        assert_eq!(status(&answer), "200");
    }

    assert!(memory.used() <= 64 * price::CONNECTION);
    assert_eq!(receive(&mut holders[0]).await, "");
}

#[tokio::test]
async fn a_new_request_is_refused_while_the_budget_is_spent_and_answered_afterwards() {
    let (world, memory) = world(16 * price::CONNECTION).await;
    // Fields take more memory than their bytes.
    let large = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "a: b\r\n".repeat(19));
    let mut caller = world.connect().await;
    caller.write_all(GET.as_bytes()).await.unwrap();
    receive_until(&mut caller, "done").await;
    let operator = memory.for_operators().hold(std::sync::Arc::default());

    operator.set(Charge {
        price: 15 * price::CONNECTION,
        more: 1,
    });
    caller.write_all(GET.as_bytes()).await.unwrap();
    let paid_for = receive_until(&mut caller, "done").await;
    caller.write_all(large.as_bytes()).await.unwrap();
    let refused = receive_until(&mut caller, "}").await;
    drop(operator);
    caller.write_all(large.as_bytes()).await.unwrap();
    let other = receive_until(&mut caller, "done").await;

    assert_eq!(status(&paid_for), "200");

    assert_eq!(status(&refused), "503");
    assert!(refused.contains("\"reason\":\"memory_spent\""), "{refused}");
    assert!(refused.contains("retry-after: 1"), "{refused}");
    assert_eq!(status(&other), "200");
}

#[tokio::test(flavor = "current_thread")]
async fn a_small_connection_stays_once_if_its_client_has_sent_something() {
    let memory = Memory::with_patience(4 * price::CONNECTION, 0);
    let held = memory.clone();
    let world = World::start(|limits| limits.memory = held).await;
    let mut silent = world.connect().await;
    let mut active = world.connect().await;
    charged(&memory, |used| used == 2 * price::CONNECTION).await;
    let operator = memory.for_operators().hold(std::sync::Arc::default());

    active.write_all(GET.as_bytes()).await.unwrap();
    operator.set(Charge {
        price: 4 * price::CONNECTION,
        more: 0,
    });
    let answer = receive_until(&mut active, "done").await;
    let nothing = receive(&mut silent).await;

    assert_eq!(status(&answer), "200");
    assert_eq!(nothing, "");
}

#[tokio::test]
async fn an_unfinished_message_is_charged_until_its_last_byte_has_come() {
    let memory = Memory::with_patience(1 << 30, u64::MAX);
    let held = memory.clone();
    let set = |limits: &mut super::super::Limits| {
        limits.memory = held;
        limits.max_message_bytes = 64 * 1024;
    };
    let world = World::start(set).await;
    let mut stream = world.connect().await;
    let asking =
        "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    stream.write_all(asking.as_bytes()).await.unwrap();
    let answer = receive_until(&mut stream, "\r\n\r\n").await;
    assert_eq!(status(&answer), "101");
    // The first of several frames: a whole one is not yet the message.
    let frame = [&[0x01, 0xfe, 0x3e, 0x80, 0, 0, 0, 0][..], &[b'a'; 16_000]].concat();

    stream.write_all(&frame).await.unwrap();
    let held = charged(&memory, |used| used > price::CONNECTION + 16_000).await;
    stream.write_all(&[0x80, 0x80, 0, 0, 0, 0]).await.unwrap();

    assert!(held <= price::CONNECTION + 32_000, "{held}");
    charged(&memory, |used| used == price::CONNECTION).await;
}
