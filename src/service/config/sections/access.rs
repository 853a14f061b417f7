//! `[access]`: which operations are protected, and what they require beyond the code.

use std::collections::BTreeMap;

use figment::value::Value;

use crate::guard::{AccessMode, OperationAccess};
use crate::service::config::key::Key;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The rule for every operation.
#[derive(Debug, Clone)]
pub struct AccessConfig {
    /// Which operations are protected.
    pub mode: AccessMode,
    /// The operation ids that need no token in [`AccessMode::All`], as given. Match them
    /// without regard to case.
    pub anonymous: Vec<String>,
    /// The realm of `WWW-Authenticate`: printable ASCII, not empty.
    pub realm: String,
    /// What single operations require in addition, by operation id in lower case. Match the
    /// ids without regard to case.
    pub operations: BTreeMap<String, OperationAccess>,
}

impl AccessConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            mode: reader.read("access.mode", mode),
            anonymous: reader.read("access.anonymous", |value| value::list(value, &[','])),
            realm: reader.read("access.realm", realm),
            operations: read_operations(reader),
        }
    }
}

fn read_operations(reader: &mut Reader<'_>) -> BTreeMap<String, OperationAccess> {
    let mut operations: BTreeMap<String, OperationAccess> = BTreeMap::new();
    for (key, value) in reader.below("access.operations") {
        if let Err(fault) = read_setting(&mut operations, key, value) {
            reader.note(key, fault, value);
        }
    }
    operations
}

fn read_setting(
    operations: &mut BTreeMap<String, OperationAccess>,
    key: &Key,
    value: &Value,
) -> Result<(), Fault> {
    let [_, _, id, setting @ ..] = key.segments() else {
        return Ok(());
    };
    if id.is_empty() {
        return Err(Fault::new("must name an operation").fix("write its id, as in \"whoami\""));
    }
    let operation = operations.entry(id.clone()).or_default();
    match setting {
        [_, claim] if claim.is_empty() => {
            Err(Fault::new("must name a claim").fix("write its name, as in \"groups\""))
        }
        [_, claim] => {
            let values = value::list(value, &[','])?;
            if values.is_empty() {
                return Err(Fault::new("must list at least one value")
                    .fix("list the accepted values, or remove the key"));
            }
            operation.claims.insert(claim.clone(), values);
            Ok(())
        }
        _ => {
            operation.scope = value::scope(value)?;
            Ok(())
        }
    }
}

fn mode(value: &Value) -> Result<AccessMode, Fault> {
    match value.as_str() {
        Some("declared") => Ok(AccessMode::Declared),
        Some("all") => Ok(AccessMode::All),
        _ => Err(Fault::new("must be `declared` or `all`").fix("write one of the two")),
    }
}

fn realm(value: &Value) -> Result<String, Fault> {
    let realm = value::filled_text(value)?;
    if !realm.is_ascii() {
        return Err(Fault::new("must be ASCII").fix("write it without letters outside a-z and A-Z"));
    }
    Ok(realm)
}
