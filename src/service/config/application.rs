//! The table `[app]` of the settings, which belongs to the application.
//!
//! It is read into the application's own type, and its problems are reported with those of
//! our settings, in the same form. Which of its keys are secrets follows from the type: the
//! fields of type [`Secret`](super::Secret).

mod deserializer;
mod fault;
mod parts;
mod reading;
mod table;
mod written;

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use figment::value::{Dict, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::chosen::{APPLICATION, ChosenValue};
use super::credentials;
use super::effective::EffectiveSetting;
use super::key::{self, Key};
use super::layer;
use super::problem::{ConfigProblem, Fault, MASK};
use super::profile::Profile;
use super::value;
use table::TableFault;

/// What the application brings to the settings: the type of its table `[app]`, and its
/// default for `access.anonymous`.
///
/// The default is an application that has neither.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ApplicationSettings {
    read: Option<fn(&Dict) -> ReadTable>,
    anonymous: Vec<String>,
}

/// The application's effective settings.
#[derive(Clone)]
pub(super) struct ApplicationTable {
    value: Arc<dyn Any + Send + Sync>,
    rows: Vec<EffectiveSetting>,
}

/// The table after it was read into the application's type.
struct ReadTable {
    value: Option<Arc<dyn Any + Send + Sync>>,
    faults: BTreeMap<Key, TableFault>,
    secrets: BTreeSet<Key>,
    written: BTreeMap<Key, String>,
}

impl ApplicationSettings {
    /// An application whose table `[app]` is read into `S`.
    ///
    /// The type is read as TOML is, and values from the environment are read as the form
    /// that the type asks for. A field of type [`Secret`](super::Secret) is never shown and
    /// may come from a file, and a [`Duration`](std::time::Duration) is written as in
    /// `"30s"`. A key that no field takes is an error, except where the type collects keys
    /// itself (`#[serde(flatten)]`). Name fields in lower case, because variables are
    /// matched without regard to case.
    ///
    /// The type is written out to show the settings that no source sets. Do not keep a
    /// secret in a `String`, because that would be shown.
    ///
    /// Where serde collects values before it reads them (`#[serde(flatten)]`, tagged and
    /// untagged enums), a number must be a number, which a variable cannot be, and a fault
    /// names the whole table.
    pub fn for_type<S>() -> Self
    where
        S: DeserializeOwned + Serialize + Send + Sync + 'static,
    {
        Self {
            read: Some(read_table::<S>),
            anonymous: Vec::new(),
        }
    }

    /// The default of the setting `access.anonymous`.
    #[must_use]
    pub fn with_anonymous(mut self, operations: Vec<String>) -> Self {
        self.anonymous = operations;
        self
    }

    /// The defaults that the application gives to our settings.
    pub(super) fn defaults(&self) -> Dict {
        if self.anonymous.is_empty() {
            return Dict::new();
        }
        let anonymous = Value::from(self.anonymous.clone());
        let access = Dict::from([("anonymous".to_owned(), anonymous)]);
        Dict::from([("access".to_owned(), Value::from(access))])
    }

    /// Reads the table, and adds what is wrong with it to `problems`.
    pub(super) fn read(
        &self,
        chosen: &BTreeMap<Key, ChosenValue>,
        profile: &Profile,
        problems: &mut Vec<ConfigProblem>,
    ) -> ApplicationTable {
        let set: BTreeMap<&Key, &ChosenValue> = chosen
            .iter()
            .filter(|(it, _)| it.is_application())
            .collect();
        let mut given = Dict::new();
        for (key, chosen) in &set {
            layer::insert(&mut given, &key.segments()[1..], chosen.value.clone());
        }
        let Some(read) = self.read else {
            for (key, chosen) in set {
                let fault = Fault::new("is not a setting")
                    .fix("remove it, because this application has no own settings");
                problems.push(ConfigProblem::with_key(&chosen.source, key, fault));
            }
            return ApplicationTable::none();
        };
        let table = read(&given);
        for (key, found) in &table.faults {
            problems.push(problem(key, found, &set, &table.secrets, profile));
        }
        ApplicationTable {
            rows: rows(&set, &table),
            value: table.value.unwrap_or_else(|| Arc::new(())),
        }
    }
}

impl ApplicationTable {
    pub(super) fn none() -> Self {
        Self {
            value: Arc::new(()),
            rows: Vec::new(),
        }
    }

    pub(super) fn rows(&self) -> &[EffectiveSetting] {
        &self.rows
    }

    /// The settings, if they are of this type.
    pub(super) fn value<S: Send + Sync + 'static>(&self) -> Option<Arc<S>> {
        self.value.clone().downcast().ok()
    }
}

impl fmt::Debug for ApplicationTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApplicationTable").finish_non_exhaustive()
    }
}

