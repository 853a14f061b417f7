//! Those who make the program hold memory, on many connections at once and without a token.

use std::sync::Arc;
use std::time::Duration;

use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http2::{PREFACE, frame};
use crate::program::{Program, Protocol};

/// An attack of the table in docs/evidence/reliability.md.
#[derive(Clone, Copy)]
pub struct Attack {
    pub name: &'static str,
    protocol: Protocol,
    bytes: fn(&str) -> Vec<u8>,
    /// Whether the attacker reads what it is sent.
    reads: bool,
}

pub const ATTACKS: [Attack; 8] = [
    Attack {
        name: "unfinished heads of 15 KiB",
        protocol: Protocol::Http1,
        bytes: |_| head(15),
        reads: true,
    },
    Attack {
        name: "unfinished heads of 63 KiB",
        protocol: Protocol::Http1,
        bytes: |_| head(63),
        reads: true,
    },
    Attack {
        name: "HTTP/2, 1,900 indexed fields, no end",
        protocol: Protocol::Http2,
        bytes: |_| http2(&[], &frame(1, 0, 1, &request(&indexed(1_900)))),
        reads: true,
    },
    Attack {
        name: "HTTP/2, 100 streams of 1,800 fields",
        protocol: Protocol::Http2,
        bytes: |_| http2(&NO_WINDOW, &streams(&request(&indexed(1_800)), &[])),
        reads: true,
    },
    Attack {
        name: "HTTP/2, requests of 90 fields that wait for keys",
        protocol: Protocol::Http2,
        bytes: |token| {
            let fields = [authorization(token), indexed(90)].concat();
            http2(&[], &streams(&request(&fields), &[]))
        },
        reads: true,
    },
    Attack {
        name: "HTTP/2, bodies left unread while requests wait",
        protocol: Protocol::Http2,
        bytes: |token| {
            let body = frame(0, 0, 0, &[b'a'; 16 * 1024]);
            http2(
                &[],
                &streams(&request(&authorization(token)), &body.repeat(4)),
            )
        },
        reads: true,
    },
    Attack {
        name: "HTTP/2, responses to bad tokens, window 0",
        protocol: Protocol::Http2,
        bytes: |_| http2(&NO_WINDOW, &streams(&request(&authorization("bad")), &[])),
        reads: false,
    },
    Attack {
        name: "unfinished ClientHellos of 59 KB",
        protocol: Protocol::Handshake,
        bytes: |_| client_hello(),
        reads: true,
    },
];

impl Attack {
    /// Whether it means nothing to a server without TLS.
    pub fn is_for_tls(self) -> bool {
        self.protocol == Protocol::Handshake
    }
}

/// Attackers at work.
pub struct Holders {
    stop: watch::Sender<bool>,
    tasks: JoinSet<usize>,
}

impl Holders {
    /// So many attackers, each on a connection, and on a new one when it is closed.
    pub fn start(program: &Arc<Program>, attack: Attack, number: usize) -> Self {
        let (stop, stopped) = watch::channel(false);
        let bytes: Arc<[u8]> = (attack.bytes)(&unknown_key(program)).into();
        let mut tasks = JoinSet::new();
        for _ in 0..number {
            let (program, bytes) = (program.clone(), bytes.clone());
            tasks.spawn(hold(program, attack, bytes, stopped.clone()));
        }
        Self { stop, tasks }
    }

    /// Ends them, and returns how many connections they had.
    pub async fn stop(self) -> usize {
        self.stop.send_replace(true);
        self.tasks.join_all().await.into_iter().sum()
    }
}

async fn hold(
    program: Arc<Program>,
    attack: Attack,
    bytes: Arc<[u8]>,
    mut stopped: watch::Receiver<bool>,
) -> usize {
    let mut number = 0;
    while !*stopped.borrow() {
        number += 1;
        let holding = async {
            let Ok(mut stream) = program.open(attack.protocol).await else {
                return;
            };
            let sent = stream.write_all(&bytes).await;
            if sent.is_err() {
                return;
            }
            let mut buffer = vec![0; 4096];
            while attack.reads && matches!(stream.read(&mut buffer).await, Ok(1..)) {}
            if !attack.reads {
                let _ = stream.flush().await;
                std::future::pending::<()>().await;
            }
        };
        let is_over = tokio::select! {
            () = holding => false,
            _ = stopped.wait_for(|stopped| *stopped) => true,
        };
        if !is_over {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    number
}

/// A token with a `kid` that no issuer has.
fn unknown_key(program: &Program) -> String {
    let key = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "nobody");
    program.claims().sign_with(&key)
}

fn head(kib: usize) -> Vec<u8> {
    [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\nA: "[..],
        &vec![b'a'; kib * 1024],
    ]
    .concat()
}

/// `accept-charset` without a value, by the static table (RFC 7541 appendix A).
fn indexed(number: usize) -> Vec<u8> {
    vec![0x8f; number]
}

/// `authorization`, by the static table, with a literal value.
fn authorization(token: &str) -> Vec<u8> {
    let value = format!("Bearer {token}");
    let rest = value.len().checked_sub(127);
    let length = match rest {
        None => vec![u8::try_from(value.len()).unwrap()],
        // RFC 7541 section 5.1.
        Some(rest) => vec![
            0x7f,
            u8::try_from(rest % 128).unwrap() | 0x80,
            u8::try_from(rest / 128).unwrap(),
        ],
    };
    [vec![0x0f, 0x08], length, value.into_bytes()].concat()
}

/// `POST /api/whoami` at `http://x`.
fn request(fields: &[u8]) -> Vec<u8> {
    let path = b"/api/whoami";
    let length = u8::try_from(path.len()).unwrap();
    [
        &[0x82, 0x86, 0x41, 1, b'x', 0x04, length],
        &path[..],
        fields,
    ]
    .concat()
}

/// `SETTINGS_INITIAL_WINDOW_SIZE` of 0 (RFC 9113 section 6.5.2).
const NO_WINDOW: [u8; 6] = [0, 4, 0, 0, 0, 0];

fn http2(settings: &[u8], frames: &[u8]) -> Vec<u8> {
    [PREFACE, &frame(4, 0, 0, settings), frames].concat()
}

/// 100 streams with this block, each followed by these DATA frames.
fn streams(block: &[u8], data: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    for number in 0..100_u32 {
        let stream = number * 2 + 1;
        let flags = if data.is_empty() { 5 } else { 4 };
        all.extend(frame(1, flags, stream, block));
        for one in data.chunks(16 * 1024 + 9) {
            all.extend(&one[..5]);
            all.extend(stream.to_be_bytes());
            all.extend(&one[9..]);
        }
    }
    all
}

/// A handshake message of 59,000 bytes in four records, the last of which never ends.
fn client_hello() -> Vec<u8> {
    let mut message = vec![1, 0, 0xe6, 0x78];
    message.resize(59_000, 0);
    let mut all = Vec::new();
    for part in message.chunks(16_000) {
        all.extend([22, 3, 1]);
        all.extend(16_000_u16.to_be_bytes());
        all.extend(part);
    }
    all
}
