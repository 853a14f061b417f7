//! The operation for which requirements are collected.

use poem_openapi::registry::MetaOperation;

/// An operation as requirements select it.
pub(super) struct Target<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a str,
    pub(super) operation: &'a MetaOperation,
    /// Whether the requirement of all operations applies.
    pub(super) is_one_of_all: bool,
}

/// The names in one string, separated by commas.
pub(super) fn joined<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let mut all = String::new();
    for name in names {
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(name.as_ref());
    }
    all
}
