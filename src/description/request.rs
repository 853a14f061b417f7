//! Makes a request for an operation from the document's description of its inputs.

use http::Method;
use http::header::{CONTENT_TYPE, COOKIE};
use serde_json::Value;
use url::form_urlencoded;

use super::operation::Operation;
use super::sample::{Samples, as_text};

/// A request that the document describes, without credentials.
#[derive(Debug, Clone)]
pub(crate) struct SampleRequest {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) path: String,
    /// From the document, so names and values may be invalid.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
    pub(crate) inputs: Inputs,
}

/// Where the values of a request come from, which decides how it may be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inputs {
    /// There are none, or the user supplied them. The answer must be a described one.
    Known,
    /// They are made up, and the operation may refuse them for undocumented reasons.
    MadeUp,
}

/// Values for parameters by name, which the user supplies.
pub(crate) type GivenValues = [(String, String)];

impl SampleRequest {
    /// A request to the document's path below `base_path`, with the given values for the
    /// parameters of these names.
    pub(crate) fn new(operation: &Operation<'_>, base_path: &str, given: &GivenValues) -> Self {
        let mut inputs = Inputs::Known;
        let mut path = operation.path.to_owned();
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut cookies = Vec::new();
        let mut headers = Vec::new();
        let mut samples = Samples::new(operation.document);
        for parameter in operation.parameters() {
            let name = parameter["name"].as_str().unwrap_or_default();
            let place = parameter["in"].as_str().unwrap_or_default();
            let given = given.iter().find(|(known, _)| known == name);
            // Optional parameters are left out, unless the user gives a value.
            let is_needed = place == "path" || parameter["required"] == true || given.is_some();
            if !is_needed || (place == "header" && is_not_its_own(name)) {
                continue;
            }
            if !samples.affords(name.len()) {
                break;
            }
            let value = if let Some((_, value)) = given {
                value.clone()
            } else {
                inputs = Inputs::MadeUp;
                as_text(&samples.sample(parameter))
            };
            match place {
                "path" => path = filled(&path, name, &segment(&value)),
                "query" => _ = query.append_pair(name, &value),
                "cookie" => cookies.push(format!("{name}={value}")),
                "header" => headers.push((name.to_owned(), value)),
                _ => {}
            }
        }
        if !cookies.is_empty() {
            headers.push((COOKIE.to_string(), cookies.join("; ")));
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        let mut bodies = operation.body().map(|(media_type, media)| {
            inputs = Inputs::MadeUp;
            let value = samples.sample(media);
            Some((media_type, body(media_type, &value)?))
        });
        let first = bodies.next().flatten().or_else(|| bodies.flatten().next());
        let body = first.map(|(media_type, body)| {
            headers.push((CONTENT_TYPE.to_string(), media_type.to_owned()));
            body
        });
        Self {
            method: operation.method.clone(),
            path: format!("{base_path}{path}{mark}{query}"),
            headers,
            body,
            inputs,
        }
    }
}

/// A value in a media type that can be written here; the user supplies others.
fn body(media_type: &str, value: &Value) -> Option<String> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "application/x-www-form-urlencoded" => {
            let members = value.as_object().into_iter().flatten();
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(members.map(|(name, value)| (name, as_text(value))));
            Some(form.finish())
        }
        _ if is_json(essence) => Some(value.to_string()),
        _ if essence.starts_with("text/") => Some(as_text(value)),
        "application/octet-stream" => Some("sample".to_owned()),
        _ => None,
    }
}

pub(crate) fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence.ends_with("+json")
}

/// The path with a value in place of a name, which occurs once in a correct document.
fn filled(path: &str, name: &str, value: &str) -> String {
    path.replacen(&format!("{{{name}}}"), value, MAX_PLACES)
}

/// Headers that OpenAPI describes elsewhere, headers of the connection, and headers that change
/// the meaning of the request.
fn is_not_its_own(header: &str) -> bool {
    NOT_ITS_OWN
        .iter()
        .any(|name| name.eq_ignore_ascii_case(header))
}

/// A path segment, percent-encoded where a character could end it.
fn segment(text: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    encoded.replace('+', "%20")
}

/// The maximum number of occurrences of a name in one path.
const MAX_PLACES: usize = 2;

const NOT_ITS_OWN: [&str; 21] = [
    // OpenAPI 3.1.1 section 4.8.12.2.1.
    "Accept",
    "Authorization",
    "Content-Type",
    // RFC 9110 sections 7.2, 7.6.1 and 10.1.1, RFC 9112 section 6.
    "Connection",
    "Content-Length",
    "Expect",
    "Host",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    // The Fetch standard's, which are a check of their own.
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Origin",
    // A safe method that is another in truth.
    "X-HTTP-Method",
    "X-HTTP-Method-Override",
    "X-Method-Override",
];
