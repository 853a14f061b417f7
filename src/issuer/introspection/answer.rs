//! Reads the answer of an introspection endpoint, whatever its status is.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::issuer::fetch::is_json;

use super::error::IntrospectionError;

/// The body of an answer with status 200.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AnswerBody {
    Json(Vec<u8>),
    /// A compact JWS (RFC 9701).
    Signed(Vec<u8>),
}

/// Takes the body of a positive answer.
pub(super) fn body(
    answer: Response<Vec<u8>>,
    now: SystemTime,
) -> Result<AnswerBody, IntrospectionError> {
    let status = answer.status();
    match status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let error = error_word(answer.body());
            return Err(IntrospectionError::Refused { status, error });
        }
        StatusCode::BAD_REQUEST => {
            let error = error_word(answer.body());
            let is_about_client = matches!(
                error.as_deref(),
                Some("invalid_client" | "unauthorized_client" | "access_denied")
            );
            if is_about_client {
                return Err(IntrospectionError::Refused { status, error });
            }
            return Err(IntrospectionError::Status(status));
        }
        StatusCode::TOO_MANY_REQUESTS => {
            let retry_after = retry_after(answer.headers(), now);
            return Err(IntrospectionError::Limited { retry_after });
        }
        status => return Err(IntrospectionError::Status(status)),
    }
    if is_signed(answer.headers()) {
        return Ok(AnswerBody::Signed(answer.into_body()));
    }
    if is_json(answer.headers()) {
        return Ok(AnswerBody::Json(answer.into_body()));
    }
    Err(IntrospectionError::ContentType)
}

fn is_signed(headers: &HeaderMap) -> bool {
    let mime = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let mime = mime.and_then(|it| it.parse::<mime::Mime>().ok());
    mime.is_some_and(|it| it.essence_str() == SIGNED)
}

/// `error` of RFC 6749 section 5.2, or `errorCode` of Okta. Anything but a word of plain characters
/// is not shown.
fn error_word(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body {
        error: Option<String>,
        #[serde(rename = "errorCode")]
        code: Option<String>,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    let word = body.error.or(body.code)?;
    let is_plain = |it: char| it.is_ascii_alphanumeric() || it == '_';
    (word.len() <= MAX_WORD_BYTES && word.chars().all(is_plain)).then_some(word)
}

/// `Retry-After` in seconds, or the time of `X-Rate-Limit-Reset`, which Okta sends.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let number = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        value.trim().parse::<u64>().ok().map(Duration::from_secs)
    };
    number(RETRY_AFTER.as_str()).or_else(|| {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        number("x-rate-limit-reset").map(|reset| reset.saturating_sub(now))
    })
}

/// The media type of a signed response.
pub(super) const SIGNED: &str = "application/token-introspection+jwt";
const MAX_WORD_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, fields: &[(&str, &str)], body: &str) -> Response<Vec<u8>> {
        let mut answer = Response::builder().status(status);
        for (name, value) in fields {
            answer = answer.header(*name, *value);
        }
        answer.body(body.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn each_status_and_each_type_of_answer_has_its_reason() {
        let json = ("content-type", "application/json;charset=UTF-8");
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("JSON", answer(200, &[json], "{}"), "json"),
            ("signed", answer(200, &[("content-type", "Application/Token-Introspection+JWT")], "a.b.c"), "signed"),
            ("a page", answer(200, &[("content-type", "text/html")], "<p>"), "introspection_malformed"),
            ("no type", answer(200, &[], "{}"), "introspection_malformed"),
            ("nothing", answer(204, &[], ""), "introspection_malformed"),
            ("a request that it does not like", answer(400, &[json], r#"{"error":"invalid_request"}"#), "introspection_malformed"),
            ("an unknown client", answer(400, &[json], r#"{"error":"invalid_client"}"#), "introspection_refused"),
            ("a wrong secret", answer(401, &[json], r#"{"error":"invalid_client"}"#), "introspection_refused"),
            ("a wrong secret without words", answer(401, &[], ""), "introspection_refused"),
            ("not for this client", answer(403, &[json], "{}"), "introspection_refused"),
            ("not found", answer(404, &[json], "{}"), "introspection_malformed"),
            ("too many", answer(429, &[], ""), "introspection_limited"),
            ("down", answer(503, &[], ""), "introspection_unavailable"),
        ];
        for (row, answer, expected) in rows {
            let found = match body(answer, SystemTime::UNIX_EPOCH) {
                Ok(AnswerBody::Json(_)) => "json",
                Ok(AnswerBody::Signed(_)) => "signed",
                Err(error) => error.reason(),
            };

            assert_eq!(found, expected, "{row}");
        }
    }

    #[test]
    fn the_pause_is_that_of_the_issuer() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("seconds", ("retry-after", "7"), Some(7)),
            ("Okta's time", ("x-rate-limit-reset", "1030"), Some(30)),
            ("a time that passed", ("x-rate-limit-reset", "900"), Some(0)),
            ("a date", ("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT"), None),
            ("neither", ("date", "7"), None),
        ];
        for (row, field, expected) in rows {
            let error = body(answer(429, &[field], ""), now).unwrap_err();

            let IntrospectionError::Limited { retry_after } = error else {
                panic!("{row}");
            };
            assert_eq!(retry_after, expected.map(Duration::from_secs), "{row}");
        }
    }

    #[test]
    fn only_a_plain_word_of_the_issuer_is_shown() {
        for (row, body, expected) in [
            (
                "a word",
                r#"{"error":"invalid_client"}"#,
                Some("invalid_client"),
            ),
            (
                "Okta's code",
                r#"{"errorCode":"E0000015"}"#,
                Some("E0000015"),
            ),
            ("a sentence", r#"{"error":"the token abc is bad"}"#, None),
            ("a page", "<p>", None),
        ] {
            assert_eq!(error_word(body.as_bytes()).as_deref(), expected, "{row}");
        }
    }
}
