//! The forms of a value: string, number, list, duration and size.
//!
//! Variables and flags are always strings, so every form can be read from a string.

use std::ops::RangeInclusive;
use std::time::Duration;

use figment::value::{Num, Value};
use url::{Host, Url};

use super::problem::Fault;
use crate::token::{Scope, ScopeToken};

/// A string, unchanged.
pub(super) fn text(value: &Value) -> Result<String, Fault> {
    match value {
        Value::String(_, text) => Ok(text.clone()),
        _ => Err(Fault::new("must be a string").fix("put the value in quotes")),
    }
}

/// A string that is not empty and has no control characters.
pub(super) fn filled_text(value: &Value) -> Result<String, Fault> {
    let text = text(value)?;
    if text.is_empty() {
        return Err(Fault::new("must not be empty").fix("write a value, or leave the key out"));
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::new("must not contain control characters").fix("remove them"));
    }
    Ok(text)
}

/// A list: an array of strings, or one string that is split at any of `separators`.
pub(super) fn list(value: &Value, separators: &[char]) -> Result<Vec<String>, Fault> {
    match value {
        Value::String(_, text) => Ok(text
            .split(separators)
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()),
        Value::Array(_, items) => each(items, |item| {
            text(item).map_err(|fault| found_in(fault, item))
        }),
        _ => Err(Fault::new("must be a list of strings").fix("write it as [\"one\", \"two\"]")),
    }
}

/// Reads each item of a list, and reports every one that does not fit.
pub(super) fn each<T, U>(
    items: impl IntoIterator<Item = T>,
    read: impl FnMut(T) -> Result<U, Fault>,
) -> Result<Vec<U>, Fault> {
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for read in items.into_iter().map(read) {
        match read {
            Ok(value) => values.push(value),
            Err(fault) => faults.push(fault),
        }
    }
    match Fault::all(faults) {
        Some(fault) => Err(fault),
        None => Ok(values),
    }
}

/// Scopes. One string is split at spaces and commas.
pub(super) fn scope(value: &Value) -> Result<Scope, Fault> {
    let scopes = list(value, &[' ', ','])?;
    let parse = |text: &String| {
        ScopeToken::parse(text).map_err(|_| {
            Fault::new("must list scopes")
                .found(text)
                .fix("write each in printable ASCII without spaces, quotes and backslashes")
        })
    };
    Ok(each(&scopes, parse)?.into_iter().collect())
}

/// A whole number within `range`.
pub(super) fn number(value: &Value, range: RangeInclusive<u32>) -> Result<u32, Fault> {
    let range = i128::from(*range.start())..=i128::from(*range.end());
    let number = whole_number(value, &range)?;
    Ok(u32::try_from(number).expect("a number of the range"))
}

/// A whole number within a wide `range`.
pub(super) fn whole_number(value: &Value, range: &RangeInclusive<i128>) -> Result<i128, Fault> {
    let number = match value {
        Value::String(_, text) => text.parse().ok(),
        Value::Num(_, number) => whole(*number),
        _ => None,
    };
    number.filter(|it| range.contains(it)).ok_or_else(|| {
        let (least, most) = (range.start(), range.end());
        Fault::new(format!("must be a whole number from {least} to {most}"))
            .fix("write such a number, without a unit")
    })
}

/// The number, if it has no decimal places and fits.
pub(super) fn whole(number: Num) -> Option<i128> {
    let unsigned = || number.to_u128().and_then(|it| i128::try_from(it).ok());
    number.to_i128().or_else(unsigned)
}

/// A number, which may have decimal places.
pub(super) fn float(value: &Value) -> Result<f64, Fault> {
    // As a string, so that whole numbers need no cast.
    let number = printed(value).trim_matches('"').parse().ok();
    number
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| Fault::new("must be a number").fix("write it as in \"0.1\""))
}

/// A duration within `range`: a whole number and one of `ms`, `s`, `m`, `h`.
pub(super) fn duration(value: &Value, range: &RangeInclusive<Duration>) -> Result<Duration, Fault> {
    let duration = value.as_str().and_then(parse_duration).ok_or_else(|| {
        Fault::new("must be a duration")
            .fix("write a whole number and a unit, as in \"250ms\", \"30s\", \"5m\" or \"1h\"")
    })?;
    let (least, most) = (*range.start(), *range.end());
    if duration < least {
        let least = show_duration(least);
        return Err(Fault::new("is too short").fix(format!("write \"{least}\" or more")));
    }
    if duration > most {
        let most = show_duration(most);
        return Err(Fault::new("is too long").fix(format!("write \"{most}\" or less")));
    }
    Ok(duration)
}

