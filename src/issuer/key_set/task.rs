//! The one task that fetches.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tracing::{info, warn};

use crate::issuer::{DiscoveryError, Metadata};
use crate::token::{KeySet, ParsedKeySet};

use super::shared::{CachedKeys, Shared};

/// The discovery document is read again after this time, and after each failure.
const METADATA_MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// The wait after a panic while there are no keys.
const RETRY_PANICKED: Duration = Duration::from_secs(2);

/// A set that was fetched, and how long its sender allows it to be cached.
struct Fetched {
    keys: ParsedKeySet,
    metadata: Option<Discovered>,
    max_age: Option<Duration>,
}

/// Metadata and the monotonic time of its discovery.
#[derive(Clone)]
struct Discovered {
    metadata: Arc<Metadata>,
    since: Duration,
}

/// Fetches until it is stopped: immediately, then whenever a fetch is due or requested.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut known: Option<Discovered> = None;
    let mut warned: Vec<String> = Vec::new();
    loop {
        // A panic must not end the task, because the keys would become stale unnoticed.
        let next_attempt = AssertUnwindSafe(step(&shared, &mut known, &mut warned))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| {
                let error = DiscoveryError::Panicked;
                warn!(issuer = %shared.issuer, reason = error.reason(), "keys not fetched");
                let has_keys = shared.current().is_some();
                // Not by `until_retry`, whose jitter is the caller's code and may panic again.
                let retry = if has_keys {
                    shared.policy.cooldown
                } else {
                    RETRY_PANICKED
                };
                fail(&shared, error, retry)
            });
        wait(&shared, next_attempt).await;
    }
}

/// Makes one attempt and returns the time of the next.
async fn step(
    shared: &Shared,
    known: &mut Option<Discovered>,
    warned: &mut Vec<String>,
) -> Duration {
    let started = shared.clock.monotonic();
    shared
        .progress
        .send_modify(|progress| progress.start(started));
    let known_now = known
        .take()
        .filter(|known| started.saturating_sub(known.since) < METADATA_MAX_AGE);
    match attempt(shared, known_now).await {
        Ok(fetched) => {
            known.clone_from(&fetched.metadata);
            warn_once(&fetched.keys, warned);
            publish(shared, fetched)
        }
        Err(error) => record(shared, error),
    }
}

async fn attempt(shared: &Shared, known: Option<Discovered>) -> Result<Fetched, DiscoveryError> {
    let metadata = match known {
        _ if shared.jwks_uri.is_some() => None,
        Some(known) => Some(known),
        None => Some(Discovered {
            metadata: Arc::new(
                Metadata::discover_with(
                    &shared.fetch,
                    &shared.issuer,
                    &shared.policy.jwks_hosts,
                    shared.policy.org_server,
                )
                .await?,
            ),
            since: shared.clock.monotonic(),
        }),
    };
    // These keys are for ID tokens. Access tokens of this server are introspected.
    if is_org_server(metadata.as_ref()) {
        return Ok(Fetched {
            keys: ParsedKeySet::default(),
            metadata,
            max_age: None,
        });
    }
    let discovered = metadata.as_ref().map(|it| it.metadata.jwks_uri().as_str());
    let url = discovered
        .or(shared.jwks_uri.as_deref())
        .unwrap_or_default();
    let document = shared
        .fetch
        .document(url)
        .await
        .map_err(|source| DiscoveryError::Keys {
            url: url.to_owned(),
            source,
        })?;
    let keys = KeySet::parse(&document.body).map_err(DiscoveryError::MalformedKeys)?;
    if keys.key_set.keys().is_empty() {
        return Err(DiscoveryError::NoUsableKeys {
            left_out: keys.left_out.len(),
        });
    }
    Ok(Fetched {
        keys,
        metadata,
        max_age: document.max_age,
    })
}

fn is_org_server(discovered: Option<&Discovered>) -> bool {
    discovered.is_some_and(|it| it.metadata.is_org_server())
}

fn publish(shared: &Shared, fetched: Fetched) -> Duration {
    let now = shared.clock.monotonic();
    let next_attempt = now + shared.policy.until_refresh(fetched.max_age);
    let had_failed = shared.progress.borrow().last_success.is_none()
        || shared.progress.borrow().last_error.is_some();
    if had_failed && is_org_server(fetched.metadata.as_ref()) {
        warn!(
            issuer = %shared.issuer,
            advice = "Okta recommends a custom authorization server for an API",
            "tokens of an Okta org authorization server are introspected"
        );
    } else if had_failed {
        let keys = fetched.keys.key_set.keys().len();
        info!(issuer = %shared.issuer, keys, "keys fetched");
    }
    // The same keys stay the same value, so that tokens verified with them remain cached.
    let keys = match &*shared.cached.load() {
        Some(cached) if *cached.keys == fetched.keys.key_set => cached.keys.clone(),
        _ => Arc::new(fetched.keys.key_set),
    };
    shared.cached.store(Some(Arc::new(CachedKeys {
        keys,
        metadata: fetched.metadata.map(|it| it.metadata),
        fetched_at: now,
    })));
    shared
        .progress
        .send_modify(|progress| progress.succeed(now, next_attempt));
    next_attempt
}

fn record(shared: &Shared, error: DiscoveryError) -> Duration {
    let has_keys = shared.current().is_some();
    let failures = shared.progress.borrow().failures_in_a_row.saturating_add(1);
    let retry = shared
        .policy
        .until_retry(failures, error.is_outage(), has_keys);
    // A long outage is logged less and less often: at the 1st, 2nd, 4th, 8th attempt.
    if failures.is_power_of_two() {
        warn!(
            issuer = %shared.issuer,
            reason = error.reason(),
            error = error.chain(),
            failures,
            has_keys,
            retry_in = ?retry,
            "keys not fetched"
        );
    }
    fail(shared, error, retry)
}

fn fail(shared: &Shared, error: DiscoveryError, retry: Duration) -> Duration {
    let now = shared.clock.monotonic();
    let next_attempt = now + retry;
    let error = Arc::new(error);
    shared
        .progress
        .send_modify(|progress| progress.fail(now, next_attempt, error));
    next_attempt
}

/// Waits until `next_attempt`, or until an attempt is requested and none was made since.
async fn wait(shared: &Shared, next_attempt: Duration) {
    loop {
        tokio::select! {
            () = shared.clock.sleep_until(next_attempt) => return,
            () = shared.wanted.notified() => {
                if shared.progress.borrow().demanded {
                    return;
                }
            }
        }
    }
}

/// Logs which keys are left out, once for each set that differs from the last.
fn warn_once(keys: &ParsedKeySet, warned: &mut Vec<String>) {
    let left_out: Vec<String> = keys
        .left_out
        .iter()
        .map(|key| format!("{:?}: {}", key.key_id, key.error))
        .collect();
    if left_out != *warned {
        for (key, text) in keys.left_out.iter().zip(&left_out) {
            if !warned.contains(text) {
                warn!(key_id = ?key.key_id, error = %key.error, "key left out");
            }
        }
        *warned = left_out;
    }
}
