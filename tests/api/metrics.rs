//! What operators count: requests by outcome, and the state of the keys.

mod described;
mod labels;
mod proofs;

use std::time::Duration;

use poem_resource_server::dev::Behaviour;

use crate::world::World;

impl World {
    async fn connect(&self) -> tokio::net::TcpStream {
        tokio::net::TcpStream::connect(self.address).await.unwrap()
    }

    /// Waits until a metric has this value.
    async fn until(&self, series: &str, value: f64) {
        for _ in 0..10_000 {
            if (metric(self, series).await - value).abs() < 0.1 {
                return;
            }
        }
        panic!("{series} was never {value}");
    }
}

/// The value of a metric with these labels; 0 when there is none.
async fn metric(world: &World, name_and_labels: &str) -> f64 {
    let text = world.admin("/metrics").await.body;
    let line = text.lines().find(|line| {
        line.strip_prefix(name_and_labels)
            .is_some_and(|rest| rest.starts_with(' '))
    });
    line.map_or(0.0, |line| {
        line.rsplit(' ').next().unwrap().parse().unwrap()
    })
}

#[tokio::test]
async fn each_answer_is_counted_by_operation_status_and_reason() {
    let world = World::with(&[("access.operations.whoami.scopes", "admin")]).await;
    let lacking = world.sign(&world.token());
    let good = world.sign(&world.token().claim("scp", serde_json::json!(["admin"])));

    world.get("/api/hello").await;
    world.whoami(&good).await;
    world.whoami(&good).await;
    world.whoami(&lacking).await;
    world.whoami("a.b.c").await;
    world.get("/api/whoami").await;
    world.get("/nothing").await;

    #[rustfmt::skip] // A row a line.
    let rows = [
        ("hello", "200", "ok", 1.0),
        ("whoami", "200", "ok", 2.0),
        ("whoami", "403", "insufficient_scope", 1.0),
        ("whoami", "401", "bad_base64", 1.0),
        ("whoami", "401", "missing_credentials", 1.0),
        ("none", "404", "not_found", 1.0),
        ("whoami", "503", "no_keys", 0.0),
    ];
    for (operation, status, reason, expected) in rows {
        let labels = format!(
            "http_requests_total{{operation=\"{operation}\",status=\"{status}\",reason=\"{reason}\"}}"
        );
        assert!(
            (metric(&world, &labels).await - expected).abs() < 0.1,
            "{labels} in {}",
            world.admin("/metrics").await.body
        );
    }
}

#[tokio::test]
async fn verdicts_and_remembered_tokens_are_counted_through_a_reload() {
    let world = World::start().await;
    let good = world.sign(&world.token());
    world.whoami(&good).await;
    world.whoami(&good).await;
    world.whoami("a.b.c").await;

    world.reload(&[]).await.unwrap();
    world.whoami(&good).await;

    assert_metrics(
        &world,
        &[
            ("token_verifications_total{outcome=\"accepted\"}", 3.0),
            ("token_verifications_total{outcome=\"refused\"}", 1.0),
            ("token_verifications_total{outcome=\"no_keys\"}", 0.0),
            ("token_cache_lookups_total{result=\"hit\"}", 1.0),
            ("token_cache_lookups_total{result=\"miss\"}", 3.0),
        ],
    )
    .await;
}

#[tokio::test]
async fn tokens_that_could_not_be_judged_are_counted_apart() {
    let world = World::without_keys(&[("cache.enabled", "false")]).await;
    world.whoami(&world.sign(&world.token())).await;

    assert_metrics(
        &world,
        &[
            ("token_verifications_total{outcome=\"refused\"}", 0.0),
            ("token_verifications_total{outcome=\"no_keys\"}", 1.0),
            ("token_cache_lookups_total{result=\"miss\"}", 0.0),
        ],
    )
    .await;
}

#[tokio::test]
async fn reloads_are_counted_and_the_last_is_judged() {
    let world = World::start().await;
    let ok = "config_last_reload_ok";
    assert_metrics(&world, &[(ok, 1.0)]).await;

    let needs_restart = [("http.max_connections", "5")];
    world.reload(&needs_restart).await.unwrap_err();
    assert_metrics(
        &world,
        &[
            (ok, 0.0),
            ("config_reloads_total{result=\"failed\"}", 1.0),
            ("config_reloads_total{result=\"ok\"}", 0.0),
        ],
    )
    .await;

    world.reload(&[]).await.unwrap();
    assert_metrics(
        &world,
        &[(ok, 1.0), ("config_reloads_total{result=\"ok\"}", 1.0)],
    )
    .await;
}

