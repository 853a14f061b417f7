//! One layer of a configuration: the values that one source sets.
//!
//! A key that is not a setting is reported with its source and dropped, so a layer contains
//! only settings.

use std::collections::BTreeMap;

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Provider};

use super::chosen;
use super::key::Key;
use super::problem::{ConfigProblem, Fault};
use super::settings;

/// The values that one source sets. Each of them belongs to a setting.
pub(super) struct Layer {
    source: String,
    values: Dict,
}

impl Layer {
    /// Takes the settings of `given`, and reports every key that is not a setting.
    pub(super) fn new(source: &str, given: &Dict, problems: &mut Vec<ConfigProblem>) -> Self {
        let mut leaves = BTreeMap::new();
        for section in SECTIONS_OF_NAMES {
            refuse_two_spellings(source, given, section, problems);
        }
        walk(given, &Key::root(), &mut |key, value| {
            if let Err(fault) = admit(source, &key) {
                problems.push(ConfigProblem::with_key(source, &key, fault));
            } else {
                leaves.insert(key, value.clone());
            }
        });
        let mut values = Dict::new();
        for (key, value) in leaves {
            insert(&mut values, key.segments(), value);
        }
        let source = source.to_owned();
        Self { source, values }
    }

    /// The value of one variable or flag. It is always a string, so `0123` stays unchanged.
    pub(super) fn single(
        source: &str,
        key: &Key,
        text: &str,
        problems: &mut Vec<ConfigProblem>,
    ) -> Self {
        let mut given = Dict::new();
        insert(&mut given, key.segments(), Value::from(text));
        Self::new(source, &given, problems)
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.clone())
    }

    fn data(&self) -> Result<Map<figment::Profile, Dict>, figment::Error> {
        Ok(figment::Profile::Default.collect(self.values.clone()))
    }
}

/// Visits every setting below `section`, and every key that is not a setting.
pub(super) fn walk(section: &Dict, at: &Key, visit: &mut impl FnMut(Key, &Value)) {
    for (name, value) in section {
        let key = at.join(name);
        match value {
            Value::Dict(_, inner) if !settings::is_setting(&key) => walk(inner, &key, visit),
            _ => visit(key, value),
        }
    }
}

/// Operation ids, and tags, that differ only in case are the same. If both set the same key, one of
/// the values would be dropped.
fn refuse_two_spellings(
    source: &str,
    given: &Dict,
    section: &str,
    problems: &mut Vec<ConfigProblem>,
) {
    let key = Key::dotted(section);
    let inner = key.segments().iter().try_fold(given, |section, name| {
        section.get(name).and_then(Value::as_dict)
    });
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for name in inner.into_iter().flat_map(Dict::keys) {
        if let Some(twin) = seen.insert(name.to_ascii_lowercase(), name) {
            let what = if section == TAGS { "tag" } else { "operation" };
            let fault = Fault::new(format!(
                "is written as {twin:?} and as {name:?}, which are one {what}"
            ));
            let fault = fault.fix("put its settings below one spelling");
            problems.push(ConfigProblem::with_key(source, &key.join(name), fault));
        }
    }
}

fn admit(source: &str, key: &Key) -> Result<(), Fault> {
    if settings::is_setting(key) || key.is_application() {
        return Ok(());
    }
    if settings::is_section(key) {
        return Err(Fault::new("is a section, not a setting").fix("set the keys in this section"));
    }
    let fault = Fault::new("is not a setting");
    let near = settings::nearest(key);
    let named = near.iter().map(|known| {
        if chosen::is_variable(source) {
            format!("{} (`{known}`)", known.variable())
        } else {
            format!("`{known}`")
        }
    });
    let named: Vec<_> = named.collect();
    Err(if named.is_empty() {
        fault.fix("remove it, or find its name in the list that `config --markdown` prints")
    } else {
        fault.fix(format!("did you mean {}?", named.join(" or ")))
    })
}

/// Sets the value at `path` below `section`.
pub(super) fn insert(section: &mut Dict, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => {
            section.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let inner = section
                .entry(first.clone())
                .or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// The sections whose keys are operation ids or tags.
const SECTIONS_OF_NAMES: [&str; 3] = ["access.operations", "operations", TAGS];
const TAGS: &str = "access.tags";
