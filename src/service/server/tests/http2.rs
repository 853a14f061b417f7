//! HTTP/2 by hand: a client library would be too polite.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::handlers::{TICK, TICKS};
use super::world::{TOO_LONG, World, receive, receive_until, status};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// `GET /` at `http://x`, by the static table (RFC 7541 appendix A).
const GET: &[u8] = &[0x82, 0x84, 0x86, 0x41, 0x01, b'x'];

/// The same for `/wait`.
const WAIT: &[u8] = b"\x82\x04\x05/wait\x86\x41\x01x";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// RFC 9113 section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

async fn open(world: &World) -> TcpStream {
    let mut stream = world.connect().await;
    stream.write_all(PREFACE).await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

/// Sends frames, made by `next` each time, until the server ends the connection.
async fn flood(world: &World, next: impl Fn(u32) -> Vec<u8>) -> bool {
    let mut stream = open(world).await;
    let (mut reading, mut writing) = stream.split();
    let sending = async {
        for number in 0..5_000_000 {
            if writing.write_all(&next(number)).await.is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut nowhere = tokio::io::sink();
    let receiving = tokio::io::copy(&mut reading, &mut nowhere);
    let ended = async {
        tokio::select! {
            () = sending => {}
            _ = receiving => {}
        }
    };
    tokio::time::timeout(TOO_LONG, ended).await.is_ok()
}

#[tokio::test]
async fn a_request_is_answered() {
    let world = World::start(|_| {}).await;
    let mut stream = open(&world).await;

    stream
        .write_all(&frame(HEADERS, END_HEADERS | END_STREAM, 1, GET))
        .await
        .unwrap();
    stream.shutdown().await.unwrap();

    assert!(receive(&mut stream).await.contains("done"));
}

#[tokio::test]
async fn floods_end_the_connection_and_others_are_served() {
    type Flood = (&'static str, fn(u32) -> Vec<u8>);
    let floods: [Flood; 7] = [
        ("pings", |_| frame(PING, 0, 0, &[0; 8])),
        ("settings", |_| frame(SETTINGS, 0, 0, &[])),
        ("windows", |_| frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        ("continuations", |number| match number {
            0 => frame(HEADERS, END_STREAM, 1, GET),
            _ => frame(CONTINUATION, 0, 1, &[]),
        }),
        ("continuations that grow", |number| match number {
            0 => frame(HEADERS, END_STREAM, 1, GET),
            // Each field is different, and none is kept.
            _ => frame(CONTINUATION, 0, 1, &[0, 1, b'a', 1, b'b']),
        }),
        ("resets", |number| {
            let stream = number * 2 + 1;
            let mut both = frame(HEADERS, END_HEADERS | END_STREAM, stream, GET);
            both.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
            both
        }),
        ("refused streams", |number| {
            frame(HEADERS, END_HEADERS | END_STREAM, number * 2 + 1, WAIT)
        }),
    ];
    let world = World::start(|_| {}).await;
    for (name, next) in floods {
        assert!(flood(&world, next).await, "{name}: not ended");
        let other = world.send_text("GET / HTTP/1.0\r\n\r\n").await;
        assert_eq!(status(&other), "200", "{name}");
    }
}

/// `GET /` with a field of this length.
fn get_with_field(length: usize) -> Vec<u8> {
    // A literal field with a name of one letter; its length in two more bytes
    // (RFC 7541 section 5.1).
    let rest = length - 127;
    let low = u8::try_from(rest % 128).unwrap() | 0x80;
    let high = u8::try_from(rest / 128).unwrap();
    let field = [&[0, 1, b'a', 0x7f, low, high], &*vec![b'b'; length]].concat();
    [GET, &field].concat()
}

#[tokio::test]
async fn the_heads_of_all_streams_may_arrive_at_once() {
    let world = World::start(|_| {}).await;
    let mut stream = open(&world).await;
    let head = get_with_field(7_000);
    let all = (0..10).flat_map(|at| frame(HEADERS, END_HEADERS | END_STREAM, at * 2 + 1, &head));

    stream.write_all(&all.collect::<Vec<_>>()).await.unwrap();
    stream.shutdown().await.unwrap();

    assert_eq!(receive(&mut stream).await.matches("done").count(), 10);
}

#[tokio::test]
async fn a_body_may_fill_the_window_before_its_request_begins() {
    let world = World::start(|_| {}).await;
    let mut stream = open(&world).await;
    let post = b"\x83\x04\x06/roomy\x86\x41\x01x";
    let mut all = frame(HEADERS, END_HEADERS, 1, post);
    for flags in [0, 0, 0, END_STREAM] {
        all.extend(frame(DATA, flags, 1, &[b'a'; 15_000]));
    }

    stream.write_all(&all).await.unwrap();
    stream.shutdown().await.unwrap();

    assert!(receive(&mut stream).await.contains("60000"));
}

#[tokio::test]
async fn the_connection_of_a_client_that_opens_a_few_streams_too_many_stays() {
    let world = World::start(|_| {}).await;
    let mut stream = open(&world).await;
    let own = stream.local_addr().unwrap().to_string();
    let all = (0..30).flat_map(|at| frame(HEADERS, END_HEADERS | END_STREAM, at * 2 + 1, GET));

    stream.write_all(&all.collect::<Vec<_>>()).await.unwrap();
    let first = receive_until(&mut stream, "done").await;
    let caller = b"\x82\x04\x07/caller\x86\x41\x01x";
    let last = frame(HEADERS, END_HEADERS | END_STREAM, 1_001, caller);
    stream.write_all(&last).await.unwrap();

    assert!(first.contains("done"));
    assert!(receive_until(&mut stream, &own).await.ends_with(&own));
}

#[tokio::test]
async fn who_opens_no_window_for_an_answer_loses_the_connection() {
    let soon = Duration::from_millis(100);
    let world = World::start(|config| config.request_timeout = soon).await;
    for (name, first) in [("nothing said", None), ("a ping now and then", Some(PING))] {
        let mut stream = world.connect().await;
        stream.write_all(PREFACE).await.unwrap();
        // SETTINGS_INITIAL_WINDOW_SIZE of 0 (RFC 9113 section 6.5.2).
        let no_window = frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]);
        stream.write_all(&no_window).await.unwrap();
        let large = [
            0x82, 0x04, 0x06, b'/', b'l', b'a', b'r', b'g', b'e', 0x86, 0x41, 1, b'x',
        ];
        let request = frame(HEADERS, END_HEADERS | END_STREAM, 1, &large);
        stream.write_all(&request).await.unwrap();
        let (mut reading, mut writing) = stream.split();
        let keep_alive = async {
            let mut every = tokio::time::interval(soon / 4);
            while let Some(kind) = first {
                every.tick().await;
                if writing
                    .write_all(&frame(kind, 0, 0, &[0; 8]))
                    .await
                    .is_err()
                {
                    return;
                }
            }
            std::future::pending::<()>().await;
        };
        let mut nowhere = tokio::io::sink();
        let ended = async {
            tokio::select! {
                () = keep_alive => {}
                _ = tokio::io::copy(&mut reading, &mut nowhere) => {}
            }
        };
        let in_time = tokio::time::timeout(TOO_LONG, ended).await;
        assert!(in_time.is_ok(), "{name}: not ended");
    }
}

#[tokio::test]
async fn a_stream_stays_open_while_data_moves_and_is_closed_when_it_stalls() {
    let world = World::start(|limits| limits.request_timeout = 5 * TICK).await;
    for path in [&b"/ticks"[..], b"/stalls"] {
        let mut stream = open(&world).await;
        let length = u8::try_from(path.len()).unwrap();
        let block = [&[0x82, 0x04, length], path, &[0x86, 0x41, 1, b'x']].concat();
        let request = frame(HEADERS, END_HEADERS | END_STREAM, 1, &block);
        stream.write_all(&request).await.unwrap();
        let answer = receive_until(&mut stream, "tick ").await;
        // Most of the stream is made after the request's own time.
        let mut rest = String::new();
        for _ in 1..TICKS {
            rest = receive_until(&mut stream, "tick ").await;
        }
        assert!(!answer.is_empty() && !rest.is_empty());
        if path == b"/stalls" {
            assert_eq!(receive(&mut stream).await, "");
        }
    }
}

#[tokio::test]
async fn more_header_fields_than_allowed_are_answered_431_and_as_many_are_answered() {
    let world = World::start(|_| {}).await;
    for (number, expected) in [(20, "done"), (21, "head_too_long")] {
        // `accept-charset` without a value, by the static table.
        let block = [GET, &vec![0x8f; number]].concat();
        let mut stream = open(&world).await;
        let headers = frame(HEADERS, END_HEADERS | END_STREAM, 1, &block);
        stream.write_all(&headers).await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = receive(&mut stream).await;
        assert!(answer.contains(expected), "{number}: {answer}");
    }
}

#[tokio::test]
async fn a_header_list_beyond_the_limit_is_answered_431() {
    let world = World::start(|_| {}).await;
    for (length, expected) in [(7_000, true), (9_000, false)] {
        let mut stream = open(&world).await;
        let headers = frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            1,
            &get_with_field(length),
        );
        stream.write_all(&headers).await.unwrap();
        stream.shutdown().await.unwrap();
        let answer = receive(&mut stream).await;
        assert_eq!(answer.contains("done"), expected, "{length}");
    }
}
