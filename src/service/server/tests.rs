//! Tests over real sockets, with an endpoint of their own and misbehaving callers.

mod ending;
mod handlers;
mod http2;
mod memory;
mod slowness;
mod streams;
mod upgrades;
mod watchdog;
mod world;
mod writes;

use std::sync::Arc;

use super::TrustedProxies;
use world::{World, status};

#[tokio::test]
async fn a_body_within_the_limit_reaches_the_handler_and_one_beyond_is_answered_413() {
    let world = World::start(|_| {}).await;
    let post = |fields: &str, body: &str| {
        format!("POST /length HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n{body}")
    };
    let chunk = |bytes: usize| format!("{bytes:x}\r\n{}\r\n", "a".repeat(bytes));
    let declared = |bytes: usize| post(&format!("Content-Length: {bytes}"), &"a".repeat(bytes));
    let chunked = |bytes: usize| {
        let chunks = chunk(bytes / 2).repeat(2) + "0\r\n\r\n";
        post("Transfer-Encoding: chunked", &chunks)
    };
    let last = |request: String| request.replace("Host: x", "Host: x\r\nConnection: close");
    let unsent = post("Content-Length: 99999999999", "");
    let rows = [
        ("declared", last(declared(1024)), "200"),
        ("declared, a byte more", declared(1025), "413"),
        ("declared and never sent", unsent, "413"),
        ("chunked", last(chunked(1024)), "200"),
        ("chunked, two bytes more", chunked(1026), "413"),
    ];
    for (name, request, expected) in rows {
        let answer = world.send_text(&request).await;
        assert_eq!(status(&answer), expected, "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_head_within_the_limits_is_answered_and_one_beyond_is_431() {
    let world = World::start(|_| {}).await;
    let head =
        |fields: &str| format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}Connection: close\r\n\r\n");
    let rows = [
        ("20 fields", head(&"a: b\r\n".repeat(18)), "200"),
        ("21 fields", head(&"a: b\r\n".repeat(19)), "431"),
        (
            "8 KiB less a little",
            head(&format!("a: {}\r\n", "b".repeat(8_000))),
            "200",
        ),
        (
            "more than 8 KiB",
            head(&format!("a: {}\r\n", "b".repeat(8_200))),
            "431",
        ),
    ];
    for (name, request, expected) in rows {
        let answer = world.send_text(&request).await;
        assert_eq!(status(&answer), expected, "{name}: {answer}");
    }
}

#[tokio::test]
async fn what_could_be_read_as_two_requests_is_refused() {
    let world = World::start(|_| {}).await;
    let post = |fields: &str, body: &str| {
        format!("POST /length HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n{body}")
    };
    let two = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("two lengths", post("Content-Length: 5\r\nContent-Length: 6", "aaaaaa")),
        ("two lengths in one", post("Content-Length: 5, 6", "aaaaaa")),
        ("a signed length", post("Content-Length: +5", "aaaaa")),
        ("a length in hexadecimal", post("Content-Length: 0x5", "aaaaa")),
        ("another coding", post("Transfer-Encoding: xchunked", two)),
        ("chunked is not the last", post("Transfer-Encoding: chunked, identity", two)),
        ("a space before the colon", post("Transfer-Encoding : chunked", two)),
        ("a folded line", post("Transfer-Encoding:\r\n chunked", two)),
        ("a bare carriage return", post("A: b\rTransfer-Encoding: chunked", two)),
        ("a zero byte", post("A: b\0c", "")),
        ("a chunk size too large", post("Transfer-Encoding: chunked", "fffffffffffffffff\r\na\r\n0\r\n\r\n")),
        ("a signed chunk size", post("Transfer-Encoding: chunked", "+5\r\naaaaa\r\n0\r\n\r\n")),
    ];
    for (name, request) in rows {
        let answer = world.send_text(&request).await;
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{name}: {answer}");
        assert_eq!(status(&answer), "400", "{name}: {answer}");
    }
    // RFC 9112 section 6.3: the chunks count, and nothing after them is read.
    let both = post("Content-Length: 5\r\nTransfer-Encoding: chunked", two);
    let answer = world.send_text(&both).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    let good = world
        .send_text(&post("Content-Length: 5\r\nConnection: close", "aaaaa"))
        .await;
    assert_eq!(status(&good), "200");
}

#[tokio::test]
async fn every_answer_keeps_browsers_from_guessing() {
    let world = World::start(|_| {}).await;
    for target in ["/", "/panic", "/nowhere"] {
        let answer = world
            .send_text(&format!("GET {target} HTTP/1.0\r\n\r\n"))
            .await;
        for field in [
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
        ] {
            assert!(answer.contains(field), "{target}: {answer}");
        }
        assert!(!answer.contains("strict-transport-security"), "{target}");
    }
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_for_and_others_are_served() {
    let world = World::start(|_| {}).await;

    let panicked = world.send_text("GET /panic HTTP/1.0\r\n\r\n").await;
    let other = world.send_text("GET / HTTP/1.0\r\n\r\n").await;

    assert_eq!(status(&panicked), "500");
    assert!(panicked.contains("\"reason\":\"panicked\""), "{panicked}");
    assert_eq!(status(&other), "200");
}

#[tokio::test]
async fn a_caller_behind_a_trusted_proxy_is_identified_by_its_own_address() {
    let world = World::start(|config| {
        config.trusted_proxies = Arc::new(TrustedProxies::new(
            vec!["127.0.0.0/8".parse().unwrap()],
            false,
        ));
    })
    .await;

    let answer = world
        .send_text("GET /caller HTTP/1.0\r\nX-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n\r\n")
        .await;

    assert!(answer.ends_with("198.51.100.7:0"), "{answer}");
    assert!(
        answer.contains("strict-transport-security: max-age=31536000"),
        "{answer}"
    );
}
