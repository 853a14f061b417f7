//! The saved answers of requests, which Postman shows before anybody has sent one.

use http::StatusCode;
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::guard::Rejection;

/// The answer of the operation itself, if the document has an example of it.
pub(super) fn operation_answers(described: &Value, request: &Value) -> Vec<Value> {
    let answers = described["responses"].as_object();
    let success = (answers.into_iter().flatten()).find(|(status, _)| status.starts_with('2'));
    let Some((status, answer)) = success else {
        return Vec::new();
    };
    let Ok(status) = status.parse::<StatusCode>() else {
        return Vec::new();
    };
    let content = answer["content"].as_object();
    let Some((media_type, media)) = content.and_then(|content| content.iter().next()) else {
        return vec![saved(status, request, &[], "")];
    };
    let text = match &media["example"] {
        Value::Null => return Vec::new(),
        Value::String(text) if !media_type.ends_with("json") => text.clone(),
        example => format!("{example:#}"),
    };
    let header = (CONTENT_TYPE.as_str(), media_type.as_str());
    vec![saved(status, request, &[header], &text)]
}

/// The guard's refusal.
pub(super) fn refusal_answers(
    rejection: &Rejection,
    described: &Value,
    request: &Value,
) -> Vec<Value> {
    let problem = rejection.problem();
    let answer = &described["responses"][problem.status.as_str()];
    let documented = &answer["headers"]["WWW-Authenticate"]["example"];
    let mut challenge = documented.as_str().unwrap_or_default().to_owned();
    if matches!(rejection, Rejection::MissingCredentials) {
        challenge = without_error(&challenge);
    }
    let headers = [
        (CONTENT_TYPE.as_str(), "application/problem+json"),
        (WWW_AUTHENTICATE.as_str(), challenge.as_str()),
    ];
    let text = format!("{:#}", problem.to_value());
    vec![saved(problem.status, request, &headers, &text)]
}

/// The document has the challenges of a bad token. RFC 6750 section 3.1: without credentials there is
/// no error code.
fn without_error(challenges: &str) -> String {
    let Some((before, error)) = challenges.split_once(", error=") else {
        return challenges.to_owned();
    };
    // The error ends the first challenge.
    let others = error.find(", DPoP ").map_or("", |begin| &error[begin..]);
    format!("{before}{others}")
}

/// The issuer's answers to the request for a token (RFC 6749 sections 5.1 and 5.2).
pub(super) fn token_answers(request: &Value) -> Vec<Value> {
    let json_type = [(CONTENT_TYPE.as_str(), "application/json")];
    let granted = json!({
        "token_type": "Bearer",
        "expires_in": 3600,
        "access_token": "eyJhbGciOiJSUzI1NiIsImtpZCI6Ii4uIn0.eyJpc3MiOiIuLiJ9.c2lnbmF0dXJl",
        "scope": "{{scope}}",
    });
    let refused = json!({
        "error": "invalid_client",
        "error_description": "The client secret supplied for a confidential client is invalid.",
    });
    vec![
        saved(StatusCode::OK, request, &json_type, &format!("{granted:#}")),
        saved(
            StatusCode::UNAUTHORIZED,
            request,
            &json_type,
            &format!("{refused:#}"),
        ),
    ]
}

fn saved(status: StatusCode, request: &Value, headers: &[(&str, &str)], body: &str) -> Value {
    let reason = status.canonical_reason().unwrap_or_default();
    let headers = headers.iter();
    let headers: Vec<_> = headers
        .map(|(key, value)| json!({ "key": key, "value": value }))
        .collect();
    let is_json = body.starts_with(['{', '[']);
    json!({
        "name": format!("{} {reason}", status.as_u16()),
        "originalRequest": request,
        "status": reason,
        "code": status.as_u16(),
        "_postman_previewlanguage": if is_json { "json" } else { "text" },
        "header": headers,
        "cookie": [],
        "body": body,
    })
}
