//! Restarts of the program without a gap: one socket, handed from process to process.

use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use poem_resource_server::dev::{CLIENT_ID, DevIssuer, DevOptions};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::program::{self, TOO_LONG};

/// Hands the socket on its standard input over as systemd does (`sd_listen_fds(3)`).
const HAND_OVER: &str = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\"";

/// Starts a process that serves on `socket`, and waits until it does.
async fn start(socket: &std::net::TcpListener, issuer: &str) -> Child {
    let socket = OwnedFd::from(socket.try_clone().unwrap());
    let mut child = Command::new("sh")
        .args(["-c", HAND_OVER, env!("CARGO_BIN_EXE_poem-resource-server")])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("OKTA_OAUTH2_ISSUER", issuer)
        .env("RESOURCE_SERVER_ADMIN__LISTEN", "off")
        .env("RUST_LOG", "warn")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::from(socket))
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("audience") {
            return child;
        }
    }
    panic!("the program ended before it served");
}

async fn stop(mut child: Child) {
    program::signal(&child, "TERM").await;
    let ended = tokio::time::timeout(TOO_LONG, child.wait()).await;
    let status = ended.expect("the program does not end").unwrap();
    assert_eq!(status.code(), Some(0));
}

async fn restart(times: usize) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = DevIssuer::start(listener, DevOptions::default()).unwrap();
    let token = issuer.sign(&issuer.token_for_client(CLIENT_ID, &["profile:read"]));
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut child = start(&socket, &issuer.issuer()).await;
    let (is_over, calls) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let (token, is_over, calls) = (token.clone(), is_over.clone(), calls.clone());
            tokio::spawn(async move {
                while !is_over.load(Ordering::Relaxed) {
                    let number = calls.fetch_add(1, Ordering::Relaxed);
                    let stream = TcpStream::connect(address).await.unwrap();
                    let status = program::whoami(stream, &token).await.unwrap();
                    assert_eq!(status, "200", "call {number}");
                }
            })
        })
        .collect();

    for _ in 0..times {
        let next = start(&socket, &issuer.issuer()).await;
        stop(std::mem::replace(&mut child, next)).await;
    }

    is_over.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.unwrap();
    }
    stop(child).await;
    let calls = calls.load(Ordering::Relaxed);
    assert!(calls as usize > times, "too few calls to tell: {calls}");
    println!("| {times} restarts, one socket handed on | {calls} calls, none lost |");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_handed_over_loses_no_call_at_a_restart() {
    restart(10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute; scripts/soak runs it"]
async fn a_hundred_restarts_lose_no_call_at_full_scale() {
    restart(100).await;
}
