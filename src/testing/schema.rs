//! Whether a JSON value fits a schema: `type`, `required` and `enum`, at any depth.
//!
//! Formats, bounds and patterns are not checked.

use serde_json::Value;

use crate::description::schema::resolve;

/// The first difference between `value` and the schema; `at` is its place in the body.
pub(super) fn misfit(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let schema = resolve(document, schema);
    if value.is_null() && schema["nullable"] == true {
        return None;
    }
    let parts = |key: &str| schema[key].as_array().map_or(&[][..], Vec::as_slice);
    let of_part = |part| misfit(document, part, value, at);
    if let Some(misfit) = parts("allOf").iter().find_map(of_part) {
        return Some(misfit);
    }
    for key in ["anyOf", "oneOf"] {
        let choices = parts(key);
        if !choices.is_empty() && choices.iter().all(|choice| of_part(choice).is_some()) {
            return Some(format!("{at} fits nothing of `{key}`"));
        }
    }
    if !is_of_type(&schema["type"], value) {
        let expected = &schema["type"];
        return Some(format!("{at} is not of type {expected}"));
    }
    let values = parts("enum");
    if !values.is_empty() && !values.contains(value) {
        return Some(format!("{at} is none of the values listed"));
    }
    match value {
        Value::Object(_) => misfit_of_object(document, schema, value, at),
        Value::Array(items) => (items.iter().enumerate())
            .find_map(|(n, item)| misfit(document, &schema["items"], item, &format!("{at}/{n}"))),
        _ => None,
    }
}

fn misfit_of_object(document: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
    let mut names = required.into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = names.find(|name| value.get(name).is_none()) {
        return Some(format!("{at}/{missing} is missing"));
    }
    let members = value.as_object().into_iter().flatten();
    members
        // poem-openapi prints `None` as null, which its schema does not say.
        .filter(|(name, member)| !member.is_null() || is_required(name))
        .find_map(|(name, member)| {
            let schema = (schema["properties"].get(name))
                .or_else(|| schema.get("additionalProperties"))
                .filter(|schema| schema.is_object())?;
            misfit(document, schema, member, &format!("{at}/{name}"))
        })
}

/// One type in OpenAPI 3.0, one or more in 3.1. Without a type, all are allowed.
fn is_of_type(expected: &Value, value: &Value) -> bool {
    match expected {
        Value::String(name) => match name.as_str() {
            "string" => value.is_string(),
            "integer" => {
                value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0)
            }
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "null" => value.is_null(),
            _ => true,
        },
        Value::Array(names) => names.iter().any(|name| is_of_type(name, value)),
        _ => true,
    }
}
