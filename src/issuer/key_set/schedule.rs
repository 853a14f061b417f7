//! Decides when to fetch again, from times that the caller passes: see [`RefreshPolicy`].

use std::sync::Arc;
use std::time::Duration;

use crate::issuer::{DiscoveryError, OrgServer};

/// How often keys are fetched and how long they may be kept.
///
/// | keys | last attempt | next attempt on schedule | on demand |
/// | --- | --- | --- | --- |
/// | present | succeeded | before the lifetime of the document ends | once per cooldown |
/// | present | failed | after the cooldown | after the cooldown |
/// | none | the issuer was unreachable | after 1 s, then every 2 s | never earlier |
/// | none | the response was not valid | after 1 s, doubled up to `retry_max` | never earlier |
///
/// Therefore, requests with an unknown `kid` cause at most four attempts a minute while there are
/// keys, and none beyond the schedule without keys. Without keys, an issuer that was unreachable is
/// found within two seconds of its return.
///
/// ```
/// use std::time::Duration;
///
/// use poem_resource_server::guard::Guard;
/// use poem_resource_server::issuer::RefreshPolicy;
///
/// let refresh = RefreshPolicy::default().with_max_stale(Duration::from_secs(6 * 60 * 60));
/// let builder = Guard::builder("https://dev-1.okta.com/oauth2/default", "api://default")
///     .with_refresh_policy(refresh);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RefreshPolicy {
    /// Wait between two fetches on demand, whether the first succeeded or not. 30 s by default.
    pub cooldown: Duration,
    /// A document is kept at least this long, even if it says `no-cache`. 1 min by default.
    pub refresh_min: Duration,
    /// A document is kept at most this long, and so is a key that the issuer has withdrawn.
    /// 5 min by default.
    pub refresh_max: Duration,
    /// The longest wait between two attempts while there are no keys and the issuer's responses are
    /// not valid. 30 s by default.
    pub retry_max: Duration,
    /// Age at which keys may no longer verify anything, even if no fetch succeeds. 24 h by default.
    pub max_stale: Duration,
    /// How long a request waits for a fetch. 10 s by default.
    pub longest_wait: Duration,
    /// Other hosts than the issuer's own that may serve the keys.
    pub jwks_hosts: Vec<String>,
    /// A number from 0 to 1 that spreads the attempts of many replicas.
    pub jitter: fn() -> f64,
    /// Whether the issuer may be an Okta org authorization server.
    pub(crate) org_server: OrgServer,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            cooldown: Duration::from_secs(30),
            refresh_min: Duration::from_secs(60),
            refresh_max: Duration::from_secs(5 * 60),
            retry_max: Duration::from_secs(30),
            max_stale: Duration::from_secs(24 * 60 * 60),
            longest_wait: Duration::from_secs(10),
            jwks_hosts: Vec::new(),
            jitter: fastrand::f64,
            org_server: OrgServer::Refused,
        }
    }
}

impl RefreshPolicy {
    /// Sets the wait between two fetches on demand.
    #[must_use]
    pub fn with_cooldown(self, cooldown: Duration) -> Self {
        Self { cooldown, ..self }
    }

    /// Sets how long a document is kept at least.
    #[must_use]
    pub fn with_refresh_min(self, refresh_min: Duration) -> Self {
        Self {
            refresh_min,
            ..self
        }
    }

    /// Sets how long a document is kept at most.
    #[must_use]
    pub fn with_refresh_max(self, refresh_max: Duration) -> Self {
        Self {
            refresh_max,
            ..self
        }
    }

    /// Sets the longest wait between two attempts while there are no keys.
    #[must_use]
    pub fn with_retry_max(self, retry_max: Duration) -> Self {
        Self { retry_max, ..self }
    }

    /// Sets the age at which keys may no longer verify anything.
    #[must_use]
    pub fn with_max_stale(self, max_stale: Duration) -> Self {
        Self { max_stale, ..self }
    }

    /// Sets how long a request waits for a fetch.
    #[must_use]
    pub fn with_longest_wait(self, longest_wait: Duration) -> Self {
        Self {
            longest_wait,
            ..self
        }
    }

