//! The value of a setting after all layers, and the names of sources.

use figment::value::Value;

/// A value that won, and where it came from.
#[derive(Debug)]
pub(super) struct Won {
    pub(super) value: Value,
    pub(super) source: String,
}

/// How a variable is named as the source of a value.
pub(super) fn variable_source(name: &str) -> String {
    format!("{VARIABLE}{name}")
}

/// Whether a source is a variable.
pub(super) fn is_variable(source: &str) -> bool {
    source.starts_with(VARIABLE)
}

const VARIABLE: &str = "environment variable ";

/// How the built-in default is named as the source of a value.
pub(super) const BUILT_IN: &str = "built-in default";

/// How the application is named as the source of a value.
pub(super) const APPLICATION: &str = "application default";
