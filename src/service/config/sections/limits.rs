//! How far settings may go.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The least time that is a wait at all.
pub(super) const MOMENT: Duration = Duration::from_millis(1);

/// Beyond a year a duration is a slip, and the sum of two could leave the clock's range.
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// For waits that must not be nothing.
pub(super) const AT_LEAST_A_MOMENT: RangeInclusive<Duration> = MOMENT..=YEAR;

/// For waits that nothing switches off.
pub(super) const FROM_ZERO: RangeInclusive<Duration> = Duration::ZERO..=YEAR;

/// A clock further off than this wants mending, not leeway.
pub(super) const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// Keys that an issuer withdraws must go within the hour.
pub(super) const MAX_REFRESH: Duration = Duration::from_secs(60 * 60);

/// What a semaphore surely counts, and more than a machine has sockets for.
pub(super) const MAX_CONNECTIONS: u32 = 1_000_000;

/// Room for some tokens at least, and no more than a machine has.
pub(super) const CACHE_SIZE: RangeInclusive<u64> = 64 * 1024..=64 * 1024 * 1024 * 1024;

/// The least that hyper takes for a head, and more than a head can need.
pub(super) const HEAD_SIZE: RangeInclusive<u64> = 8 * 1024..=1 << 30;

/// The fields of a plain request, and more than one can need.
pub(super) const HEADER_FIELDS: RangeInclusive<u32> = 16..=10_000;

/// As many as there may be connections.
pub(super) const MAX_UPGRADED: u32 = MAX_CONNECTIONS;

/// Messages are held in memory.
pub(super) const MESSAGE_SIZE: RangeInclusive<u64> = 1024..=1 << 30;

/// Bodies are held in memory.
pub(super) const BODY_SIZE: RangeInclusive<u64> = 1024..=1 << 30;

/// More than any client opens.
pub(super) const MAX_STREAMS: u32 = 1_000;

/// Room for some connections with a request of full size, and no more than a machine has.
pub(super) const MEMORY: RangeInclusive<u64> = 4 * 1024 * 1024..=1 << 40;
