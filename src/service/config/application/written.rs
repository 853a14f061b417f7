//! Writes the application's settings out again, to show those that no source sets.

use std::collections::BTreeMap;

use figment::value::{Dict, Value};
use serde::Serialize;

use super::deserializer::DURATION;
use crate::service::config::key::Key;
use crate::service::config::problem::MASK;
use crate::service::config::value;

/// The values of all settings by key, as TOML has them; a secret is masked.
///
/// Nothing for a type that has no form in TOML.
pub(super) fn written<S: Serialize>(settings: &S, root: &Key) -> BTreeMap<Key, String> {
    let mut leaves = BTreeMap::new();
    if let Ok(Value::Dict(_, table)) = Value::serialize(settings) {
        collect(&table, root, &mut leaves);
    }
    leaves
}

fn collect(table: &Dict, at: &Key, leaves: &mut BTreeMap<Key, String>) {
    for (name, value) in table {
        let key = at.join(name);
        match value {
            Value::Dict(_, inner) => match duration(inner) {
                Some(duration) => {
                    leaves.insert(key, duration);
                }
                None => collect(inner, &key, leaves),
            },
            Value::Empty(..) => {
                leaves.insert(key, "not set".to_owned());
            }
            value => {
                leaves.insert(key, shown(value));
            }
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) if text == MASK => MASK.to_owned(),
        value => value::printed(value),
    }
}

/// A [`Duration`](std::time::Duration), which serde writes as a table.
fn duration(table: &Dict) -> Option<String> {
    let part = |name| match table.get(name)? {
        Value::Num(_, number) => value::whole(*number),
        _ => None,
    };
    if table.len() != DURATION.len() {
        return None;
    }
    let secs = u64::try_from(part(DURATION[0])?).ok()?;
    let nanos = u32::try_from(part(DURATION[1])?).ok()?;
    let duration = std::time::Duration::new(secs, nanos);
    Some(format!("{:?}", value::show_duration(duration)))
}
