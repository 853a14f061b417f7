//! Lets pages of listed origins read answers (Fetch standard, section 3.2).
//!
//! Poem's own `Cors` answers 403 to any request whose origin is not listed, which makes
//! it a filter that it cannot be, and lets every requested header through once one of
//! them is allowed. Here the browser decides, by headers that only listed origins get:
//! requests pass as they are, refusals carry the headers too, and a preflight is answered
//! without a token, because a browser sends none with it.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use poem::{IntoResponse, Request, Response};
use serde_json::{Map, Value};

use super::config::CorsConfig;

/// The origins of the settings, and what the document describes.
pub(super) struct CrossOrigin {
    allowed_origins: Vec<String>,
    max_age_secs: HeaderValue,
    methods: HeaderValue,
    request_headers: HeaderValue,
    exposed_headers: HeaderValue,
}

impl CrossOrigin {
    pub(super) fn new(config: &CorsConfig, document: &Value) -> Self {
        let exposed = config.expose_headers.iter().map(ToString::to_string);
        Self {
            methods: list(methods(document)),
            request_headers: list(request_headers(document)),
            exposed_headers: list(response_headers(document).chain(exposed)),
            allowed_origins: config
                .allowed_origins
                .iter()
                .map(ToString::to_string)
                .collect(),
            max_age_secs: config.max_age.as_secs().into(),
        }
    }

    /// The request's origin, if it is listed, to the byte.
    pub(super) fn allowed(&self, request: &Request) -> Option<HeaderValue> {
        if self.allowed_origins.is_empty() {
            return None;
        }
        let origin = request.headers().get(ORIGIN)?;
        self.allowed_origins
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes())
            .then(|| origin.clone())
    }

    /// Names the origin that may read the answer, if the answer depends on it.
    pub(super) fn mark(&self, response: &mut Response, allowed: Option<HeaderValue>) {
        if self.allowed_origins.is_empty() {
            return;
        }
        let headers = response.headers_mut();
        let is_open_to_all = headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN);
        if is_open_to_all {
            return;
        }
        // A cache must not give one origin's answer to another.
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed_headers.clone());
        }
    }

    /// The response to a preflight of an origin that is allowed; `None` for another request.
    pub(super) fn preflight(
        &self,
        request: &Request,
        allowed: Option<&HeaderValue>,
    ) -> Option<Response> {
        if allowed.is_none() || !is_preflight(request) {
            return None;
        }
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, self.request_headers.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age_secs.clone());
        Some(response)
    }
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The methods of the operations, and those of the service's own paths.
fn methods(document: &Value) -> impl Iterator<Item = String> {
    let known = |name: &&String| METHODS.contains(&name.as_str());
    let methods = paths(document).flat_map(Map::keys).filter(known);
    ["GET", "HEAD"]
        .map(str::to_owned)
        .into_iter()
        .chain(methods.map(|name| name.to_ascii_uppercase()))
}

/// What callers may send: their token and its proof, the type of a body, and the header parameters.
fn request_headers(document: &Value) -> impl Iterator<Item = String> {
    let parameters = operations(document)
        .filter_map(|operation| operation["parameters"].as_array())
        .flatten()
        .filter(|parameter| parameter["in"] == "header")
        .filter_map(|parameter| parameter["name"].as_str());
    ["authorization", "content-type", "dpop"]
        .into_iter()
        .chain(parameters)
        .map(str::to_ascii_lowercase)
}

/// What pages may read of an answer, besides what every page may: the headers that some
/// response describes, and the request's name.
fn response_headers(document: &Value) -> impl Iterator<Item = String> {
    let described = operations(document)
        .filter_map(|operation| operation["responses"].as_object())
        .flat_map(Map::values)
        .filter_map(|response| response["headers"].as_object())
        .flat_map(Map::keys);
    [
        "www-authenticate",
        "dpop-nonce",
        "retry-after",
        "x-request-id",
    ]
    .into_iter()
    .chain(described.map(String::as_str))
    .map(str::to_ascii_lowercase)
}

fn paths(document: &Value) -> impl Iterator<Item = &Map<String, Value>> {
    let paths = document["paths"].as_object().into_iter();
    paths.flat_map(Map::values).filter_map(Value::as_object)
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    paths(document).flat_map(Map::values)
}

/// Each name once, in the given order.
fn list(names: impl Iterator<Item = String>) -> HeaderValue {
    let mut listed: Vec<String> = Vec::new();
    for name in names {
        if !listed.contains(&name) {
            listed.push(name);
        }
    }
    // What poem-openapi took for a header's name may hold anything else.
    listed.retain(|name| HeaderName::try_from(name).is_ok());
    HeaderValue::try_from(listed.join(", ")).expect("names of methods and headers")
}

/// The methods that an OpenAPI path may have.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];
