//! Problem details for HTTP APIs (RFC 9457).
//!
//! `type` is a link to the description of the reason, at the `repository` of Cargo.toml. In a
//! build without one, and for a reason that is not in [`REASONS`], it is `about:blank`.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use poem::{Body as ResponseBody, IntoResponse, Response};
use quick_cache::sync::Cache;
use serde::Serialize;
use serde_json::Value;

use crate::verifier::REASONS;

/// The media type of a problem.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// A problem. Its sentence is fixed and contains nothing from the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Problem {
    /// The status. Its reason phrase is the title.
    pub status: StatusCode,
    /// One fixed sentence.
    pub detail: &'static str,
    /// The stable word that logs and metrics use for it.
    pub reason: &'static str,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
}

impl Problem {
    /// The body as a JSON value.
    pub(crate) fn to_value(self) -> Value {
        serde_json::to_value(self.body(self.detail)).expect("a body of strings and a number")
    }

    /// The body with this sentence and with the member `trace_id`, by which traces are searched.
    #[cfg(feature = "service")]
    pub(crate) fn body_with_trace_id(self, detail: &str, trace_id: &str) -> Vec<u8> {
        let body = Body {
            trace_id: Some(trace_id),
            ..self.body(detail)
        };
        serde_json::to_vec(&body).expect("a body of strings and a number")
    }

    /// The response with this sentence in place of the fixed one.
    pub(super) fn into_response_with(self, detail: &str) -> Response {
        self.response(self.printed(detail))
    }

    /// The body as it is sent. It is made once for each reason, because floods of refusals occur.
    fn bytes(self) -> Bytes {
        BODIES.get(&self).unwrap_or_else(|| {
            let bytes = self.printed(self.detail);
            BODIES.insert(self, bytes.clone());
            bytes
        })
    }

    fn printed(self, detail: &str) -> Bytes {
        let printed = serde_json::to_vec(&self.body(detail));
        Bytes::from(printed.expect("a body of strings and a number"))
    }

    fn body(self, detail: &str) -> Body<'_> {
        Body {
            r#type: type_of(self.reason, env!("CARGO_PKG_REPOSITORY")),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail,
            reason: self.reason,
            trace_id: None,
        }
    }

    fn response(self, body: Bytes) -> Response {
        let mut response = Response::default();
        response.set_status(self.status);
        response.set_body(ResponseBody::from(body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(CACHE_CONTROL, NO_STORE);
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.response(self.bytes())
    }
}

/// The link to the description of a reason, in a repository.
fn type_of(reason: &str, repository: &str) -> String {
    let is_described = REASONS.iter().any(|(known, ..)| *known == reason);
    if repository.is_empty() || !is_described {
        return "about:blank".to_owned();
    }
    let repository = repository.trim_end_matches('/');
    format!("{repository}/blob/HEAD/docs/reasons.md#{reason}")
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// More reasons than the service and the guard have. An application may add its own.
const KEPT: usize = 128;
static BODIES: LazyLock<Cache<Problem, Bytes>> = LazyLock::new(|| Cache::new(KEPT));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_links_to_the_description_of_the_reason() {
        let repository = "https://git.example/a/b";
        let link = "https://git.example/a/b/blob/HEAD/docs/reasons.md#expired";
        for (row, reason, repository, expected) in [
            ("a reason of ours", "expired", repository, link),
            (
                "a slash at the end",
                "expired",
                "https://git.example/a/b/",
                link,
            ),
            ("no repository", "expired", "", "about:blank"),
            (
                "a reason of an application",
                "sold_out",
                repository,
                "about:blank",
            ),
        ] {
            assert_eq!(type_of(reason, repository), expected, "{row}");
        }
    }
}
