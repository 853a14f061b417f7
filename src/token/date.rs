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

    /// Reads the JSON of a value, which may be any.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        match json.parse() {
            Ok(seconds) => Self::new(Duration::from_secs(seconds)),
            Err(_) => Self::read(&serde_json::from_str(json).ok()?),
        }
    }

    pub(super) fn read(value: &Number) -> Option<Self> {
        Self::new(match value.as_u64() {
            Some(seconds) => Duration::from_secs(seconds),
            // Refuses a value that is negative, too large or not a number.
            None => Duration::try_from_secs_f64(value.as_f64()?).ok()?,
        })
    }

    fn new(since_epoch: Duration) -> Option<Self> {
        (since_epoch <= Duration::from_secs(Self::MAX_SECS)).then_some(Self(since_epoch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_number_of_seconds_in_any_notation_of_json() {
        let seconds = |json| NumericDate::parse(json).map(|it| it.since_epoch().as_secs_f64());
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("7", Some(7.0)),
            ("7.5", Some(7.5)),
            ("7e2", Some(700.0)),
            ("0", Some(0.0)),
            ("253402300799", Some(253_402_300_799.0)),
            ("253402300800", None),
            ("18446744073709551616", None),
            ("-1", None),
            ("\"7\"", None),
            ("null", None),
            ("[7]", None),
            ("", None),
        ];
        for (json, expected) in rows {
            assert_eq!(seconds(json), expected, "{json}");
        }
    }
}
