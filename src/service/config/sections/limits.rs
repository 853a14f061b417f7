//! The ranges of settings.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The shortest time that a wait can have.
pub(super) const SHORTEST: Duration = Duration::from_millis(1);

/// A longer duration is a mistake, and the sum of two could exceed the range of the clock.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// For waits that must not be zero.
pub(super) const POSITIVE: RangeInclusive<Duration> = SHORTEST..=YEAR;

/// For waits that zero disables.
pub(super) const FROM_ZERO: RangeInclusive<Duration> = Duration::ZERO..=YEAR;

/// A clock that differs by more must be corrected.
pub(super) const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// Keys that an issuer withdraws must not be used for more than an hour.
pub(super) const MAX_REFRESH: Duration = Duration::from_secs(60 * 60);

/// A semaphore can count these, and no machine has so many sockets.
pub(super) const MAX_CONNECTIONS: u32 = 1_000_000;

/// Room for at least some tokens, and no more than a machine has.
pub(super) const CACHE_SIZE: RangeInclusive<u64> = 64 * 1024..=64 * 1024 * 1024 * 1024;

/// From the minimum of hyper to more than any head needs.
pub(super) const HEAD_SIZE: RangeInclusive<u64> = 8 * 1024..=1 << 30;

/// From the fields of a plain request to more than any request needs.
pub(super) const HEADER_FIELDS: RangeInclusive<u32> = 16..=10_000;

/// As many as there may be connections.
pub(super) const MAX_UPGRADED: u32 = MAX_CONNECTIONS;

/// Messages are kept in memory.
pub(super) const MESSAGE_SIZE: RangeInclusive<u64> = 1024..=1 << 30;

/// Bodies are kept in memory.
pub(super) const BODY_SIZE: RangeInclusive<u64> = 1024..=1 << 30;

/// More than any client opens.
pub(super) const MAX_STREAMS: u32 = 1_000;

/// Room for some connections with a request of full size, and no more than a machine has.
pub(super) const MEMORY: RangeInclusive<u64> = 4 * 1024 * 1024..=1 << 40;
