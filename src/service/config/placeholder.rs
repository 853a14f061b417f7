//! Values that were copied from a page of documentation and not filled in.

use figment::value::Value;

use super::problem::Fault;
use super::value;

/// A string that is not a placeholder.
pub(super) fn filled_in(value: &Value) -> Result<String, Fault> {
    let text = value::filled_text(value)?;
    refuse(&text)?;
    Ok(text)
}

/// Refuses a value with `{clientId}`, `${CLIENT_ID}` or `<client id>` in it.
pub(super) fn refuse(text: &str) -> Result<(), Fault> {
    let has = |opening: char, closing: char| {
        let name = text.split_once(opening).map(|(_, rest)| rest);
        let name = name.and_then(|rest| rest.split_once(closing));
        name.is_some_and(|(name, _)| is_name(name))
    };
    if has('{', '}') || has('<', '>') {
        return Err(fault());
    }
    Ok(())
}

/// Refuses a value that is nothing but a placeholder. A secret may have brackets in it.
pub(super) fn refuse_whole(text: &str) -> Result<(), Fault> {
    let text = text.strip_prefix('$').unwrap_or(text);
    let within = |opening: char, closing: char| {
        let name = text.strip_prefix(opening)?.strip_suffix(closing)?;
        is_name(name).then_some(())
    };
    match within('{', '}').or(within('<', '>')) {
        Some(()) => Err(fault()),
        None => Ok(()),
    }
}

fn fault() -> Fault {
    Fault::new("must be filled in: it is still a placeholder")
        .fix("write the value itself, which the issuer's console shows")
}

fn is_name(text: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || " _-.".contains(letter);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(is_part)
}
