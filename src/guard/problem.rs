//! Problem details for HTTP APIs (RFC 9457).

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use poem::{Body as ResponseBody, IntoResponse, Response};
use quick_cache::sync::Cache;
use serde::Serialize;
use serde_json::Value;

/// The media type of a problem.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// A problem: fixed text, no detail of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Problem {
    /// The status, of which the title is made.
    pub status: StatusCode,
    /// One fixed sentence.
    pub detail: &'static str,
    /// The stable word that logs and metrics have for it.
    pub reason: &'static str,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'static str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
}

impl Problem {
    /// The body as a JSON value.
    pub(super) fn to_value(self) -> Value {
        serde_json::to_value(self.body()).expect("a body of texts and a number")
    }

    /// The body with the member `trace_id`, for who looks a refusal up in traces.
    #[cfg(feature = "service")]
    pub(crate) fn body_with_trace_id(self, trace_id: &str) -> Vec<u8> {
        let body = Body {
            trace_id: Some(trace_id),
            ..self.body()
        };
        serde_json::to_vec(&body).expect("a body of texts and a number")
    }

    /// The body as it is sent, made once: there are as many as there are reasons, and floods
    /// of refusals have few.
    fn bytes(self) -> Bytes {
        BODIES.get(&self).unwrap_or_else(|| {
            let made = serde_json::to_vec(&self.body()).expect("a body of texts and a number");
            let bytes = Bytes::from(made);
            BODIES.insert(self, bytes.clone());
            bytes
        })
    }

    fn body<'a>(self) -> Body<'a> {
        Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail,
            reason: self.reason,
            trace_id: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.set_status(self.status);
        response.set_body(ResponseBody::from(self.bytes()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, NO_STORE);
        response.extensions_mut().insert(self);
        response
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// More than the service and the guard have; a program's own add to them.
const KEPT: usize = 128;
static BODIES: LazyLock<Cache<Problem, Bytes>> = LazyLock::new(|| Cache::new(KEPT));