    /// Sets the hosts that may serve the keys besides the issuer's own.
    #[must_use]
    pub fn with_jwks_hosts(self, jwks_hosts: impl IntoIterator<Item = String>) -> Self {
        Self {
            jwks_hosts: jwks_hosts.into_iter().collect(),
            ..self
        }
    }

    /// Sets the source of the numbers from 0 to 1 that spread the attempts of many replicas.
    #[must_use]
    pub fn with_jitter(self, jitter: fn() -> f64) -> Self {
        Self { jitter, ..self }
    }

    /// How long a document with this `max_age` is kept.
    pub fn lifetime(&self, max_age: Option<Duration>) -> Duration {
        max_age
            .unwrap_or(self.refresh_max)
            .clamp(self.refresh_min, self.refresh_max.max(self.refresh_min))
    }

    /// The wait after a success: it ends before the lifetime of the document does.
    pub(super) fn until_refresh(&self, max_age: Option<Duration>) -> Duration {
        self.lifetime(max_age).mul_f64(0.8 + 0.15 * (self.jitter)())
    }

    /// The wait after the `failures`-th failure in a row.
    pub(super) fn until_retry(&self, failures: u32, is_outage: bool, has_keys: bool) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        let backed_off = (RETRY_MIN * 2_u32.pow(doublings)).min(self.retry_max);
        let wait = match (has_keys, is_outage) {
            (true, _) => self.cooldown,
            (false, true) => backed_off.min(RETRY_OUTAGE),
            (false, false) => backed_off,
        };
        wait.mul_f64(0.8 + 0.2 * (self.jitter)())
    }
}

/// The wait after the first failure while there are no keys.
const RETRY_MIN: Duration = Duration::from_secs(1);

/// The longest wait while there are no keys and the issuer is unreachable.
const RETRY_OUTAGE: Duration = Duration::from_secs(2);

/// The progress of the task. Times are monotonic.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    pub(super) in_flight: bool,
    /// Whether a request waits for the next attempt.
    pub(super) demanded: bool,
    /// Attempts that have ended, and those of them that failed.
    pub(super) finished: u64,
    pub(super) failures: u64,
    pub(super) failures_in_a_row: u32,
    pub(super) last_finished: Option<Duration>,
    pub(super) last_demand: Option<Duration>,
    pub(super) last_success: Option<Duration>,
    pub(super) last_error: Option<Arc<DiscoveryError>>,
    pub(super) next_attempt: Option<Duration>,
}

impl Progress {
    /// Whether a request may cause an attempt at `now`.
    pub(super) fn allows_demand(
        &self,
        now: Duration,
        has_keys: bool,
        policy: &RefreshPolicy,
    ) -> bool {
        if !has_keys {
            // Without keys, every request demands some, which would replace the back-off.
            return self.demanded || self.next_attempt.is_none_or(|at| now >= at);
        }
        let (since, wait) = if self.last_error.is_some() {
            (self.last_finished, policy.cooldown)
        } else {
            (self.last_demand, policy.cooldown)
        };
        self.demanded || since.is_none_or(|since| now.saturating_sub(since) >= wait)
    }

    pub(super) fn demand(&mut self) {
        self.demanded = true;
    }

    /// As [`Progress::demand`], without waiting for the cooldown.
    pub(super) fn demand_now(&mut self) {
        self.demanded = true;
        self.last_demand = None;
    }

    pub(super) fn start(&mut self, now: Duration) {
        self.in_flight = true;
        if std::mem::take(&mut self.demanded) {
            self.last_demand = Some(now);
        }
    }

    pub(super) fn succeed(&mut self, now: Duration, next_attempt: Duration) {
        self.finish(now, next_attempt);
        self.failures_in_a_row = 0;
        self.last_success = Some(now);
        self.last_error = None;
    }

    pub(super) fn fail(
        &mut self,
        now: Duration,
        next_attempt: Duration,
        error: Arc<DiscoveryError>,
    ) {
        self.finish(now, next_attempt);
        self.failures += 1;
        self.failures_in_a_row += 1;
        self.last_error = Some(error);
    }

    fn finish(&mut self, now: Duration, next_attempt: Duration) {
        self.in_flight = false;
        self.finished += 1;
        self.last_finished = Some(now);
        self.next_attempt = Some(next_attempt);
    }
}

#[cfg(test)]
mod tests;
