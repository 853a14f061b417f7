//! The host answers as plain poem-openapi does, except where a problem is better.

use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Endpoint, Request, Response};
use poem_resource_server::testing::{Issuer, TestApplication};
use serde_json::Value;

use crate::kinds;

/// A name, a method, an address, header fields and a body.
type Row = (
    &'static str,
    Method,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static [u8],
);

/// What an answer is to a caller.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

async fn answer(endpoint: &impl Endpoint, (_, method, uri, headers, body): &Row) -> Answer {
    let mut request = Request::builder()
        .method(method.clone())
        .uri(uri.parse().unwrap());
    for (name, value) in *headers {
        request = request.header(*name, *value);
    }
    let response: Response = endpoint.get_response(request.body(*body)).await;
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.into_vec().await.unwrap(),
    }
}

impl Answer {
    /// The header fields without those that the host adds to every answer.
    fn shown_headers(&self) -> Vec<(String, Vec<u8>)> {
        let mut shown: Vec<_> = (self.headers.iter())
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .filter(|(name, _)| name != "x-request-id")
            .collect();
        shown.sort();
        shown
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const PLAIN: &[(&str, &str)] = &[("content-type", "text/plain")];
const BINARY: &[(&str, &str)] = &[("content-type", "application/octet-stream")];
const FORM: &[(&str, &str)] = &[("content-type", "multipart/form-data; boundary=X")];
const UPLOAD: &[u8] = b"--X\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nA\r\n\
    --X\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
    content-type: text/plain\r\n\r\nhello\r\n--X--\r\n";

#[rustfmt::skip] // A row a line.
const SAME: &[Row] = &[
    ("a list at the root of a prefix", Method::GET, "/kinds", &[], b""),
    ("its head", Method::HEAD, "/kinds", &[], b""),
    ("a body", Method::POST, "/kinds", JSON, br#"{"name": "ada", "count": 3}"#),
    ("a body with a default", Method::POST, "/kinds", JSON, br#"{"name": "ada"}"#),
    ("a slash more", Method::GET, "/kinds/rest//", &[], b""),
    ("another type that is JSON too", Method::POST, "/kinds", &[("content-type", "application/json; charset=utf-8")], br#"{"name": "ada"}"#),
    ("a status of an answer", Method::POST, "/kinds", JSON, br#"{"name": "later"}"#),
    ("a described 404", Method::POST, "/kinds", JSON, br#"{"name": "missing"}"#),
    ("a described error", Method::POST, "/kinds", JSON, br#"{"name": "taken"}"#),
    ("a query", Method::GET, "/kinds/query?number=1&tag=a&tag=b&ids=1,2", &[], b""),
    ("a query with everything", Method::GET, "/kinds/query?number=9&colour=Red&word=a%20b%26c+d&tag=&ids=3", &[], b""),
    ("a query in another order", Method::GET, "/kinds/query?ids=1&tag=x&number=01", &[], b""),
    ("a header", Method::GET, "/kinds/header", &[("x-number", "-4"), ("x-words", "a"), ("x-words", "b")], b""),
    ("a path parameter", Method::GET, "/kinds/one/12", &[], b""),
    ("its head", Method::HEAD, "/kinds/one/12", &[], b""),
    ("another method", Method::DELETE, "/kinds/one/12", &[], b""),
    ("a fixed path beside it", Method::GET, "/kinds/one/latest", &[], b""),
    ("two path parameters", Method::GET, "/kinds/Red/of/a%2Fb%20c", &[], b""),
    ("a rest", Method::GET, "/kinds/rest/a/b/", &[], b""),
    ("an empty rest", Method::GET, "/kinds/rest/", &[], b""),
    ("JSON of three bodies", Method::PUT, "/kinds/many", JSON, br#"{"name": "ada"}"#),
    ("text of three bodies", Method::PATCH, "/kinds/many", PLAIN, b"some text"),
    ("bytes of three bodies", Method::PUT, "/kinds/many", BINARY, &[0, 255, 1]),
    ("an unknown type of three bodies", Method::PUT, "/kinds/many", &[("content-type", "image/png")], b"1"),
    ("an upload", Method::POST, "/kinds/upload", FORM, UPLOAD),
    ("a stream", Method::POST, "/kinds/stream", BINARY, &[7; 5000]),
    ("a file", Method::GET, "/kinds/file", &[], b""),
    ("nothing", Method::GET, "/kinds/nothing", &[], b""),
    (HANDLED, Method::GET, "/kinds/handled?number=x", &[], b""),
    ("no such error", Method::GET, "/kinds/handled?number=1", &[], b""),
    ("middleware", Method::GET, "/kinds/transformed", &[], b""),
    ("a key in a header", Method::GET, "/keys/header", &[("x-key", "k")], b""),
    ("a key in the query", Method::GET, "/keys/query?key=k", &[], b""),
    ("a name and a password", Method::GET, "/keys/basic", &[("authorization", "Basic YWRhOng=")], b""),
    ("a method of its own", Method::OPTIONS, "/keys/basic", &[], b""),
    ("a generic API", Method::POST, "/store", JSON, br#"{"name": "ada", "count": 1}"#),
];

#[tokio::test]
async fn an_operation_answers_as_without_the_host() {
    let plain = kinds::plain();
    let hosted = TestApplication::new(kinds::hosted());
    let hosted = hosted.start(&Issuer::new()).await.unwrap();

    for row in SAME {
        let name = row.0;
        let (ours, theirs) = (answer(&hosted, row).await, answer(&plain, row).await);

        let (here, there) = (ours.text(), theirs.text());
        assert_eq!(ours.status, theirs.status, "{name}: {here} {there}");
        assert_eq!(here, there, "{name}");
        assert_eq!(ours.shown_headers(), theirs.shown_headers(), "{name}");
        let is_described = theirs.status.is_success() || name.starts_with("a described");
        assert!(is_described || name == HANDLED, "{name}: {there}");
    }
}

const HANDLED: &str = "an error that the answer handles";

/// What differs: the status is the same, the body is a problem with this reason.
#[rustfmt::skip] // A row a line.
const PROBLEMS: &[(Row, &str)] = &[
    (("a query that is no number", Method::GET, "/kinds/query?number=x", &[], b""), "bad_request"),
    (("a query beyond its maximum", Method::GET, "/kinds/query?number=10&tag=a&ids=1", &[], b""), "bad_request"),
    (("a query that lacks", Method::GET, "/kinds/query", &[], b""), "bad_request"),
    (("an unknown value", Method::GET, "/kinds/query?number=1&colour=Blue&tag=a&ids=1", &[], b""), "bad_request"),
    (("a header that lacks", Method::GET, "/kinds/header", &[], b""), "bad_request"),
    (("a path parameter that is no number", Method::GET, "/kinds/one/x", &[], b""), "bad_request"),
    (("a name that is too short", Method::POST, "/kinds", JSON, br#"{"name": "a"}"#), "bad_request"),
    (("a body that is not JSON", Method::POST, "/kinds", JSON, b"{"), "bad_request"),
    (("a body of another type", Method::POST, "/kinds", PLAIN, b"{}"), "bad_request"),
    (("an upload without its file", Method::POST, "/kinds/upload", FORM, b"--X--\r\n"), "bad_request"),
    (("an error of poem", Method::GET, "/kinds/fails/missing", &[], b""), "not_found"),
    (("an error that is a status", Method::GET, "/kinds/fails/conflict", &[], b""), "bad_request"),
    (("no key", Method::GET, "/keys/header", &[], b""), "bad_request"),
    (("no key in the query", Method::GET, "/keys/query", &[], b""), "bad_request"),
    (("no password", Method::GET, "/keys/basic", &[("authorization", "Basic !")], b""), "bad_request"),
    (("no path", Method::GET, "/nowhere", &[], b""), "not_found"),
    (("no such method", Method::DELETE, "/kinds", &[], b""), "method_not_allowed"),
    (("no such method of a path parameter", Method::PUT, "/kinds/one/1", &[], b""), "method_not_allowed"),
    (("OPTIONS without an operation", Method::OPTIONS, "/kinds/query", &[], b""), "method_not_allowed"),
];

#[tokio::test]
async fn an_error_of_poem_has_the_same_status_and_is_a_problem() {
    let plain = kinds::plain();
    let hosted = TestApplication::new(kinds::hosted());
    let hosted = hosted.start(&Issuer::new()).await.unwrap();

    for (row, reason) in PROBLEMS {
        let name = row.0;
        let (ours, theirs) = (answer(&hosted, row).await, answer(&plain, row).await);

        assert_eq!(ours.status, theirs.status, "{name}: {}", theirs.text());
        let problem: Value = serde_json::from_slice(&ours.body).unwrap_or_default();
        assert_eq!(problem["reason"], *reason, "{name}: {}", ours.text());
        assert_eq!(ours.headers["content-type"], "application/problem+json");
    }
}

#[tokio::test]
async fn a_405_names_the_methods_of_its_path() {
    let hosted = TestApplication::new(kinds::hosted());
    let hosted = hosted.start(&Issuer::new()).await.unwrap();

    for (path, allowed) in [
        ("/kinds", "GET, HEAD, POST"),
        ("/kinds/one/7", "DELETE, GET, HEAD"),
        ("/kinds/one/latest", "GET, HEAD"),
        ("/kinds/many", "PATCH, PUT"),
        ("/kinds/rest/a/b", "GET, HEAD"),
        ("/keys/basic", "GET, HEAD, OPTIONS"),
        ("/livez", "GET, HEAD"),
    ] {
        let request = Request::builder().method(Method::TRACE);
        let response = hosted.get_response(request.uri_str(path).finish()).await;

        assert_eq!(response.status(), 405, "{path}");
        assert_eq!(response.header("allow"), Some(allowed), "{path}");
    }
}
