//! The end under load, and at once for who is in a hurry.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::program::{self, Program, TOO_LONG};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_no_call() {
    let program = Program::start(&[]).await;
    let (address, token) = (program.address, program.token.clone());
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let token = token.clone();
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        calls.spawn(async move { program::whoami(stream, &token).await.unwrap() });
    }

    program.signal("TERM").await;

    for status in calls.join_all().await {
        assert_eq!(status, "200");
    }
    assert_eq!(program.ended().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_sigterm_ends_it_at_once() {
    // An issuer that never answers, so that a call waits for its keys.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}/oauth2/default", silent.local_addr().unwrap());
    let patient = [
        ("ISSUER__TIMEOUT", "1h"),
        ("HTTP__REQUEST_TIMEOUT", "1h"),
        ("HTTP__SHUTDOWN_TIMEOUT", "1h"),
    ];
    let (mut child, address) = program::spawn(1_000, &issuer, &patient).await;
    let mut waiting = tokio::net::TcpStream::connect(address).await.unwrap();
    waiting.write_all(waits(&issuer).as_bytes()).await.unwrap();
    // The issuer is asked only once the program runs; both signals come after that.
    let _asked = silent.accept().await.unwrap();

    program::signal(&child, "TERM").await;
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(
        child.try_wait().unwrap().is_none(),
        "it did not wait for the call"
    );
    program::signal(&child, "TERM").await;

    let ended = tokio::time::timeout(TOO_LONG, child.wait()).await;
    assert_eq!(ended.expect("it goes on").unwrap().code(), Some(1));
}

/// A call with a well-formed token of this issuer, whose keys are not known yet.
fn waits(issuer: &str) -> String {
    let payload = URL_SAFE_NO_PAD.encode(format!("{{\"iss\":\"{issuer}\"}}"));
    format!(
        "GET /api/whoami HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \
         eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.{payload}.AAAA\r\n\r\n"
    )
}
