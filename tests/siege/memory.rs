//! Everything at once in little memory: a connection takes about 20 KiB, so their number is
//! what an operator sets.

use std::sync::Arc;

use crate::program::Program;
use crate::{http2, slowness, tokens};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/soak runs it"]
async fn everything_in_64_mib_at_full_scale() {
    let small = [
        ("HTTP__MAX_CONNECTIONS", "1500"),
        ("CACHE__MAX_SIZE", "8MiB"),
    ];
    let program = Arc::new(Program::start(&small).await);

    for (name, ways) in slowness::ROWS {
        slowness::attack(&program, 1_400, ways).await;
        println!("| {name}, 1,400 | {:.0} MiB at most |", program.peak_mib());
    }
    for (name, next) in http2::FLOODS {
        http2::attack(&program, 5, next).await;
        println!("| HTTP/2 {name} | {:.0} MiB at most |", program.peak_mib());
    }
    tokens::send(&program, 100_000).await;
    println!(
        "| 100,000 tokens, as many bad ones | {:.0} MiB at most |",
        program.peak_mib()
    );

    assert!(program.peak_mib() < 64.0);
    assert_eq!(program.whoami(&program.token).await, "200");
}
