//! The value of a setting after all layers, and the names of sources.

use figment::value::Value;

/// The value of the last layer that sets a key, and its source.
#[derive(Debug)]
pub(super) struct ChosenValue {
    pub(super) value: Value,
    pub(super) source: String,
}

/// The name of a variable as the source of a value.
pub(super) fn variable_source(name: &str) -> String {
    format!("{VARIABLE}{name}")
}

/// Whether a source is a variable.
pub(super) fn is_variable(source: &str) -> bool {
    source.starts_with(VARIABLE)
}

const VARIABLE: &str = "environment variable ";

/// The name of the built-in default as the source of a value.
pub(super) const BUILT_IN: &str = "built-in default";

/// The name of the application as the source of a value.
pub(super) const APPLICATION: &str = "application default";
