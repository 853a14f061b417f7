//! Durations as people read them.

use std::time::Duration;

/// A duration in its two largest units, as in `1 h 3 min`, rounded down to seconds.
pub(crate) fn readable(duration: Duration) -> String {
    let mut rest = duration.as_secs();
    let mut parts = Vec::new();
    for (unit, secs) in [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)] {
        if rest >= secs && parts.len() < 2 {
            parts.push(format!("{} {unit}", rest / secs));
        } else if !parts.is_empty() {
            break;
        }
        rest %= secs;
    }
    if parts.is_empty() {
        return "less than 1 s".to_owned();
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_its_two_largest_units() {
        for (secs, expected) in [
            (0, "less than 1 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3_600, "1 h"),
            (3_660, "1 h 1 min"),
            (3_601, "1 h"),
            (90_061, "1 d 1 h"),
        ] {
            assert_eq!(readable(Duration::from_secs(secs)), expected, "{secs}");
        }
    }
}
