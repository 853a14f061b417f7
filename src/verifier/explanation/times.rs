//! Times as people read them: the distance from now, and the date in UTC.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

/// The distance and the date, as in "1 h 3 min ago, at 2026-11-21 16:57:12 UTC".
pub(super) fn distance(time: SystemTime, now: SystemTime) -> String {
    let date = DateTime::<Utc>::from(time).format("%Y-%m-%d %H:%M:%S UTC");
    match now.duration_since(time) {
        Ok(ago) => format!("{} ago, at {date}", duration(ago)),
        Err(ahead) => format!("in {}, at {date}", duration(ahead.duration())),
    }
}

/// A duration in its two largest units, as in "1 h 3 min". Rounded to whole seconds.
pub(super) fn duration(duration: Duration) -> String {
    const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let seconds = (duration + Duration::from_millis(500)).as_secs();
    let mut left = seconds;
    let parts = UNITS.map(|(unit, length)| {
        let count = left / length;
        left %= length;
        (count, unit)
    });
    let first = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = parts[first..].iter().take(2);
    let shown = shown.filter(|(count, unit)| *count > 0 || (first == 3 && *unit == "s"));
    let shown: Vec<_> = shown
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_shown_in_its_two_largest_units() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3_600, "1 h"),
            (3_780, "1 h 3 min"),
            (3_601, "1 h"),
            (90_000, "1 d 1 h"),
            (2_678_400, "31 d"),
        ] {
            assert_eq!(duration(Duration::from_secs(seconds)), text, "{seconds}");
        }
    }

    #[test]
    fn a_time_is_shown_by_its_distance_and_its_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_280_232);
        let hour = Duration::from_secs(3_780);

        let past = distance(now - hour, now);
        let future = distance(now + hour, now);

        assert_eq!(past, "1 h 3 min ago, at 2026-11-21 15:54:12 UTC");
        assert_eq!(future, "in 1 h 3 min, at 2026-11-21 18:00:12 UTC");
    }
}
