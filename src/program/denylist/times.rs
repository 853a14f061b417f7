//! The times of a denial, as operators write and read them.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use crate::program::failure::Failure;
use crate::service::config::parse_duration;

/// Seconds since 1970, as in RFC 3339.
pub(super) fn time_text(seconds: &Value) -> String {
    let time = seconds
        .as_i64()
        .and_then(|it| DateTime::from_timestamp(it, 0));
    time.map_or_else(
        || seconds.to_string(),
        |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

/// A time in the form of RFC 3339, or in seconds since 1970.
pub(super) fn time(flag: &'static str, text: &str) -> Result<u64, Failure> {
    let written = || {
        let time = DateTime::parse_from_rfc3339(text).ok()?;
        time.timestamp().try_into().ok()
    };
    let time = text.parse().ok().or_else(written);
    time.ok_or_else(|| Failure::Flag {
        flag,
        expected: "a time",
        value: text.to_owned(),
        example: "2026-01-31T12:00:00Z",
    })
}

/// A whole number and a unit.
pub(super) fn duration(text: &str) -> Result<Duration, Failure> {
    parse_duration(text).ok_or_else(|| Failure::Flag {
        flag: "--for",
        expected: "a whole number and a unit (s, m or h)",
        value: text.to_owned(),
        example: "24h",
    })
}
