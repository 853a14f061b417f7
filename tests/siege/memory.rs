//! Much memory wanted by those who have no token: the budget holds, and callers are answered.

use std::sync::Arc;
use std::time::Duration;

use crate::callers::{Callers, Latencies};
use crate::holders::{ATTACKS, Attack, Holders};
use crate::program::{Program, Transport};
use crate::{http2, slowness, tokens};

const BOTH: [Transport; 2] = [Transport::Plain, Transport::Tls];

/// Which attacks make sense over a transport.
pub fn attacks(transport: Transport) -> impl Iterator<Item = Attack> {
    let all = ATTACKS.into_iter();
    all.filter(move |attack| transport == Transport::Tls || !attack.is_for_tls())
}

/// Attacks for `time`, and returns the number of the attackers' connections and the latencies of
/// the callers.
pub async fn attack(
    program: &Arc<Program>,
    attacks: &[Attack],
    number: usize,
    time: Duration,
) -> (usize, Latencies) {
    let callers = Callers::start(program);
    let all: Vec<_> = (attacks.iter())
        .map(|attack| Holders::start(program, *attack, number))
        .collect();
    tokio::time::sleep(time).await;
    let mut connections = 0;
    for holders in all {
        connections += holders.stop().await;
    }
    (connections, callers.stop().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_attack_takes_more_than_the_budget_and_callers_are_answered() {
    small_attacks(Transport::Plain).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_attack_over_tls_takes_more_than_the_budget_and_callers_are_answered() {
    small_attacks(Transport::Tls).await;
}

async fn small_attacks(transport: Transport) {
    let small = [
        ("HTTP__MAX_CONNECTIONS", "400"),
        ("HTTP__MEMORY", "6MiB"),
        ("CACHE__MAX_SIZE", "1MiB"),
    ];
    for one in attacks(transport) {
        let program = Arc::new(Program::beside_relay(transport, &small).await);
        attack(&program, &[], 0, Duration::from_millis(200)).await;
        let before = program.resident_mib();
        program.hang_issuer();

        let (_, calls) = attack(&program, &[one], 250, Duration::from_secs(2)).await;

        let more = program.peak_mib() - before;
        println!("| {transport:?}, {} | {more:.1} MiB more |", one.name);
        assert!(more < 10.0, "{transport:?}, {}: {more:.1} MiB", one.name);
        assert!(calls.count() > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/soak runs it"]
async fn the_budget_at_full_scale() {
    let default = [("LOG__FORMAT", "text")];
    let small = [
        ("HTTP__MAX_CONNECTIONS", "1500"),
        ("HTTP__MEMORY", SMALL_MEMORY),
        ("CACHE__MAX_SIZE", "8MiB"),
    ];
    #[expect(clippy::type_complexity, reason = "a table")]
    let setups: [(&str, &[(&str, &str)], usize, f64); 2] = [
        ("default", &default, 4_000, 256.0),
        ("small", &small, 1_400, 64.0),
    ];
    // `SIEGE_ROW=small` is for some of the rows, by a part of their names.
    let wanted = std::env::var("SIEGE_ROW").unwrap_or_default();
    let mut too_much = Vec::new();
    let mut later = Vec::new();
    for (setup, settings, number, most) in setups {
        for transport in BOTH {
            let all: Vec<_> = attacks(transport).collect();
            let mut rows: Vec<(&str, Vec<Attack>, usize)> = (all.iter())
                .map(|one| (one.name, vec![*one], number))
                .collect();
            rows.push(("all at once", all.clone(), number / all.len()));
            for (name, attacks, number) in rows {
                let row = format!("{setup}, {transport:?}, {name}");
                if !row.contains(&wanted) {
                    continue;
                }
                let program = Arc::new(Program::beside_relay(transport, settings).await);
                let idle = program.resident_mib();
                let (_, quiet) = attack(&program, &[], 0, Duration::from_secs(5)).await;
                program.hang_issuer();
                let time = Duration::from_secs(15);
                let (connections, calls) = attack(&program, &attacks, number, time).await;
                let peak = program.peak_mib();
                println!(
                    "| {row} | {connections} connections; {} calls, all 200, {calls}, before the \
                     attack {quiet}; {peak:.0} MiB at most, {idle:.0} before |",
                    calls.count(),
                );
                if peak >= most {
                    too_much.push(format!("{row}: {peak:.0} MiB"));
                }
                later.push(tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    (row, idle, program.resident_mib())
                }));
            }
        }
    }
    for row in later {
        let (row, idle, after) = row.await.unwrap();
        println!("| {row} | {after:.0} MiB a minute later, {idle:.0} before |");
        if after > idle + 32.0 {
            too_much.push(format!("{row}: {after:.0} MiB a minute later"));
        }
    }
    assert!(too_much.is_empty(), "{too_much:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes; scripts/soak runs it"]
async fn everything_in_64_mib_at_full_scale() {
    let small = [
        ("HTTP__MAX_CONNECTIONS", "1500"),
        ("HTTP__MEMORY", SMALL_MEMORY),
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

const SMALL_MEMORY: &str = "24MiB";
