//! The requests: one for a token, and for each operation one per kind of caller.

use serde_json::{Map, Value, json};

use crate::guard::{Certificates, OperationRule, Rejection, Requirement, Rule};
use crate::token::TokenError;

use super::{answers, bodies, examples, scripts};

/// The credentials that a caller sends.
#[derive(Clone, Copy)]
enum Credentials {
    Token,
    TamperedToken,
    Nothing,
}

/// What must happen to a request.
#[derive(Clone, Copy, PartialEq)]
enum Expected {
    /// The operation's own answer.
    Answer,
    /// Anything: the document does not decide it.
    Unknown,
    /// The refusal of a request without credentials.
    Missing,
    /// The refusal of a token whose signature is wrong.
    Tampered,
}

/// The client-credentials grant of the environment's client (RFC 6749 section 4.4).
pub(super) fn token() -> Value {
    let field = |key: &str, value: &str| json!({ "key": key, "value": value });
    let mut item = json!({
        "name": "Get an access token",
        "event": [
            scripts::event("prerequest", &scripts::discover()),
            scripts::event("test", &scripts::granted()),
        ],
        "request": {
            "description": "Gets an access token by client credentials. The token endpoint is \
                that of the issuer's discovery document. The other requests use this token; run \
                this one again when it has expired.",
            "method": "POST",
            "auth": {
                "type": "basic",
                "basic": [
                    attribute("username", "{{clientId}}"),
                    attribute("password", "{{clientSecret}}"),
                ],
            },
            "header": [field("Accept", "application/json")],
            "body": {
                "mode": "urlencoded",
                "urlencoded": [field("grant_type", "client_credentials"), field("scope", "{{scope}}")],
            },
            "url": { "raw": "{{tokenEndpoint}}", "host": ["{{tokenEndpoint}}"] },
        },
    });
    item["response"] = answers::token_answers(&item["request"]).into();
    item
}

/// An operation's requests, as its rule has them.
pub(super) fn items(operation: &OperationRule, document: &Value) -> Vec<Value> {
    let method = operation.method.as_str();
    let described = &document["paths"][&operation.path][method.to_ascii_lowercase()];
    let certificates = scripts::certificates(described);
    let script = |expected: Expected| match (expected, expected.rejection()) {
        (_, Some(rejection)) => scripts::refused(&rejection, requirement(operation), certificates),
        (Expected::Unknown, _) => String::new(),
        _ => scripts::answered(described, document),
    };
    // The document does not say what another scheme decides.
    let has_conditions = requirement(operation).is_some_and(Requirement::has_conditions);
    let admitted = if operation.other_schemes.is_empty() && !has_conditions {
        Expected::Answer
    } else {
        Expected::Unknown
    };
    let mut rows = match operation.rule {
        Rule::Anonymous if admitted == Expected::Unknown => vec![(Credentials::Nothing, admitted)],
        Rule::Protected(_) => vec![
            (Credentials::Token, admitted),
            (Credentials::Nothing, Expected::Missing),
            (Credentials::TamperedToken, Expected::Tampered),
        ],
        Rule::Optional(_) => vec![
            (Credentials::Token, admitted),
            (Credentials::Nothing, admitted),
            (Credentials::TamperedToken, Expected::Tampered),
        ],
        Rule::Anonymous => vec![
            (Credentials::Token, admitted),
            (Credentials::Nothing, admitted),
        ],
    };
    if scripts::is_stream(described) {
        rows.retain(|(_, expected)| matches!(expected, Expected::Missing | Expected::Tampered));
    }
    let name = match operation.operation_id {
        Some(id) => id.to_owned(),
        None => format!("{method} {}", operation.path),
    };
    rows.into_iter()
        .map(|(credentials, expected)| {
            let about = about(operation, certificates, credentials, expected);
            let request = request(operation, described, document, credentials, &about);
            json!({
                "name": format!("{name} {}", credentials.phrase()),
                "event": events(&script(expected)),
                "response": saved(expected, described, &request),
                "request": request,
            })
        })
        .collect()
}

fn saved(expected: Expected, described: &Value, request: &Value) -> Vec<Value> {
    match (expected, expected.rejection()) {
        (_, Some(rejection)) => answers::refusal_answers(&rejection, described, request),
        (Expected::Unknown, _) => Vec::new(),
        _ => answers::operation_answers(described, request),
    }
}

