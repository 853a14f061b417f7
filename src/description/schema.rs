//! References within a document.

use serde_json::Value;

/// The target of a `$ref`, or the value itself.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut found = value;
    // A chain of references that goes on and on ends nowhere.
    for _ in 0..8 {
        let Some(reference) = found["$ref"].as_str() else {
            return found;
        };
        if reference.len() > MAX_REFERENCE_BYTES {
            break;
        }
        let pointer = reference.strip_prefix('#').unwrap_or_default();
        found = document.pointer(pointer).unwrap_or(&Value::Null);
    }
    &Value::Null
}

/// One that is longer costs more to follow than it can mean.
const MAX_REFERENCE_BYTES: usize = 1024;
