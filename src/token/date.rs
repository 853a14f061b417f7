//! The times in claims.

use std::time::{Duration, SystemTime};

use serde_json::Number;

/// Seconds since 1970-01-01 UTC, with fractions, up to the end of year 9999 (RFC 7519 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumericDate(Duration);

impl NumericDate {
    /// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
    pub const MAX_SECS: u64 = 253_402_300_799;

    /// The time since 1970.
    pub fn since_epoch(self) -> Duration {
        self.0
    }

    /// The date as the system's type.
    pub fn to_system_time(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.0
    }

    pub(crate) fn read(value: &Number) -> Option<Self> {
        let since_epoch = match value.as_u64() {
            Some(seconds) => Duration::from_secs(seconds),
            // Refuses a value that is negative, too large or not a number.
            None => Duration::try_from_secs_f64(value.as_f64()?).ok()?,
        };
        (since_epoch <= Duration::from_secs(Self::MAX_SECS)).then_some(Self(since_epoch))
    }
}
