//! A value for a place in a request: an example of the document, else one of the type.

use serde_json::{Map, Number, Value, json};

use super::schema::resolve;

/// Makes the values of one request, which come to no more than [`MAX_BYTES`] in all: a type that
/// holds itself often enough would come to any number. Beyond that all values are null.
pub(crate) struct Samples<'a> {
    document: &'a Value,
    bytes: usize,
}

impl<'a> Samples<'a> {
    /// For one request that the document describes.
    pub(crate) fn new(document: &'a Value) -> Self {
        Self {
            document,
            bytes: MAX_BYTES,
        }
    }

    /// For a parameter or a media type: its own example first, then one by its schema.
    pub(crate) fn sample(&mut self, described: &Value) -> Value {
        let named = || {
            let first = described["examples"].as_object()?.values().next()?;
            resolve(self.document, first).get("value")
        };
        match described.get("example").or_else(named) {
            Some(example) => self.given(example),
            None => self.schema_sample(&described["schema"], 0),
        }
    }

    fn schema_sample(&mut self, schema: &Value, depth: usize) -> Value {
        let schema = resolve(self.document, schema);
        let given = [
            schema.get("example"),
            schema.get("default"),
            schema["enum"].get(0),
        ];
        if let Some(value) = given.into_iter().flatten().next() {
            return self.given(value);
        }
        // A type that holds itself, in depth or in width.
        if depth > MAX_DEPTH || !self.affords(0) {
            return Value::Null;
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Value::Null;
            for part in parts {
                if self.is_spent() {
                    break;
                }
                whole = merged(whole, self.schema_sample(part, depth + 1));
            }
            return whole;
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(first) = schema[key].get(0) {
                return self.schema_sample(first, depth + 1);
            }
        }
        match type_of(schema) {
            "string" => self.string_sample(schema),
            "integer" => least_integer(schema).unwrap_or(1).into(),
            "number" => (schema
                .get("minimum")
                .filter(|least| least.is_number())
                .cloned())
            .unwrap_or_else(|| json!(1.5)),
            "boolean" => true.into(),
            "array" => Value::Array(vec![self.schema_sample(&schema["items"], depth + 1)]),
            "object" => Value::Object(self.object_sample(schema, depth)),
            _ => Value::Null,
        }
    }

    fn object_sample(&mut self, schema: &Value, depth: usize) -> Map<String, Value> {
        let mut members = Map::new();
        let required = schema["required"].as_array().into_iter().flatten();
        for name in required.filter_map(Value::as_str) {
            if !self.affords(name.len()) {
                break;
            }
            let value = self.schema_sample(&schema["properties"][name], depth + 1);
            members.insert(name.to_owned(), value);
        }
        members
    }

    fn string_sample(&mut self, schema: &Value) -> Value {
        let text = string_sample(schema);
        if self.affords(text.len()) {
            text.into()
        } else {
            Value::Null
        }
    }

    /// The document's own value, whole or not at all.
    fn given(&mut self, value: &Value) -> Value {
        if self.affords_all(value) {
            value.clone()
        } else {
            Value::Null
        }
    }

    fn affords_all(&mut self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.affords(text.len()),
            Value::Array(items) => {
                self.affords(0) && items.iter().all(|item| self.affords_all(item))
            }
            Value::Object(members) => {
                let mut members = members.iter();
                self.affords(0)
                    && members
                        .all(|(name, value)| self.affords(name.len()) && self.affords_all(value))
            }
            _ => self.affords(0),
        }
    }

    /// Takes what one more value costs. After the first that is too much there are no more.
    pub(crate) fn affords(&mut self, text_bytes: usize) -> bool {
        let cost = text_bytes.saturating_add(BYTES_A_VALUE);
        let left = self.bytes.checked_sub(cost);
        self.bytes = left.unwrap_or(0);
        left.is_some()
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.bytes == 0
    }
}

/// Poem-openapi writes every bound as `3.0`.
fn least_integer(schema: &Value) -> Option<i64> {
    let bound = &schema["minimum"];
    let rounded = || format!("{:.0}", bound.as_f64()?.ceil()).parse().ok();
    let least: i64 = bound.as_i64().or_else(rounded)?;
    Some(least.saturating_add(i64::from(schema["exclusiveMinimum"] == true)))
}

fn string_sample(schema: &Value) -> String {
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

/// A value as written in a path, a query or a header. An array is represented by its first item.
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

/// The maximum size of all values of a request: a large body that was written by hand.
const MAX_BYTES: usize = 64 * 1024;
/// What a value costs besides its text, so that there are 4,096 of them at most.
const BYTES_A_VALUE: usize = 16;
const MAX_DEPTH: usize = 8;
const MAX_LENGTH: usize = 1024;
