//! Limits how often callers may call: see [`RateLimits`].
//!
//! `governor` counts with GCRA: the whole number at once, then evenly. At most [`MAX_COUNTED`]
//! addresses and callers are counted. Beyond this number, those that were not seen for the longest
//! time are forgotten.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use quick_cache::sync::Cache;

use crate::clock::Clock;

use super::principal::Principal;
use super::rejection::Rejection;

/// A number of calls in a period of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// The number of calls. All of them may come at once.
    pub calls: NonZeroU32,
    /// The period. Zero counts as one nanosecond.
    pub per: Duration,
}

impl Rate {
    /// A rate of this many calls in this much time.
    pub fn new(calls: NonZeroU32, per: Duration) -> Self {
        Self { calls, per }
    }
}

/// The limits of a guard. Clones share their counts.
///
/// | limit | what counts | what is answered with 429 |
/// | --- | --- | --- |
/// | [refusals](Self::with_refusals) of an address | its calls that are refused for their token or header | every guarded call of the address |
/// | [calls](Self::with_calls) of a caller, by issuer, subject and client | its admitted calls | its own calls |
///
/// The whole number of calls may come at once. After that, they are admitted evenly. An IPv6 address
/// is counted by its network of 64 bits, which belongs to one subscriber.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use poem_resource_server::clock::SystemClock;
/// use poem_resource_server::guard::{Rate, RateLimits};
///
/// let refusals = Rate::new(100.try_into()?, Duration::from_secs(60));
/// let limits = RateLimits::new(Arc::new(SystemClock::new())).with_refusals(refusals);
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RateLimits {
    refusals: Option<Arc<Limiter>>,
    calls: Option<Arc<Limiter>>,
    clock: Ticks,
}

impl RateLimits {
    /// No limits.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            refusals: None,
            calls: None,
            clock: Ticks(clock),
        }
    }

    /// Limits the calls of one address that are refused for their token or header.
    #[must_use]
    pub fn with_refusals(self, rate: Rate) -> Self {
        Self {
            refusals: Some(Arc::new(Limiter::new(rate, self.clock.clone()))),
            ..self
        }
    }

    /// Limits the calls of one caller.
    #[must_use]
    pub fn with_calls(self, rate: Rate) -> Self {
        Self {
            calls: Some(Arc::new(Limiter::new(rate, self.clock.clone()))),
            ..self
        }
    }

    /// Refuses an address that was refused too often, until its pause ends.
    pub(super) fn check_address(&self, address: Option<IpAddr>) -> Result<(), Rejection> {
        match (&self.refusals, address) {
            (Some(limiter), Some(address)) => limiter.check_pause(&network(address)),
            _ => Ok(()),
        }
    }

    /// Counts a refusal that a bad token or header caused.
    pub(super) fn count_refusal(&self, address: Option<IpAddr>, rejection: &Rejection) {
        let is_theirs = matches!(
            rejection,
            Rejection::InvalidToken(_)
                | Rejection::InvalidRequest(_)
                | Rejection::InvalidBinding(_)
        ) && rejection.nonce().is_none();
        if let (true, Some(limiter), Some(address)) = (is_theirs, &self.refusals, address) {
            limiter.take_last(&network(address));
        }
    }

    /// When an address may send the next request that needs no caller; `None` for now.
    #[cfg(feature = "service")]
    pub(crate) fn pause_of(&self, address: Option<IpAddr>) -> Option<Duration> {
        match self.check_address(address) {
            Err(Rejection::TooManyRequests { retry_after }) => Some(retry_after),
            _ => None,
        }
    }

    /// Counts a refusal that a request without a caller has caused.
    #[cfg(feature = "service")]
    pub(crate) fn count_bad_request(&self, address: Option<IpAddr>) {
        if let (Some(limiter), Some(address)) = (&self.refusals, address) {
            limiter.take_last(&network(address));
        }
    }

    /// Counts a call of an admitted caller, and refuses it if the limit is exceeded.
    pub(super) fn count_call(&self, caller: &Principal) -> Result<(), Rejection> {
        let claims = caller.claims();
        match &self.calls {
            Some(limiter) => limiter.take(&(claims.issuer(), caller.subject(), claims.client_id())),
            None => Ok(()),
        }
    }
}

/// Counts by key. Only a hash of the key is kept.
struct Limiter {
    quota: Quota,
    clock: Ticks,
    hasher: RandomState,
    counts: Cache<u64, Arc<Count>>,
}

struct Count {
    cells: RateLimiter<NotKeyed, InMemoryState, Ticks, StateInformationMiddleware>,
    /// The end of the pause, in nanoseconds of the clock.
    pause_ends: AtomicU64,
}

impl Limiter {
    fn new(rate: Rate, clock: Ticks) -> Self {
        let of_one = (rate.per / rate.calls.get()).max(Duration::from_nanos(1));
        Self {
            quota: Quota::with_period(of_one)
                .expect("not zero")
                .allow_burst(rate.calls),
            clock,
            hasher: RandomState::new(),
            counts: Cache::new(MAX_COUNTED),
        }
    }

    /// Takes a cell, if there is one.
    fn take(&self, key: &impl Hash) -> Result<(), Rejection> {
        let taken = self.count(key).cells.check();
        taken
            .map(|_| ())
            .map_err(|until| Rejection::TooManyRequests {
                retry_after: until.wait_time_from(self.clock.now()),
            })
    }

    /// Takes a cell. After the last one, a pause starts, which ends with the next cell.
    fn take_last(&self, key: &impl Hash) {
        let count = self.count(key);
        let now = self.clock.now();
        let pause = match count.cells.check() {
            Ok(state) if state.remaining_burst_capacity() > 0 => return,
            Ok(_) => self.quota.replenish_interval(),
            Err(until) => until.wait_time_from(now),
        };
        let ends = u64::try_from((now + pause).as_nanos()).unwrap_or(u64::MAX);
        count.pause_ends.fetch_max(ends, Ordering::Relaxed);
    }

    fn check_pause(&self, key: &impl Hash) -> Result<(), Rejection> {
        let Some(count) = self.counts.get(&self.hasher.hash_one(key)) else {
            return Ok(());
        };
        let ends = Duration::from_nanos(count.pause_ends.load(Ordering::Relaxed));
        match ends.checked_sub(self.clock.now()) {
            Some(retry_after) if !retry_after.is_zero() => {
                Err(Rejection::TooManyRequests { retry_after })
            }
            _ => Ok(()),
        }
    }

    fn count(&self, key: &impl Hash) -> Arc<Count> {
        let key = self.hasher.hash_one(key);
        let new = || {
            Ok::<_, std::convert::Infallible>(Arc::new(Count {
                cells: RateLimiter::direct_with_clock(self.quota, self.clock.clone())
                    .with_middleware(),
                pause_ends: AtomicU64::new(0),
            }))
        };
        match self.counts.get_or_insert_with(&key, new) {
            Ok(count) => count,
            Err(never) => match never {},
        }
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}

/// Our clock, in the form that governor requires.
#[derive(Debug, Clone)]
struct Ticks(Arc<dyn Clock>);

impl governor::clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let of_subscriber = address.to_bits() & (u128::from(u64::MAX) << 64);
            IpAddr::V6(of_subscriber.into())
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// About 10 MiB when all of them are.
const MAX_COUNTED: usize = 65_536;

#[cfg(test)]
mod tests;
