//! No descriptors left: the server waits without spinning, and goes on when there are some.

use std::time::Duration;

use crate::program::{Program, TOO_LONG};

/// Takes every descriptor of the program.
async fn exhaust(program: &Program) -> Vec<tokio::net::TcpStream> {
    let mut held = Vec::new();
    for _ in 0..150 {
        held.push(program.connect().await);
    }
    held
}

async fn assert_recovers(program: &Program) {
    let served = tokio::time::timeout(TOO_LONG, program.whoami(&program.token)).await;
    assert_eq!(served.expect("it did not recover"), "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_are_closed_when_no_place_is_free() {
    let program = Program::with_descriptors(64, &[("HTTP__HEADER_TIMEOUT", "1h")]).await;
    let held = exhaust(&program).await;

    assert_recovers(&program).await;

    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_recovers_when_there_are_descriptors_again() {
    let program = Program::with_descriptors(64, &[]).await;
    let held = exhaust(&program).await;

    drop(held);

    assert_recovers(&program).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes half a minute; scripts/soak runs it"]
async fn it_does_not_spin_at_full_scale() {
    let program = Program::with_descriptors(64, &[("HTTP__HEADER_TIMEOUT", "1h")]).await;
    let held = exhaust(&program).await;

    let before = program.processor_time();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let used = program.processor_time().saturating_sub(before);

    let share = used.as_secs_f64() / 20.0 * 100.0;
    println!("| 150 connections, 64 descriptors, 20 s | {share:.1} % of a core |");
    assert!(share < 10.0, "{share:.1} % of a core");
    drop(held);
    assert_recovers(&program).await;
}