fn read_table<S>(given: &Dict) -> ReadTable
where
    S: DeserializeOwned + Serialize + Send + Sync + 'static,
{
    let root = Key::dotted(key::APPLICATION);
    let outcome = table::read::<S>(given, &root);
    let written = outcome.value.as_ref();
    let written = written.map_or_else(BTreeMap::new, |it| written::written(it, &root));
    let mut secrets = outcome.secrets;
    let masked = written.iter().filter(|(_, value)| value.contains(MASK));
    secrets.extend(masked.map(|(key, _)| key.clone()));
    ReadTable {
        value: outcome.value.map(|it| Arc::new(it) as Arc<_>),
        faults: outcome.faults,
        secrets,
        written,
    }
}

fn problem(
    key: &Key,
    found: &TableFault,
    set: &BTreeMap<&Key, &ChosenValue>,
    secrets: &BTreeSet<Key>,
    profile: &Profile,
) -> ConfigProblem {
    let chosen = nearest(key, set);
    let source = chosen.map_or(APPLICATION, |(_, chosen)| chosen.source.as_str());
    match found {
        TableFault::Unknown(fault) => ConfigProblem::with_key(source, key, fault.clone()),
        TableFault::Missing => ConfigProblem::with_key(APPLICATION, key, missing(key, profile)),
        TableFault::Value(fault) => {
            let fault = fault.clone();
            let fault = fault.or_fix("write a value that fits");
            let fault = match chosen {
                Some((set, _)) if !key.is_within(set) => fault.found_as("a table"),
                Some((set, chosen)) => {
                    let fault = value::found_in(fault, part(&chosen.value, set, key));
                    if is_hidden(set, chosen, secrets) {
                        fault.masked()
                    } else {
                        fault
                    }
                }
                None => fault,
            };
            ConfigProblem::with_key(source, key, fault)
        }
    }
}

fn missing(key: &Key, profile: &Profile) -> Fault {
    let segments = key.segments();
    let (name, section) = segments.split_last().unwrap_or((&segments[0], segments));
    let file = format!(
        "`{name}` under [{}] in config/{profile}.toml",
        section.join(".")
    );
    Fault::new("must be set").fix(if key.has_variable() {
        format!("set {}, or {file}", key.variable())
    } else {
        format!("set {file}")
    })
}

/// The value that was set for the key, or else for what it is in, or else within it.
fn nearest<'a>(
    key: &Key,
    set: &BTreeMap<&'a Key, &'a ChosenValue>,
) -> Option<(&'a Key, &'a ChosenValue)> {
    let around = |(it, _): &(&&Key, &&ChosenValue)| key.is_within(it);
    let within = |(it, _): &(&&Key, &&ChosenValue)| it.is_within(key);
    let found = set.iter().find(around).or_else(|| set.iter().find(within));
    found.map(|(key, chosen)| (*key, *chosen))
}

/// The part of a value that `key` names, or the smallest around it.
fn part<'a>(value: &'a Value, at: &Key, key: &Key) -> &'a Value {
    let mut value = value;
    for segment in &key.segments()[at.segments().len()..] {
        let inner = match value {
            Value::Array(_, items) => segment.parse().ok().and_then(|it: usize| items.get(it)),
            Value::Dict(_, entries) => entries.get(segment),
            _ => None,
        };
        match inner {
            Some(inner) => value = inner,
            None => return value,
        }
    }
    value
}

fn rows(set: &BTreeMap<&Key, &ChosenValue>, table: &ReadTable) -> Vec<EffectiveSetting> {
    let mut rows = BTreeMap::new();
    for (key, value) in &table.written {
        rows.insert(key, (value.clone(), APPLICATION));
    }
    for (key, chosen) in set {
        rows.retain(|written, _| !written.is_within(key) && !key.is_within(written));
        let value = if is_hidden(key, chosen, &table.secrets) {
            MASK.to_owned()
        } else {
            value::printed(&chosen.value)
        };
        rows.insert(key, (value, chosen.source.as_str()));
    }
    let row = |(key, (value, source)): (&Key, (String, &str))| EffectiveSetting {
        key: key.to_string(),
        value,
        source: source.to_owned(),
    };
    rows.into_iter().map(row).collect()
}

fn is_hidden(key: &Key, chosen: &ChosenValue, secrets: &BTreeSet<Key>) -> bool {
    credentials::is_source(&chosen.source) || is_secret(key, secrets)
}

/// Whether the value of the key contains a secret, or is part of one.
fn is_secret(key: &Key, secrets: &BTreeSet<Key>) -> bool {
    let related = |it: &Key| it.is_within(key) || key.is_within(it);
    secrets.iter().any(related)
}

#[cfg(test)]
mod tests;
