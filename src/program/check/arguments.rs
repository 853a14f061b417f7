//! Reads arguments of `check`, and reports those that have no effect.

use std::collections::BTreeSet;

use url::Url;

use crate::check::{Check, Target};

use crate::program::command_line::CheckOptions;
use crate::program::failure::Failure;

/// The values of `--param`, once it is clear that each of them, and each `--skip`, has an effect.
pub(super) fn values(
    options: &CheckOptions,
    target: &Target,
) -> Result<Vec<(String, String)>, Failure> {
    let unknown = |flag, value: &str, known: BTreeSet<String>| {
        let known: Vec<_> = known.into_iter().take(MAX_SHOWN_NAMES).collect();
        Failure::UnknownName {
            flag,
            value: shown(value),
            known: match known.len() {
                0 => "none".to_owned(),
                _ => known.join(", "),
            },
        }
    };
    let operations = Check::operation_names(target);
    if let Some(skipped) = options.skip.iter().find(|it| !operations.contains(*it)) {
        return Err(unknown("--skip", skipped, operations));
    }
    let parameters = Check::parameter_names(target);
    let values: Vec<_> = (options.param.iter())
        .map(|text| named("--param", "tenant=acme", text))
        .collect::<Result<_, _>>()?;
    match values.iter().find(|(name, _)| !parameters.contains(name)) {
        Some((name, _)) => Err(unknown("--param", name, parameters)),
        None => Ok(values),
    }
}

/// Whether bound tokens are requested: the user says so, or the document has an operation that
/// accepts no others.
pub(super) fn wants_bound_tokens(options: &CheckOptions, target: &Target) -> bool {
    options.dpop.is_wanted() || Check::requires_bound_tokens(target)
}

/// A name and a value with `=` between them.
pub(super) fn named(
    flag: &'static str,
    example: &'static str,
    text: &str,
) -> Result<(String, String), Failure> {
    let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let parts = parts.map(|(name, value)| (name.to_owned(), value.to_owned()));
    parts.ok_or_else(|| Failure::Flag {
        flag,
        expected: "a name and a value",
        value: shown(text),
        example,
    })
}

pub(super) fn url(flag: &'static str, text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| Failure::Url {
        flag,
        value: shown(text),
    })
}

/// An argument as an error message shows it.
pub(super) fn shown(text: &str) -> String {
    let letters = text.chars().filter(|letter| !letter.is_control());
    letters.take(200).collect()
}

/// The maximum number of names that an error message lists.
const MAX_SHOWN_NAMES: usize = 20;
