//! Values for the places of a request.

use serde_json::Value;

/// The own example of a parameter, else one that its schema allows, as text.
pub(super) fn text(parameter: &Value) -> String {
    let name = parameter["name"].as_str().unwrap_or_default();
    example_text(&parameter["example"], &parameter["schema"], name)
}

/// The example, else one that the schema allows, else the name of the place.
pub(super) fn example_text(example: &Value, schema: &Value, name: &str) -> String {
    let own = [
        example,
        &schema["example"],
        &schema["default"],
        &schema["enum"][0],
        &schema["minimum"],
    ];
    match own.into_iter().find(|value| !value.is_null()) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("integer" | "number"), _) => "1".to_owned(),
            (Some("boolean"), _) => "true".to_owned(),
            (_, Some("uuid")) => UUID.to_owned(),
            _ => name.to_owned(),
        },
    }
}

/// The same always, so that the same document gives the same bytes.
const UUID: &str = "6fa459ea-ee8a-4ca4-894e-db77e160355e";
