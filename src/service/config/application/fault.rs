//! Why the application's type does not accept a value, and where.
//!
//! serde reports errors by calls of [`serde::de::Error`]. The arguments of each call are kept,
//! so that the message has the form of every other problem with a setting. The values in
//! serde's own messages are dropped, because they may be secrets.

use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::service::config::key::Key;
use crate::service::config::problem::Fault;

/// One thing that the application's type refused.
#[derive(Debug)]
pub(super) struct ReadFault {
    /// The key at which it was refused; `None` until a deserializer has added its own.
    pub(super) at: Option<Key>,
    pub(super) cause: Cause,
}

/// What the application's type refused.
#[derive(Debug)]
pub(super) enum Cause {
    /// The value has the wrong form.
    Type(String),
    /// The form is right, but the value is not.
    Invalid(String),
    /// A field that is required has no value.
    Missing(&'static str),
    /// A field that the type does not have, and those that it has.
    Unknown(String, &'static [&'static str]),
    /// A variant that the type does not have; these are the ones it has.
    Variant(&'static [&'static str]),
    /// The message of the type itself.
    Words(String),
    /// The fault that our own reader found.
    Form(Fault),
}

impl ReadFault {
    /// Adds the key at which it was found, unless a more exact one is known.
    pub(super) fn at(mut self, key: &Key) -> Self {
        self.at.get_or_insert_with(|| key.clone());
        self
    }
}

impl Cause {
    /// The fault, in the words of every other problem.
    pub(super) fn into_fault(self) -> Fault {
        match self {
            Self::Type(expected) => Fault::new(format!("must be {}", in_our_words(&expected))),
            Self::Invalid(expected) => Fault::new(format!(
                "is not valid (expected {})",
                in_our_words(&expected)
            )),
            Self::Missing(_) => Fault::new("must be set"),
            Self::Unknown(..) => Fault::new("is not a setting"),
            Self::Variant(known) => Fault::new(format!("must be {}", one_of(known))),
            Self::Words(words) => Fault::new(sentence(words)),
            Self::Form(fault) => fault,
        }
    }
}

impl From<Cause> for ReadFault {
    fn from(cause: Cause) -> Self {
        Self { at: None, cause }
    }
}

impl From<Fault> for ReadFault {
    fn from(fault: Fault) -> Self {
        Cause::Form(fault).into()
    }
}

impl serde::de::Error for ReadFault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Cause::Words(message.to_string()).into()
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Cause::Type(expected.to_string()).into()
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Cause::Invalid(expected.to_string()).into()
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Cause::Type(expected.to_string()).into()
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Cause::Variant(expected).into()
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Cause::Unknown(field.to_owned(), expected).into()
    }

    fn missing_field(field: &'static str) -> Self {
        Cause::Missing(field).into()
    }
}

impl std::error::Error for ReadFault {}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.cause)
    }
}

/// "one of `a`, `b`", or the only name there is.
pub(super) fn one_of(names: &[&str]) -> String {
    match names {
        [name] => format!("`{name}`"),
        names => format!("one of `{}`", names.join("`, `")),
    }
}

/// serde prints the names of Rust's types, but an operator writes TOML.
fn in_our_words(expected: &str) -> String {
    let words = match expected.split(' ').next() {
        Some("struct") => "a table",
        Some("tuple") => "a list",
        _ if expected == "a map" => "a table",
        _ if is_integer(expected) => "a whole number",
        _ if expected.starts_with("a nonzero ") => "a whole number other than 0",
        _ if expected == "a sequence" => "a list",
        _ => expected,
    };
    words.to_owned()
}

fn is_integer(expected: &str) -> bool {
    let width = expected.strip_prefix(['u', 'i']);
    width.is_some_and(|width| matches!(width, "8" | "16" | "32" | "64" | "128" | "size"))
}

/// The message of a type follows the key, so it needs a verb.
fn sentence(words: String) -> String {
    let has_verb = ["must ", "is ", "has ", "cannot ", "needs "];
    if has_verb.iter().any(|verb| words.starts_with(verb)) {
        return words;
    }
    format!("is not valid: {words}")
}
