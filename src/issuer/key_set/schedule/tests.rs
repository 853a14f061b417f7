use std::sync::Arc;
use std::time::Duration;

use super::{Progress, RefreshPolicy};
use crate::issuer::DiscoveryError;

/// The default policy, with the latest jitter.
fn policy() -> RefreshPolicy {
    RefreshPolicy {
        jitter: || 1.0,
        ..RefreshPolicy::default()
    }
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn a_document_is_fetched_again_before_its_clamped_lifetime_ends() {
    for (name, max_age, lifetime) in [
        ("says nothing", None, 300),
        ("no-cache", Some(secs(0)), 60),
        ("below the minimum", Some(secs(59)), 60),
        ("within", Some(secs(100)), 100),
        ("an hour", Some(secs(3600)), 300),
        ("for ever", Some(Duration::MAX), 300),
    ] {
        let latest = policy().until_refresh(max_age);
        let earliest = RefreshPolicy {
            jitter: || 0.0,
            ..policy()
        }
        .until_refresh(max_age);

        assert!(latest < secs(lifetime), "{name}: {latest:?}");
        assert_eq!(earliest, secs(lifetime).mul_f64(0.8), "{name}");
    }
}

#[test]
fn an_unreachable_issuer_is_tried_every_two_seconds_and_a_wrong_one_less_and_less_often() {
    let outage: Vec<_> = (1..6)
        .map(|n| policy().until_retry(n, true, false))
        .collect();
    let wrong: Vec<_> = (1..8)
        .map(|n| policy().until_retry(n, false, false))
        .collect();

    assert_eq!(outage, [1, 2, 2, 2, 2].map(secs));
    assert_eq!(wrong, [1, 2, 4, 8, 16, 30, 30].map(secs));
    assert_eq!(policy().until_retry(u32::MAX, false, false), secs(30));
}

#[test]
fn with_keys_a_failure_is_followed_by_the_cooldown() {
    assert_eq!(policy().until_retry(1, true, true), secs(30));
    assert_eq!(policy().until_retry(9, false, true), secs(30));
}

#[test]
fn with_keys_demand_is_met_once_per_cooldown() {
    let mut progress = Progress::default();
    progress.start(secs(0));
    progress.succeed(secs(0), secs(240));

    // A scheduled fetch does not delay the next fetch on demand.
    assert!(progress.allows_demand(secs(1), true, &policy()));

    progress.demand();
    progress.start(secs(1));
    progress.succeed(secs(1), secs(241));

    assert!(!progress.allows_demand(secs(30), true, &policy()));
    assert!(progress.allows_demand(secs(31), true, &policy()));
}

#[test]
fn after_a_failure_demand_waits_for_the_cooldown_too() {
    let mut progress = Progress::default();
    progress.start(secs(0));
    progress.fail(secs(5), secs(35), Arc::new(DiscoveryError::Panicked));

    assert!(!progress.allows_demand(secs(34), true, &policy()));
    assert!(progress.allows_demand(secs(35), true, &policy()));
}

#[test]
fn without_keys_demand_does_not_come_before_the_schedule() {
    let mut progress = Progress::default();
    assert!(progress.allows_demand(secs(0), false, &policy()));
    progress.start(secs(0));
    progress.fail(secs(2), secs(10), Arc::new(DiscoveryError::Panicked));

    assert!(!progress.allows_demand(secs(9), false, &policy()));
    assert!(progress.allows_demand(secs(10), false, &policy()));
}

#[test]
fn an_operators_demand_waits_for_no_cooldown() {
    let mut progress = Progress::default();
    progress.demand();
    progress.start(secs(0));
    progress.succeed(secs(0), secs(240));
    assert!(!progress.allows_demand(secs(1), true, &policy()));

    progress.demand_now();

    assert!(progress.allows_demand(secs(1), true, &policy()));
}
