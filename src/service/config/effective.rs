//! The effective settings, each with its source, as a table for people.

use std::collections::BTreeMap;
use std::fmt;

use super::chosen::ChosenValue;
use super::fapi;
use super::key::Key;
use super::problem::{EMPTY, MASK};
use super::profile::Profile;
use super::settings;
use super::value;

/// Every effective setting. Its printed form is a table, and what the security profile requires besides.
///
/// A source that does not fit into a line of 80 columns is on the next line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EffectiveSettings {
    rows: Vec<EffectiveSetting>,
    /// What the security profile requires besides. It is printed below the table.
    requirements: Vec<String>,
}

/// One effective setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveSetting {
    /// The key, as in `http.listen`.
    pub key: String,
    /// The value in the form of TOML; a secret is masked.
    pub value: String,
    /// The file, variable or flag that sets it, or `built-in default` or
    /// `application default`.
    pub source: String,
}

impl EffectiveSettings {
    pub(super) fn new(
        profile: &Profile,
        profile_source: String,
        chosen: &BTreeMap<Key, ChosenValue>,
        application: &[EffectiveSetting],
    ) -> Self {
        let mut rows = vec![EffectiveSetting {
            key: "profile".to_owned(),
            value: format!("{:?}", profile.as_str()),
            source: profile_source,
        }];
        let order = |key: &Key| settings::all().iter().position(|it| it.key == *key);
        let mut keys: Vec<&Key> = chosen.keys().filter(|it| !it.is_application()).collect();
        // Keys with free segments are not in the list, so they come last.
        keys.sort_by_key(|key| order(key).unwrap_or(usize::MAX));
        rows.extend(keys.into_iter().map(|key| row(key, &chosen[key])));
        rows.extend_from_slice(application);
        Self {
            rows,
            requirements: fapi::requirements(chosen),
        }
    }

    /// The settings: the profile, the order of `config/default.toml`, then operations, then
    /// the application's own.
    pub fn rows(&self) -> &[EffectiveSetting] {
        &self.rows
    }
}

impl EffectiveSettings {
    /// The row of `key`, or else the first row of a key below it.
    pub(super) fn row(&self, key: &str) -> Option<&EffectiveSetting> {
        let is_below = |row: &&EffectiveSetting| {
            let rest = row.key.strip_prefix(key);
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        let mut rows = self.rows.iter();
        let exact = rows.clone().find(|row| row.key == key);
        exact.or_else(|| rows.find(is_below))
    }
}

impl fmt::Display for EffectiveSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.rows.iter().map(|row| row.key.chars().count()).max();
        let key_width = longest.unwrap_or_default().min(MAX_KEY_WIDTH);
        for EffectiveSetting { key, value, source } in &self.rows {
            let line = format!("{key:key_width$}  {value:VALUE_WIDTH$}");
            if line.chars().count() + 2 + source.chars().count() <= COLUMNS {
                writeln!(f, "{line}  {source}")?;
            } else {
                writeln!(f, "{}", line.trim_end())?;
                writeln!(f, "  from {source}")?;
            }
        }
        if !self.requirements.is_empty() {
            writeln!(
                f,
                "\n`profile_security` also requires, whatever the settings are:"
            )?;
        }
        for requirement in &self.requirements {
            writeln!(f, "- {requirement}")?;
        }
        Ok(())
    }
}

fn row(key: &Key, chosen: &ChosenValue) -> EffectiveSetting {
    let value = match value::printed(&chosen.value) {
        value if settings::is_secret(key) && value != EMPTY => MASK.to_owned(),
        value => value,
    };
    EffectiveSetting {
        key: key.to_string(),
        value,
        source: chosen.source.clone(),
    }
}

const COLUMNS: usize = 80;
const MAX_KEY_WIDTH: usize = 24;
const VALUE_WIDTH: usize = 24;
