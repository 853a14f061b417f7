//! The value of a setting after all layers, and how sources are named.

use figment::value::Value;

/// A value that won, and where it came from.
#[derive(Debug)]
pub(super) struct Won {
    pub(super) value: Value,
    pub(super) source: String,
}

/// How the built-in default is named as the source of a value.
pub(super) const BUILT_IN: &str = "built-in default";

/// How the application is named as the source of a value.
pub(super) const APPLICATION: &str = "application default";
