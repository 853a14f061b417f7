//! The values that a reload cannot change. A reload compares its own values with them.

use std::collections::BTreeMap;
use std::fmt;

/// The effective values of the settings that are marked `restart`, by key.
///
/// Some of them are secrets, so the values are never shown.
#[derive(Clone, Default)]
pub(in crate::service) struct RestartValues(BTreeMap<String, String>);

impl RestartValues {
    /// Adds a value: a secret as it was written, any other value as it was parsed, so that
    /// `60s` and `1m` are equal.
    pub(super) fn insert(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    /// The keys whose values differ from those of `new`, in alphabetical order.
    pub(in crate::service) fn changed(&self, new: &Self) -> Vec<String> {
        let differs =
            |(key, value): (&String, &String)| (new.0.get(key) != Some(value)).then(|| key.clone());
        self.0.iter().filter_map(differs).collect()
    }
}

impl fmt::Debug for RestartValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