/// What the request shows, in one paragraph that no other request of the operation has.
fn about(
    operation: &OperationRule,
    certificates: Certificates,
    credentials: Credentials,
    expected: Expected,
) -> String {
    let sent = match credentials {
        Credentials::Token => "Sends the access token of the first request.",
        Credentials::TamperedToken => {
            "Sends the access token of the first request with a changed signature."
        }
        Credentials::Nothing => "Sends no `Authorization` header.",
    };
    let then = match (expected, expected.rejection()) {
        (_, Some(rejection)) => {
            let problem = rejection.problem();
            format!(
                "The API must refuse it: {} with the reason `{}`.",
                problem.status.as_u16(),
                problem.reason
            )
        }
        (Expected::Unknown, _) if operation.other_schemes.is_empty() => {
            let conditions = requirement(operation).map(|it| it.sentences(certificates));
            let conditions = conditions.unwrap_or_default().join(" ");
            format!(
                "The response depends on the caller, so this request tests nothing. \
                {conditions}"
            )
        }
        (Expected::Unknown, _) => {
            "The response depends on another security scheme, so this request tests \
            nothing."
                .to_owned()
        }
        _ if matches!(operation.rule, Rule::Protected(_)) => {
            "The API must answer as the document describes.".to_owned()
        }
        _ => "The API must answer as the document describes: it does not require a token here."
            .to_owned(),
    };
    format!("{sent} {then}")
}

fn requirement(operation: &OperationRule) -> Option<&Requirement> {
    match &operation.rule {
        Rule::Protected(requirement) | Rule::Optional(requirement) => Some(requirement),
        _ => None,
    }
}

/// Empty without a script.
fn events(script: &str) -> Value {
    match script {
        "" => json!([]),
        script => json!([scripts::event("test", script)]),
    }
}

impl Expected {
    fn rejection(self) -> Option<Rejection> {
        match self {
            Self::Missing => Some(Rejection::MissingCredentials),
            Self::Tampered => Some(Rejection::InvalidToken(TokenError::BadSignature)),
            Self::Answer | Self::Unknown => None,
        }
    }
}

impl Credentials {
    fn phrase(self) -> &'static str {
        match self {
            Self::Token => "with a token",
            Self::TamperedToken => "with a tampered token",
            Self::Nothing => "without a token",
        }
    }

    /// Set on each request, because an inherited one is easily changed for all of them.
    fn auth(self) -> Value {
        let token = match self {
            Self::Token => "{{accessToken}}",
            Self::TamperedToken => "{{tamperedToken}}",
            Self::Nothing => return json!({ "type": "noauth" }),
        };
        json!({ "type": "bearer", "bearer": [attribute("token", token)] })
    }
}

fn request(
    operation: &OperationRule,
    described: &Value,
    document: &Value,
    credentials: Credentials,
    about: &str,
) -> Value {
    let text = |name: &str| described[name].as_str().unwrap_or_default();
    let parts = [text("summary"), about, text("description")];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    let description = parts.collect::<Vec<_>>().join("\n\n");
    let mut request = json!({
        "description": description,
        "method": operation.method.as_str(),
        "auth": credentials.auth(),
        "header": parameters(described, "header"),
        "url": url(&operation.path, described),
    });
    if let Some(body) = bodies::body(described, document) {
        if let (Value::Array(headers), Some(media_type)) = (&mut request["header"], body.header) {
            headers.push(json!({ "key": "Content-Type", "value": media_type }));
        }
        request["body"] = body.written;
    }
    request
}

/// Postman writes `/users/{id}` as `/users/:id`.
fn url(path: &str, described: &Value) -> Value {
    let segments: Vec<_> = (path.split('/').skip(1))
        .map(|segment| match segment.strip_prefix('{') {
            Some(name) => format!(":{}", name.trim_end_matches('}')),
            None => segment.to_owned(),
        })
        .collect();
    let mut url = json!({
        "raw": format!("{{{{baseUrl}}}}/{}", segments.join("/")),
        "host": ["{{baseUrl}}"],
        "path": segments,
    });
    for (place, key) in [("query", "query"), ("path", "variable")] {
        let parameters = parameters(described, place);
        if !parameters.is_empty() {
            url[key] = parameters.into();
        }
    }
    url
}

/// The parameters of one place. Optional parameters are listed, but disabled.
fn parameters(described: &Value, place: &str) -> Vec<Value> {
    let all = described["parameters"].as_array();
    all.into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == place)
        .map(|parameter| {
            let mut entry = Map::new();
            entry.insert("key".into(), parameter["name"].clone());
            entry.insert("value".into(), examples::text(parameter).into());
            if let Some(text) = parameter.get("description") {
                entry.insert("description".into(), text.clone());
            }
            if parameter["required"] != true {
                entry.insert("disabled".into(), true.into());
            }
            entry.into()
        })
        .collect()
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": value, "type": "string" })
}
