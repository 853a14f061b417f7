//! Many tokens, good and bad: memory stays, and nothing gets in.

use std::sync::Arc;

use poem_resource_server::dev::CLIENT_ID;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::program::Program;

const CALLERS: usize = 4;

/// Sends `number` new tokens and as many bad ones, and returns the growth of memory in MiB
/// since a fifth of them.
pub async fn send(program: &Arc<Program>, number: usize) -> f64 {
    let mut warm = 0.0;
    for part in 0..5 {
        let mut tasks = JoinSet::new();
        for caller in 0..CALLERS {
            let first = (part * CALLERS + caller) * number / 5 / CALLERS;
            let last = (part * CALLERS + caller + 1) * number / 5 / CALLERS;
            tasks.spawn(call(program.clone(), first..last));
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        if part == 0 {
            warm = program.resident_mib();
        }
    }
    program.resident_mib() - warm
}

async fn call(program: Arc<Program>, numbers: std::ops::Range<usize>) {
    let mut stream = program.connect().await;
    for number in numbers {
        let claims = program
            .issuer
            .token_for_client(CLIENT_ID, &["profile:read"]);
        let subject = serde_json::json!(format!("user-{number}"));
        let good = program.issuer.sign(&claims.claim("sub", subject));
        // Another letter in the middle of the signature.
        let mut bad = good.clone().into_bytes();
        let position = bad.len() - 40;
        bad[position] = if bad[position] == b'A' { b'B' } else { b'A' };
        let bad = String::from_utf8(bad).unwrap();
        for (token, expected) in [(good, "200"), (bad, "401")] {
            let head = format!(
                "GET /api/whoami HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).await.unwrap();
            let answer = String::from_utf8_lossy(&buffer[..read]);
            assert_eq!(answer.split(' ').nth(1), Some(expected), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tokens_take_no_more_memory_than_some() {
    let program = Program::start(&[("CACHE__MAX_SIZE", "1MiB")]).await;

    let growth = send(&Arc::new(program), 5_000).await;

    assert!(growth < 8.0, "{growth:.1} MiB more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/soak runs it"]
async fn a_million_at_full_scale() {
    let program = Arc::new(Program::start(&[]).await);

    let growth = send(&program, 1_000_000).await;

    println!(
        "| 1,000,000 distinct tokens and as many bad ones | all 200, all 401; {growth:.1} MiB more after \
         the first fifth, {:.0} MiB at most |",
        program.peak_mib()
    );
    assert!(growth < 8.0, "{growth:.1} MiB more");
}
