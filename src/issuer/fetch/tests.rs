use std::time::Duration;

use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use url::Url;

use super::{is_json, is_secure, max_age, okta_error};

#[test]
fn plain_http_is_used_with_this_machine_only() {
    for (url, secure) in [
        ("https://id.example/keys", true),
        ("http://127.0.0.1:3001/keys", true),
        ("http://127.9.9.9/keys", true),
        ("http://[::1]/keys", true),
        ("http://localhost:3001/keys", true),
        ("http://id.example/keys", false),
        ("http://127.0.0.1.id.example/keys", false),
        ("http://localhost.id.example/keys", false),
        ("http://[::ffff:127.0.0.1]/keys", false),
        ("http://0.0.0.0/keys", false),
        ("file:///etc/passwd", false),
        ("ftp://127.0.0.1/keys", false),
    ] {
        assert_eq!(is_secure(&Url::parse(url).unwrap()), secure, "{url}");
    }
}

#[test]
fn only_json_media_types_are_read() {
    for (content_type, accepted) in [
        (Some("application/json"), true),
        (Some("application/json; charset=utf-8"), true),
        (Some("Application/JSON"), true),
        (Some("application/jwk-set+json"), true),
        (Some("text/json"), false),
        (Some("text/html"), false),
        (Some("application/jsonp"), false),
        (Some("json"), false),
        (Some(""), false),
        (None, false),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        assert_eq!(is_json(&headers), accepted, "{content_type:?}");
    }
}

#[test]
fn a_lifetime_is_read_from_cache_control() {
    let secs = |secs| Some(Duration::from_secs(secs));
    for (fields, lifetime) in [
        (&["max-age=600"][..], secs(600)),
        (&["public, Max-Age=600, must-revalidate"], secs(600)),
        (&["max-age=\"600\""], secs(600)),
        (&["public", "max-age=7"], secs(7)),
        (&["no-cache"], secs(0)),
        (&["no-store, max-age=600"], secs(0)),
        (&["max-age=600, no-cache"], secs(0)),
        (&["public"], None),
        (&["max-age=-1"], None),
        (&["max-age=99999999999999999999999"], None),
        (&[], None),
    ] {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(CACHE_CONTROL, field.parse().unwrap());
        }
        assert_eq!(max_age(&headers), lifetime, "{fields:?}");
    }
}

#[test]
fn an_okta_error_code_is_read_in_its_own_form_only() {
    for (body, code) in [
        (
            r#"{"errorCode":"E0000007","errorSummary":"Not found"}"#,
            Some("E0000007"),
        ),
        (r#"{"errorCode":"<script>"}"#, None),
        (r#"{"errorCode":"E00000071"}"#, None),
        (r#"{"errorCode":7}"#, None),
        ("<html>", None),
    ] {
        assert_eq!(okta_error(body.as_bytes()).as_deref(), code, "{body}");
    }
}
