//! A string that is never shown.

use std::fmt;

use figment::value::Value;

use super::problem::{Fault, MASK};
use super::value;

/// A string that is never shown: not in a log, not in an error, not by the command `config`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(super) fn read(value: &Value) -> Result<Self, Fault> {
        value::filled_text(value).map(Self)
    }

    /// The string itself, to be sent to its recipient.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}
