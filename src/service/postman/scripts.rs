//! The scripts that run before and after a request: fixed files, after a line with what is
//! expected.

use serde_json::{Map, Value, json};

use crate::guard::{CERTIFICATE_BOUND_AUTH, Certificates, Rejection, Requirement};

/// Checks the environment, finds the token endpoint, and deletes the tokens of earlier runs.
pub(super) fn discover() -> String {
    DISCOVER.to_owned()
}

/// Keeps the token that was granted.
pub(super) fn granted() -> String {
    GRANTED.to_owned()
}

/// The operation's own answer, as the document has it.
pub(super) fn answered(operation: &Value, document: &Value) -> String {
    let answers = operation["responses"].as_object();
    let success = (answers.into_iter().flatten()).find(|(status, _)| status.starts_with('2'));
    let (status, answer) = match success {
        Some((status, answer)) => (status.parse().unwrap_or(200), answer),
        None => (200, &Value::Null),
    };
    let content = answer["content"].as_object();
    let (media_type, media) = match content.and_then(|content| content.iter().next()) {
        Some((media_type, media)) => (Some(media_type), media),
        None => (None, &Value::Null),
    };
    let is_json = media_type.is_some_and(|it| it.ends_with("json"));
    expecting(
        &json!({
            "status": status,
            "mediaType": media_type,
            "schema": is_json.then(|| outline(resolve(&media["schema"], document), document)),
        }),
        ANSWERED,
    )
}

/// Whether every success is a WebSocket or server-sent events, for whose end Postman would wait
/// forever.
pub(super) fn is_stream(operation: &Value) -> bool {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let successes = answers.filter(|(status, _)| status.starts_with('2') || *status == "101");
    let mut streams = successes.map(|(status, answer)| {
        let mut content = answer["content"].as_object().into_iter().flatten();
        status == "101"
            || content
                .next()
                .is_some_and(|(media_type, _)| media_type == EVENTS)
    });
    streams.next() == Some(true) && streams.all(|is_stream| is_stream)
}

/// Whether the operation accepts tokens that are bound to a certificate, as it is described.
pub(super) fn certificates(described: &Value) -> Certificates {
    let ways = described["security"].as_array().into_iter().flatten();
    let mut names = ways.filter_map(Value::as_object).flat_map(Map::keys);
    if names.any(|name| name == CERTIFICATE_BOUND_AUTH) {
        Certificates::Known
    } else {
        Certificates::Unknown
    }
}

/// The guard's 401 for an operation with this requirement.
pub(super) fn refused(
    rejection: &Rejection,
    requirement: Option<&Requirement>,
    certificates: Certificates,
) -> String {
    let problem = rejection.problem();
    let (accepts_bearer, accepts_bound) = match requirement {
        Some(requirement) => (requirement.accepts_bearer(), requirement.accepts_bound()),
        None => (true, true),
    };
    // The error is in the challenge of the scheme that the request used. RFC 6750 section 3.1:
    // without credentials there is no error code.
    let error = matches!(rejection, Rejection::InvalidToken(_)).then_some("invalid_token");
    let mut challenges = Map::new();
    // A token that is bound to a certificate is sent as a bearer token.
    if accepts_bearer || certificates == Certificates::Known || error.is_some() {
        challenges.insert("Bearer".to_owned(), json!(error));
    }
    if accepts_bound {
        challenges.insert("DPoP".to_owned(), Value::Null);
    }
    expecting(
        &json!({
            "status": problem.status.as_u16(),
            "challenges": challenges,
            "reason": problem.reason,
        }),
        REFUSED,
    )
}

/// A script in Postman's form: a list of lines.
pub(super) fn event(listen: &str, script: &str) -> Value {
    let lines: Vec<_> = script.lines().collect();
    json!({ "listen": listen, "script": { "type": "text/javascript", "exec": lines } })
}

fn expecting(expected: &Value, script: &str) -> String {
    format!("const expected = {expected};\n{script}")
}

/// What a schema requires, without the keywords of OpenAPI that JSON Schema does not have.
fn outline(schema: &Value, document: &Value) -> Value {
    let mut outline = Map::new();
    if let Some(kind) = schema.get("type") {
        outline.insert("type".into(), kind.clone());
    }
    let required: Vec<_> = (schema["required"].as_array().into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    if !required.is_empty() {
        let properties: Map<_, _> = (required.iter())
            .map(|name| {
                let property = resolve(&schema["properties"][*name], document);
                let kind = match property.get("type") {
                    Some(kind) if property["nullable"] != true => json!({ "type": kind }),
                    _ => json!({}),
                };
                ((*name).to_owned(), kind)
            })
            .collect();
        outline.insert("required".into(), required.into());
        outline.insert("properties".into(), properties.into());
    }
    outline.into()
}

pub(super) fn resolve<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(&Value::Null),
        None => schema,
    }
}

const EVENTS: &str = "text/event-stream";

const DISCOVER: &str = include_str!("scripts/discover.js");
const GRANTED: &str = include_str!("scripts/granted.js");
const ANSWERED: &str = include_str!("scripts/answered.js");
const REFUSED: &str = include_str!("scripts/refused.js");
