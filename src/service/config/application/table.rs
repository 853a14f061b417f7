//! Reads the application's table into its type, and finds every fault in it.
//!
//! serde stops at the first fault. So a placeholder replaces the faulty value, and the table
//! is read again:
//!
//! 1. A fault is kept unless a placeholder causes it.
//! 2. A placeholder replaces its value. A key that no field takes is removed.
//! 3. A placeholder that the type refuses is removed too. If that does not help, the reading
//!    ends.

use std::collections::{BTreeMap, BTreeSet};

use figment::value::{Dict, Empty, Tag, Value};
use serde::de::DeserializeOwned;

use super::fault::{Cause, ReadFault, one_of};
use super::reading::{AppReading, Notes};
use crate::service::config::key::Key;
use crate::service::config::problem::Fault;

/// The result of a reading.
pub(super) struct TableReading<S> {
    /// The value, unless there are faults.
    pub(super) value: Option<S>,
    pub(super) faults: BTreeMap<Key, TableFault>,
    pub(super) secrets: BTreeSet<Key>,
}

/// A fault of the table.
#[derive(Debug, PartialEq)]
pub(super) enum TableFault {
    /// A value that the type does not accept.
    Value(Fault),
    /// A value that is required.
    Missing,
    /// A key that the type does not have.
    Unknown(Fault),
}

/// Reads `table`, the value of the key `root`.
pub(super) fn read<S: DeserializeOwned>(table: &Dict, root: &Key) -> TableReading<S> {
    let notes = Notes::default();
    let mut reader = TableReader {
        tree: Value::from(table.clone()),
        root: root.clone(),
        placed: BTreeSet::new(),
        removed: BTreeSet::new(),
        faults: BTreeMap::new(),
    };
    let mut value = None;
    for _ in 0..MAX_READINGS {
        match S::deserialize(AppReading::new(reader.tree.clone(), root.clone(), &notes)) {
            Ok(read) => {
                value = Some(read);
                break;
            }
            Err(fault) => {
                if !reader.replace_faulty_value(fault) {
                    break;
                }
            }
        }
    }
    let mut faults = reader.faults;
    for (key, known) in notes.unknown.into_inner() {
        let fault = unknown(&key, known);
        faults.entry(key).or_insert(TableFault::Unknown(fault));
    }
    TableReading {
        value: value.filter(|_| faults.is_empty()),
        faults,
        secrets: notes.secrets.into_inner(),
    }
}

struct TableReader {
    tree: Value,
    root: Key,
    /// Where placeholders are.
    placed: BTreeSet<Key>,
    /// Which of them the type refused.
    removed: BTreeSet<Key>,
    faults: BTreeMap<Key, TableFault>,
}

impl TableReader {
    /// Keeps the fault and replaces its value. Returns whether another reading can help.
    fn replace_faulty_value(&mut self, fault: ReadFault) -> bool {
        let at = fault.at.unwrap_or_else(|| self.root.clone());
        let (key, found) = match fault.cause {
            Cause::Missing(field) => (at.join(field), TableFault::Missing),
            Cause::Unknown(field, known) => {
                let key = at.join(&field);
                let fault = unknown(&key, known);
                (key, TableFault::Unknown(fault))
            }
            cause => (at, TableFault::Value(cause.into_fault())),
        };
        let placeholder = self.placed.iter().find(|placed| key.is_within(placed));
        if let Some(placeholder) = placeholder.cloned() {
            self.change(&placeholder, None);
            return self.removed.insert(placeholder);
        }
        // A type that checks its whole table may refuse a placeholder in it.
        let is_doubtful = matches!(found, TableFault::Value(_))
            && self.placed.iter().any(|placed| placed.is_within(&key));
        let is_unknown = matches!(found, TableFault::Unknown(_));
        if !is_doubtful {
            self.faults.insert(key.clone(), found);
        }
        if is_unknown {
            self.change(&key, None);
        } else {
            self.change(&key, Some(Value::Empty(Tag::Default, Empty::Unit)));
            self.placed.insert(key);
        }
        true
    }

    fn change(&mut self, key: &Key, value: Option<Value>) {
        let path = &key.segments()[self.root.segments().len()..];
        change(&mut self.tree, path, value);
    }
}

/// Puts a value into the tree, or removes one.
fn change(tree: &mut Value, path: &[String], value: Option<Value>) {
    let Some((first, rest)) = path.split_first() else {
        *tree = value.unwrap_or(Value::Empty(Tag::Default, Empty::Unit));
        return;
    };
    match tree {
        Value::Dict(_, entries) if rest.is_empty() => {
            match value {
                Some(value) => entries.insert(first.clone(), value),
                None => entries.remove(first),
            };
        }
        Value::Dict(_, entries) if entries.contains_key(first) => {
            if let Some(inner) = entries.get_mut(first) {
                change(inner, rest, value);
            }
        }
        Value::Array(_, items) => {
            let position = first.parse().unwrap_or(usize::MAX);
            if let Some(item) = items.get_mut(position) {
                change(item, rest, value);
            }
        }
        // An item of a list that is written as a string: the whole list is replaced.
        _ => *tree = Value::Empty(Tag::Default, Empty::Unit),
    }
}

fn unknown(key: &Key, known: &[&str]) -> Fault {
    let fault = Fault::new("is not a setting");
    let name = key.segments().last().map_or("", String::as_str);
    let near = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= MAX_DISTANCE && *distance < known.len())
        .min_by_key(|(distance, _)| *distance);
    match near {
        Some((_, known)) => fault.fix(format!("did you mean `{}`?", key.sibling(known))),
        None if known.is_empty() => fault.fix("remove it"),
        None => fault.fix(format!("remove it, or use {}", one_of(known))),
    }
}

// Each reading finds one fault, and an operator does not read more of them.
const MAX_READINGS: usize = 64;

// Three typing errors, as for our own settings.
const MAX_DISTANCE: usize = 3;
