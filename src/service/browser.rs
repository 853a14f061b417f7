//! The answers to a person who opens an address in a browser.

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode};
use poem::{Request, Response};

use super::problems::problem;

/// Whether a browser asks for a page: its `Accept` names HTML before it accepts anything.
pub(super) fn asks(request: &Request) -> bool {
    let accept = request.headers().get(ACCEPT).map(HeaderValue::as_bytes);
    accept.is_some_and(|accept| {
        let first = accept.split(|byte| matches!(byte, b',' | b';')).next();
        first.is_some_and(|it| it.trim_ascii().eq_ignore_ascii_case(b"text/html"))
    })
}

/// Redirects from `/` to the pages of the document.
pub(super) fn to_docs() -> Response {
    Response::builder()
        .status(StatusCode::FOUND)
        .header(LOCATION, "docs")
        .header(CACHE_CONTROL, "no-store")
        .finish()
}

/// The answer to `/favicon.ico`, which browsers request of every site, where there is no icon.
pub(super) fn no_icon() -> Response {
    Response::builder()
        .status(StatusCode::NO_CONTENT)
        .header(CACHE_CONTROL, "public, max-age=86400")
        .finish()
}

/// The page of a path where there is nothing, in the colours of the documentation.
pub(super) fn not_found(has_docs: bool) -> Response {
    let (head, link) = if has_docs { (STYLE, LINK) } else { ("", "") };
    let mut response = Response::builder()
        .status(StatusCode::NOT_FOUND)
        .header(CONTENT_TYPE, "text/html; charset=utf-8")
        .header(CACHE_CONTROL, "no-store")
        .header(CONTENT_SECURITY_POLICY, POLICY)
        .body(format!(
            "{HEAD}{head}{BODY}{link}</main>\n</body>\n</html>\n"
        ));
    // For the log and the metrics.
    let problem = problem(StatusCode::NOT_FOUND);
    response.extensions_mut().insert(problem);
    response
}

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";
const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
    <meta name=\"color-scheme\" content=\"light dark\">\n";
const STYLE: &str = "<link rel=\"icon\" href=\"/docs/icon\">\n\
    <link rel=\"stylesheet\" href=\"/docs/page.css\">\n";
const BODY: &str = "<title>Not found</title>\n</head>\n<body>\n<main class=\"card\">\n\
    <h1>Not found</h1>\n<p>There is nothing at this path.</p>\n";
const LINK: &str = "<p><a href=\"/docs\">The documentation of this API</a></p>\n";
