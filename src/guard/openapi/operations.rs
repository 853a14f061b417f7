//! The operations of a document.

use serde_json::Value;

use crate::guard::rule::OperationRule;

/// The operation that a rule is for.
pub(super) fn find<'a>(document: &'a mut Value, rule: &OperationRule) -> Option<&'a mut Value> {
    let method = rule.method.as_str().to_ascii_lowercase();
    // Indexing would add what is not there.
    let path = document.get_mut("paths")?.get_mut(&rule.path)?;
    path.get_mut(&method)
}

/// Every operation.
pub(super) fn all(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut();
    paths
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|methods| methods.values_mut())
}
