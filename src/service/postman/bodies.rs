//! The bodies of requests, in the modes that Postman knows.

use serde_json::{Map, Value, json};

use super::{examples, scripts};

/// A body, and the media type that the request has to name.
pub(super) struct PostmanBody {
    /// `None` where Postman writes the header itself, with the boundary that it chooses.
    pub(super) header: Option<String>,
    pub(super) written: Value,
}

/// The body of the first media type that the operation takes, if it takes one.
pub(super) fn body(described: &Value, document: &Value) -> Option<PostmanBody> {
    let content = described["requestBody"]["content"].as_object()?;
    let (media_type, media) = content.iter().next()?;
    if media_type == MULTIPART {
        let schema = scripts::resolve(&media["schema"], document);
        return Some(PostmanBody {
            header: None,
            written: json!({ "mode": "formdata", "formdata": fields(schema, document) }),
        });
    }
    let raw = match &media["example"] {
        Value::Null => "{}".to_owned(),
        Value::String(text) if media_type != JSON => text.clone(),
        example => format!("{example:#}"),
    };
    let mut written = json!({ "mode": "raw", "raw": raw });
    if media_type == JSON {
        written["options"] = json!({ "raw": { "language": "json" } });
    }
    Some(PostmanBody {
        header: Some(media_type.clone()),
        written,
    })
}

/// The fields of a form. Those that are not required are listed, but disabled.
fn fields(schema: &Value, document: &Value) -> Vec<Value> {
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|it| it == name));
    let properties = schema["properties"].as_object();
    let field = |(name, property): (&String, &Value)| {
        let property = scripts::resolve(property, document);
        let mut field = Map::from_iter([("key".to_owned(), name.as_str().into())]);
        if is_file(property) {
            field.insert("type".into(), "file".into());
            // Postman writes a file that is still to be chosen like this.
            field.insert("src".into(), json!([]));
        } else {
            field.insert("type".into(), "text".into());
            let value = examples::example_text(&Value::Null, property, name);
            field.insert("value".into(), value.into());
        }
        if let Some(text) = property.get("description") {
            field.insert("description".into(), text.clone());
        }
        if !is_required(name) {
            field.insert("disabled".into(), true.into());
        }
        field.into()
    };
    properties.into_iter().flatten().map(field).collect()
}

/// A file, or a list of files.
fn is_file(property: &Value) -> bool {
    let is_binary = |schema: &Value| schema["type"] == "string" && schema["format"] == "binary";
    is_binary(property) || is_binary(&property["items"])
}

const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data";
