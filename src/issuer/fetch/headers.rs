//! Reads the header fields that describe the body of a response.

use std::time::Duration;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};

/// `application/json` and what is built on it (RFC 6839 section 3.1).
pub(in crate::issuer) fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<mime::Mime>().ok())
        .is_some_and(|mime| {
            mime.type_() == mime::APPLICATION
                && (mime.subtype() == mime::JSON || mime.suffix() == Some(mime::JSON))
        })
}

/// RFC 9111 section 5.2.2.
pub(super) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers
        .get_all(CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|directive| directive.trim().to_ascii_lowercase());
    let mut found = None;
    for directive in directives {
        match directive.split_once('=') {
            None if directive == "no-cache" || directive == "no-store" => {
                return Some(Duration::ZERO);
            }
            Some(("max-age", seconds)) => {
                found = seconds
                    .trim_matches('"')
                    .parse()
                    .ok()
                    .map(Duration::from_secs);
            }
            _ => {}
        }
    }
    found
}