/// Adds to `fault` what was found.
pub(super) fn found_in(fault: Fault, value: &Value) -> Fault {
    match value {
        Value::String(_, text) => fault.found(text),
        _ => fault.found_as(printed(value)),
    }
}

/// The value as TOML has it.
pub(super) fn printed(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, flag) => flag.to_string(),
        // Before it becomes longer than it was written.
        Value::Num(_, Num::F32(number)) => number.to_string(),
        Value::Num(_, number) => match (whole(*number), number.to_f64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(broken)) => broken.to_string(),
            (None, None) => "a number".to_owned(),
        },
        Value::Array(_, items) => {
            let items: Vec<String> = items.iter().map(printed).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Char(..) | Value::Empty(..) | Value::Dict(..) => "a table".to_owned(),
    }
}

/// A whole number and one of `ms`, `s`, `m`, `h`.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let unit_millis = UNITS.iter().find(|(name, _)| *name == unit)?.1;
    let millis = digits.parse::<u64>().ok()?.checked_mul(unit_millis)?;
    Some(Duration::from_millis(millis))
}

/// The duration in the largest unit that fits.
pub(super) fn show_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let (unit, unit_millis) = UNITS
        .iter()
        .find(|(_, unit_millis)| {
            millis >= u128::from(*unit_millis) && millis.is_multiple_of(u128::from(*unit_millis))
        })
        .unwrap_or(&("s", 1000));
    format!("{}{unit}", millis / u128::from(*unit_millis))
}

// The longest first, for showing.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// An http or https URL without user name, query and fragment.
pub(super) fn web_url(value: &Value, example: &str) -> Result<Url, Fault> {
    let text = text(value)?;
    let url = Url::parse(&text).ok();
    let url = url
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .filter(|_| text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\'))
        .ok_or_else(|| Fault::new("must be an http or https URL").fix(example))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Fault::new("must have neither query nor fragment").fix(example));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Fault::new("must not contain a user name or a password").fix(example));
    }
    Ok(url)
}

/// A number from 0 to 1.
pub(super) fn ratio(value: &Value) -> Result<f64, Fault> {
    let number = float(value).ok();
    number
        .filter(|number: &f64| (0.0..=1.0).contains(number))
        .ok_or_else(|| Fault::new("must be a number from 0 to 1").fix("write it as in \"0.1\""))
}

/// `true` or `false`.
pub(super) fn boolean(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(_, boolean) => Ok(*boolean),
        Value::String(_, text) if text == "true" => Ok(true),
        Value::String(_, text) if text == "false" => Ok(false),
        _ => Err(Fault::new("must be true or false").fix("write true or false")),
    }
}

/// A number of bytes within `range`: a whole number and one of `KiB`, `MiB`, `GiB`.
pub(super) fn size(value: &Value, range: &RangeInclusive<u64>) -> Result<u64, Fault> {
    const UNITS: [(&str, u64); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
    let text = value.as_str().unwrap_or_default();
    let bytes = UNITS.iter().find_map(|(unit, bytes)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*bytes)
    });
    bytes.filter(|bytes| range.contains(bytes)).ok_or_else(|| {
        let least = range.start() >> 10;
        let most = range.end() >> 30;
        Fault::new(format!("must be a size from {least}KiB to {most}GiB"))
            .fix("write a whole number and KiB, MiB or GiB, as in \"32MiB\"")
    })
}

/// A number of bytes within `range` that this machine can address.
pub(super) fn bytes(value: &Value, range: &RangeInclusive<u64>) -> Result<usize, Fault> {
    let size = size(value, range)?;
    usize::try_from(size).map_err(|_| {
        Fault::new("is larger than this machine can address").fix("write a smaller size")
    })
}

/// Hosts alone, without scheme, port or path; in lower case.
pub(super) fn hosts(value: &Value) -> Result<Vec<String>, Fault> {
    let hosts = list(value, &[','])?;
    each(&hosts, |text| host(text))
}

fn host(text: &str) -> Result<String, Fault> {
    let fault = || {
        Fault::new("must list hosts")
            .found(text)
            .fix("write the host alone, as in \"keys.example.com\", without scheme, port or path")
    };
    // The parser maps what it can onto a host; only what it leaves alone was one.
    let host = Host::parse(text).map_err(|_| fault())?.to_string();
    if !host.eq_ignore_ascii_case(text) {
        return Err(fault());
    }
    Ok(host)
}
