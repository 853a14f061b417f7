//! The requests: one for a token, and for each operation one per kind of caller.

use serde_json::{Map, Value, json};

use crate::guard::{OperationRule, Rejection, Rule};
use crate::token::TokenError;

use super::scripts;

/// What a caller sends to show who it is.
#[derive(Clone, Copy)]
enum Credentials {
    Token,
    TamperedToken,
    Nothing,
}

/// The client-credentials grant of the environment's client (RFC 6749 section 4.4).
pub(super) fn token() -> Value {
    let field = |key: &str, value: &str| json!({ "key": key, "value": value });
    json!({
        "name": "Get an access token",
        "event": [
            scripts::event("prerequest", &scripts::discover()),
            scripts::event("test", &scripts::granted()),
        ],
        "request": {
            "description": "Asks the issuer for a token by client credentials, at the token \
                endpoint that its discovery document names.",
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
    })
}

/// An operation's requests, as its rule has them.
pub(super) fn of(operation: &OperationRule, document: &Value) -> Vec<Value> {
    let method = operation.method.as_str();
    let described = &document["paths"][&operation.path][method.to_ascii_lowercase()];
    let let_in = || scripts::answered(described, document);
    let missing = || scripts::refused(&Rejection::MissingCredentials);
    let tampered = || scripts::refused(&Rejection::InvalidToken(TokenError::BadSignature));
    let is_foreign = !operation.other_schemes.is_empty();
    let rows = match operation.rule {
        // What the other scheme decides is not known here.
        Rule::Anonymous if is_foreign => vec![(Credentials::Nothing, String::new())],
        Rule::Protected(_) if is_foreign => vec![
            (Credentials::Token, String::new()),
            (Credentials::Nothing, missing()),
            (Credentials::TamperedToken, tampered()),
        ],
        Rule::Optional(_) if is_foreign => vec![
            (Credentials::Token, String::new()),
            (Credentials::Nothing, String::new()),
            (Credentials::TamperedToken, tampered()),
        ],
        Rule::Protected(_) => vec![
            (Credentials::Token, let_in()),
            (Credentials::Nothing, missing()),
            (Credentials::TamperedToken, tampered()),
        ],
        Rule::Optional(_) => vec![
            (Credentials::Token, let_in()),
            (Credentials::Nothing, let_in()),
            (Credentials::TamperedToken, tampered()),
        ],
        Rule::Anonymous => vec![
            (Credentials::Token, let_in()),
            (Credentials::Nothing, let_in()),
        ],
    };
    let name = match operation.operation_id {
        Some(id) => id.to_owned(),
        None => format!("{method} {}", operation.path),
    };
    rows.into_iter()
        .map(|(credentials, script)| {
            json!({
                "name": format!("{name} {}", credentials.phrase()),
                "event": events(&script),
                "request": request(operation, described, credentials),
            })
        })
        .collect()
}

/// None without a script.
fn events(script: &str) -> Value {
    match script {
        "" => json!([]),
        script => json!([scripts::event("test", script)]),
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

    /// Said for each request: what is inherited is easily changed for all of them.
    fn auth(self) -> Value {
        let token = match self {
            Self::Token => "{{accessToken}}",
            Self::TamperedToken => "{{tamperedToken}}",
            Self::Nothing => return json!({ "type": "noauth" }),
        };
        json!({ "type": "bearer", "bearer": [attribute("token", token)] })
    }
}

fn request(operation: &OperationRule, described: &Value, credentials: Credentials) -> Value {
    let text = |name: &str| described[name].as_str().unwrap_or_default();
    let description = format!("{}\n\n{}", text("summary"), text("description"));
    let mut request = json!({
        "description": description.trim(),
        "method": operation.method.as_str(),
        "auth": credentials.auth(),
        "header": parameters(described, "header"),
        "url": url(&operation.path, described),
    });
    let content = described["requestBody"]["content"].as_object();
    if let Some((media_type, media)) = content.and_then(|content| content.iter().next()) {
        if let Value::Array(headers) = &mut request["header"] {
            headers.push(json!({ "key": "Content-Type", "value": media_type }));
        }
        let raw = match &media["example"] {
            Value::Null => "{}".to_owned(),
            Value::String(text) if media_type != JSON => text.clone(),
            example => format!("{example:#}"),
        };
        request["body"] = json!({ "mode": "raw", "raw": raw });
        if media_type == JSON {
            request["body"]["options"] = json!({ "raw": { "language": "json" } });
        }
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

/// The parameters of one place; those that may be left out are there, switched off.
fn parameters(described: &Value, place: &str) -> Vec<Value> {
    let all = described["parameters"].as_array();
    all.into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == place)
        .map(|parameter| {
            let mut entry = Map::new();
            entry.insert("key".into(), parameter["name"].clone());
            entry.insert("value".into(), example(parameter).into());
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

/// The parameter's own example, else one that its schema allows, as text.
fn example(parameter: &Value) -> String {
    let schema = &parameter["schema"];
    let own = [
        &parameter["example"],
        &schema["example"],
        &schema["default"],
        &schema["enum"][0],
        &schema["minimum"],
    ];
    match own.into_iter().find(|value| !value.is_null()) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => match schema["type"].as_str() {
            Some("integer" | "number") => "1".to_owned(),
            Some("boolean") => "true".to_owned(),
            _ => parameter["name"].as_str().unwrap_or_default().to_owned(),
        },
    }
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": value, "type": "string" })
}

const JSON: &str = "application/json";