#[tokio::test]
async fn connections_are_counted_while_they_are_open() {
    let world = World::with(&[("http.max_connections", "50")]).await;
    let open = "http_connections{listener=\"http\"}";
    let before = metric(&world, open).await;
    let accepted = metric(&world, "http_connections_accepted_total{listener=\"http\"}").await;

    let held: Vec<_> = (0..3).map(|_| world.connect()).collect();
    let held = futures_util::future::join_all(held).await;
    world.until(open, before + 3.0).await;
    drop(held);
    world.until(open, before).await;

    assert_metrics(
        &world,
        &[
            ("http_connections_max{listener=\"http\"}", 50.0),
            (
                "http_connections_accepted_total{listener=\"http\"}",
                accepted + 3.0,
            ),
        ],
    )
    .await;
    assert!(metric(&world, "http_connections{listener=\"admin\"}").await >= 1.0);
}

#[tokio::test]
async fn latencies_are_counted_by_operation() {
    let world = World::start().await;
    world.get("/api/hello").await;
    world.get("/api/hello").await;

    let name = "http_request_duration_seconds";
    assert_metrics(
        &world,
        &[
            // The clock of a test does not advance.
            (
                &format!("{name}_bucket{{le=\"0.0001\",operation=\"hello\"}}"),
                2.0,
            ),
            (
                &format!("{name}_bucket{{le=\"+Inf\",operation=\"hello\"}}"),
                2.0,
            ),
            (&format!("{name}_count{{operation=\"hello\"}}"), 2.0),
            (&format!("{name}_sum{{operation=\"hello\"}}"), 0.0),
        ],
    )
    .await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_metrics_of_the_process_agree_with_the_kernel() {
    let world = World::start().await;

    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = resident
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    let reported = metric(&world, "process_resident_memory_bytes").await / 1024.0;
    assert!(
        (reported / kib - 1.0).abs() < 0.5,
        "{reported} KiB, not {kib}"
    );

    let files = std::fs::read_dir("/proc/self/fd").unwrap().count();
    let reported = metric(&world, "process_open_fds").await;
    assert!(reported > 5.0 && reported < 10.0 * f64::from(u32::try_from(files).unwrap()));
    assert!(metric(&world, "process_max_fds").await > reported);

    let age = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let age = age.unwrap().as_secs_f64() - metric(&world, "process_start_time_seconds").await;
    assert!((-2.0..3600.0).contains(&age), "{age} s old");
    assert!(metric(&world, "process_cpu_seconds_total").await < 3600.0);
}

async fn assert_metrics(world: &World, expected: &[(&str, f64)]) {
    for (series, expected) in expected {
        let found = metric(world, series).await;
        assert!(
            (found - expected).abs() < 0.1,
            "{series}: {found}, not {expected}"
        );
    }
}

#[tokio::test]
async fn the_age_of_the_keys_and_their_fetches_are_reported() {
    const KEYS: &str = "jwks_keys{issuer=\"default\"}";
    const FAILURES: &str = "jwks_fetch_failures_total{issuer=\"default\"}";
    let world = World::start().await;
    assert_eq!(metric(&world, KEYS).await.to_bits(), 1_f64.to_bits());
    let failures = metric(&world, FAILURES).await;

    let status = poem::http::StatusCode::BAD_GATEWAY;
    world.issuer.set_behaviour(Behaviour::Unavailable(status));
    world.clock.advance(Duration::from_secs(600));
    for _ in 0..1000 {
        if metric(&world, FAILURES).await > failures {
            break;
        }
    }
    assert!(metric(&world, FAILURES).await > failures);

    let age = metric(&world, "jwks_age_seconds{issuer=\"default\"}").await;
    assert!((600.0..601.0).contains(&age), "{age}");
    assert_metrics(&world, &[("jwks_max_stale_seconds", 24.0 * 3600.0)]).await;
    assert_eq!(metric(&world, KEYS).await.to_bits(), 1_f64.to_bits());
}

#[tokio::test]
async fn metrics_are_for_operators_only() {
    let world = World::start().await;

    let metrics = world.admin("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert_eq!(
        metrics.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(metrics.body.ends_with("# EOF\n"));

    let public_metrics = world.get("/metrics").await;
    public_metrics.assert_refused("public", 404, "not_found", None);
    let admin_api = world.admin("/api/hello").await;
    admin_api.assert_refused("admin", 404, "not_found", None);
}
