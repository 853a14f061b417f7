//! Adds what poem-openapi omits, and removes what it repeats.
//!
//! 1. A media type loses `; charset=utf-8`: for JSON the parameter means nothing (RFC 8259
//!    section 11), and tools look media types up by their bare name.
//! 2. A body whose schema has an example shows it.
//! 3. An answer without a description has that of its schema, else that of its status.

use http::StatusCode;
use serde_json::{Map, Value};

use super::operations;

pub(super) fn tidy(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for operation in operations::all(document) {
        if let Some(body) = operation.get_mut("requestBody") {
            tidy_content(body, &schemas);
        }
        let answers = operation["responses"].as_object_mut();
        for (status, answer) in answers.into_iter().flatten() {
            tidy_content(answer, &schemas);
            if answer["description"].as_str().is_none_or(str::is_empty) {
                answer["description"] = description(status, answer, &schemas).into();
            }
        }
    }
}

fn tidy_content(body: &mut Value, schemas: &Value) {
    let Some(Value::Object(content)) = body.get_mut("content") else {
        return;
    };
    let tidied: Map<String, Value> = std::mem::take(content)
        .into_iter()
        .map(|(media_type, mut media)| {
            let example = schema(&media, schemas).and_then(|schema| schema.get("example"));
            if let Some(example) = example.filter(|_| media.get("example").is_none()) {
                media["example"] = example.clone();
            }
            let bare = media_type.trim_end_matches("; charset=utf-8").to_owned();
            (bare, media)
        })
        .collect();
    *content = tidied;
}

fn description(status: &str, answer: &Value, schemas: &Value) -> String {
    let of_schema = answer["content"]
        .as_object()
        .and_then(|content| content.values().next())
        .and_then(|media| schema(media, schemas)?["description"].as_str());
    let of_status = || {
        let status = status.parse::<StatusCode>().ok()?;
        status.canonical_reason()
    };
    let text = of_schema.or_else(of_status).unwrap_or("Any other answer.");
    text.to_owned()
}

/// The schema that a media type names.
fn schema<'a>(media: &Value, schemas: &'a Value) -> Option<&'a Value> {
    let name = media["schema"]["$ref"].as_str()?.rsplit('/').next()?;
    schemas.get(name)
}
