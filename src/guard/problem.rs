//! Problem details for HTTP APIs (RFC 9457).

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use poem::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

/// The media type of a problem.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// A problem: fixed text, no detail of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// The status, of which the title is made.
    pub status: StatusCode,
    /// One fixed sentence.
    pub detail: &'static str,
    /// The stable word that logs and metrics have for it.
    pub reason: &'static str,
}

#[derive(Serialize)]
struct Body {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
    reason: &'static str,
}

impl Problem {
    /// The body as a JSON value.
    pub(super) fn to_value(self) -> Value {
        serde_json::to_value(self.body()).expect("a body of texts and a number")
    }

    fn body(self) -> Body {
        Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail,
            reason: self.reason,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.body()).expect("a body of texts and a number");
        let mut response = Response::builder()
            .status(self.status)
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .header(CACHE_CONTROL, "no-store")
            .body(body);
        response.extensions_mut().insert(self);
        response
    }
}
