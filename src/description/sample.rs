//! A value for a place in a request: an example of the document, else one of the type.

use serde_json::{Map, Number, Value, json};

use super::schema::resolve;

/// For a parameter or a media type: its own example first, then one by its schema.
pub(crate) fn sample(document: &Value, described: &Value) -> Value {
    let named = || {
        let first = described["examples"].as_object()?.values().next()?;
        resolve(document, first).get("value")
    };
    let example = described.get("example").or_else(named).cloned();
    example.unwrap_or_else(|| of_schema(document, &described["schema"], 0))
}

fn of_schema(document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolve(document, schema);
    let given = [
        schema.get("example"),
        schema.get("default"),
        schema["enum"].get(0),
    ];
    if let Some(value) = given.into_iter().flatten().next() {
        return value.clone();
    }
    // A type that holds itself.
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    let below = |schema: &Value| of_schema(document, schema, depth + 1);
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().map(below).fold(Value::Null, merged);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(first) = schema[key].get(0) {
            return below(first);
        }
    }
    match type_of(schema) {
        "string" => of_string(schema).into(),
        "integer" => least_integer(schema).unwrap_or(1).into(),
        "number" => (schema.get("minimum").cloned()).unwrap_or_else(|| json!(1.5)),
        "boolean" => true.into(),
        "array" => Value::Array(vec![below(&schema["items"])]),
        "object" => Value::Object(of_object(schema, below)),
        _ => Value::Null,
    }
}

/// Poem-openapi writes every bound as `3.0`.
fn least_integer(schema: &Value) -> Option<i64> {
    let bound = &schema["minimum"];
    let rounded = || format!("{:.0}", bound.as_f64()?.ceil()).parse().ok();
    let least: i64 = bound.as_i64().or_else(rounded)?;
    Some(least + i64::from(schema["exclusiveMinimum"] == true))
}

fn of_object(schema: &Value, below: impl Fn(&Value) -> Value) -> Map<String, Value> {
    let required = schema["required"].as_array().into_iter().flatten();
    required
        .filter_map(Value::as_str)
        .map(|name| (name.to_owned(), below(&schema["properties"][name])))
        .collect()
}

fn of_string(schema: &Value) -> String {
    let text = match schema["format"].as_str().unwrap_or_default() {
        "date-time" => "2026-01-01T00:00:00Z",
        "date" => "2026-01-01",
        "time" => "00:00:00",
        "uuid" => "6fa459ea-ee8a-4ca4-894e-db77e160355e",
        "email" => "ada@example.com",
        "uri" | "url" => "https://example.com/",
        "byte" | "bytes" => "c2FtcGxl",
        "hostname" => "example.com",
        "ipv4" | "ip" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        _ => "sample",
    };
    let shortest = schema["minLength"].as_u64().unwrap_or(0);
    let shortest = usize::try_from(shortest).unwrap_or(0).min(MAX_LENGTH);
    format!("{text:x<shortest$}")
}

fn type_of(schema: &Value) -> &str {
    let name = match &schema["type"] {
        Value::Array(names) => names.first().and_then(Value::as_str),
        name => name.as_str(),
    };
    let implied = || schema.get("properties").map(|_| "object");
    name.or_else(implied).unwrap_or_default()
}

fn merged(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            one.extend(other);
            one.into()
        }
        (Value::Null, other) => other,
        (one, _) => one,
    }
}

/// A value as it stands in a path, a query or a header; arrays by their first item.
pub(crate) fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => Number::to_string(number),
        Value::Bool(is) => is.to_string(),
        Value::Array(items) => items.first().map(as_text).unwrap_or_default(),
        Value::Null => String::new(),
        Value::Object(_) => value.to_string(),
    }
}

const MAX_DEPTH: usize = 8;
const MAX_LENGTH: usize = 1024;
