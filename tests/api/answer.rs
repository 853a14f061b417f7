//! What came back.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let fields = lines.map(|line| line.split_once(": ").unwrap());
        Self {
            status: status.parse().unwrap(),
            headers: fields
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect::<Vec<(HeaderName, HeaderValue)>>()
                .into_iter()
                .collect(),
            body: body.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers.get_all(name).iter();
        // The scheme DPoP has a challenge of its own.
        let is_ours = |value: &&HeaderValue| !value.as_bytes().starts_with(b"DPoP ");
        let mut values = values.filter(is_ours);
        let value = values.next().map(|value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} twice: {:?}", self.headers);
        value
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Asserts a whole refusal: status, challenge, reason, and the form of its body. In the
    /// challenge, [`DETAIL`] is the sentence of the body.
    #[track_caller]
    pub fn assert_refused(&self, name: &str, status: u16, reason: &str, challenge: Option<&str>) {
        assert_eq!(self.status, status, "{name}: {}", self.body);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{name}"
        );
        assert_eq!(self.header("cache-control"), Some("no-store"), "{name}");
        let problem = self.json();
        assert_eq!(problem["reason"], reason, "{name}");
        assert_eq!(problem["type"], link(reason), "{name}");
        assert_eq!(problem["status"], status, "{name}");
        let title = StatusCode::from_u16(status).unwrap().canonical_reason();
        assert_eq!(problem["title"].as_str(), title, "{name}");
        let detail = problem["detail"].as_str().unwrap();
        let challenge = challenge.map(|it| it.replace(DETAIL, &detail.replace('"', "'")));
        assert_eq!(
            self.header("www-authenticate"),
            challenge.as_deref(),
            "{name}"
        );
        assert_eq!(problem.as_object().unwrap().len(), 5, "{name}: {problem}");
    }
}

/// The place of a problem's sentence in an expected challenge.
pub const DETAIL: &str = "{detail}";

/// The `type` of a problem with this reason.
fn link(reason: &str) -> String {
    match env!("CARGO_PKG_REPOSITORY").trim_end_matches('/') {
        "" => "about:blank".to_owned(),
        repository => format!("{repository}/blob/HEAD/docs/reasons.md#{reason}"),
    }
}
