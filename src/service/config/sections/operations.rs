//! `[operations]`: the limits of single operations.

use std::collections::BTreeMap;
use std::time::Duration;

use figment::value::Value;

use super::limits::{BODY_SIZE, POSITIVE};
use crate::service::config::key::Key;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The limits of one operation; `None` is the limit of all operations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OperationConfig {
    /// The maximum size of a request body.
    pub max_body_bytes: Option<usize>,
    /// How long a request may take.
    pub request_timeout: Option<Duration>,
}

/// The limits by operation id in lower case.
pub(in crate::service::config) fn read(
    reader: &mut Reader<'_>,
) -> BTreeMap<String, OperationConfig> {
    let mut operations = BTreeMap::new();
    for (key, value) in reader.below("operations") {
        if let Err(fault) = read_setting(&mut operations, key, value) {
            reader.note(key, fault, value);
        }
    }
    operations
}

fn read_setting(
    operations: &mut BTreeMap<String, OperationConfig>,
    key: &Key,
    value: &Value,
) -> Result<(), Fault> {
    let [_, id, setting] = key.segments() else {
        return Ok(());
    };
    if id.is_empty() {
        return Err(Fault::new("must name an operation").fix("write its id, as in \"whoami\""));
    }
    let operation = operations.entry(id.clone()).or_default();
    let is_set = value.as_str() != Some("");
    if setting == "max_body_size" {
        let bytes = is_set.then(|| value::bytes(value, &BODY_SIZE));
        operation.max_body_bytes = bytes.transpose()?;
    } else {
        let duration = is_set.then(|| value::duration(value, &POSITIVE));
        operation.request_timeout = duration.transpose()?;
    }
    Ok(())
}
