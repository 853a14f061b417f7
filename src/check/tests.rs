//! Where operations are called, by tables.

mod given;
mod issuers;
mod traces;
mod unbound;

use serde_json::json;
use url::Url;

use super::target::{Target, TargetError, printable};

#[test]
#[rustfmt::skip] // A row a line.
fn operations_are_called_where_the_document_has_them_and_below_the_url_alone() {
    for (name, url, server, path, expected) in [
        ("no server", "http://a.test/api", None, "/whoami", "/api/"),
        ("paths that hold the URL's", "http://a.test/api", None, "/api/whoami", "/"),
        ("a server that is a path", "http://a.test/", Some("/api"), "/whoami", "/api/"),
        ("the URL itself", "http://a.test/api", Some("http://a.test/api"), "/whoami", "/api/"),
        ("a server above the URL", "http://a.test/api", Some("http://a.test"), "/api/whoami", "/"),
        ("another host", "http://a.test/api", Some("http://b.test/v1"), "/whoami", "/api/"),
        ("another port", "http://a.test/api", Some("http://a.test:81/api"), "/whoami", "/api/"),
        ("a namesake", "http://a.test/api", Some("http://a.test/apis"), "/whoami", "/api/"),
        ("no URL at all", "http://a.test/api", Some("{scheme}://x"), "/whoami", "/api/"),
    ] {
        let mut document = json!({ "openapi": "3.1.0", "paths": { path: {} } });
        if let Some(server) = server {
            document["servers"] = json!([{ "url": server }]);
        }
        let url = Url::parse(url).unwrap();

        let target = Target::parse(&url, document.to_string().as_bytes(), "a file").unwrap();

        assert_eq!(target.base().host_str(), Some("a.test"), "{name}");
        assert_eq!(target.base().path(), expected, "{name}");
    }
}

#[test]
fn a_document_of_another_version_than_openapi_3_is_refused() {
    let url = Url::parse("http://a.test/").unwrap();
    for (name, text) in [
        ("empty", ""),
        ("a page", "<!doctype html><title>Sign in</title>"),
        ("Swagger 2", r#"{"swagger": "2.0", "paths": {}}"#),
        ("no paths", r#"{"openapi": "3.0.3"}"#),
    ] {
        assert!(
            Target::parse(&url, text.as_bytes(), "it").is_err(),
            "{name}"
        );
    }
    let yaml = "openapi: 3.0.3\npaths: {}\n";
    assert!(Target::parse(&url, yaml.as_bytes(), "it").is_ok());
}

/// Three levels of aliases, of which the last comes to `width` cubed values.
fn aliases(width: usize) -> String {
    let times = |name: &str| vec![name; width].join(",");
    format!(
        "openapi: 3.0.3\npaths: {{}}\na: &a [{}]\nb: &b [{}]\nc: [{}]\n",
        times("~"),
        times("*a"),
        times("*b")
    )
}

#[test]
fn a_document_is_counted_with_all_that_its_aliases_stand_for() {
    let url = Url::parse("http://a.test/").unwrap();
    let target_of = |text: &str| Target::parse(&url, text.as_bytes(), "it");

    let target = target_of(&aliases(20)).unwrap();
    assert_eq!(target.document()["c"][19][19][19], json!(null));
    assert!(matches!(
        target_of(&aliases(200)),
        Err(TargetError::TooLarge(_))
    ));

    let text = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(10_000),
        vec!["*a"; 5_000].join(",")
    );
    assert!(matches!(target_of(&text), Err(TargetError::TooLarge(_))));
    let many = format!("[{}0]", "0,".repeat(2_000_000));
    assert!(matches!(target_of(&many), Err(TargetError::TooLarge(_))));
    let nested = format!("openapi: 3.0.3\npaths: {{}}\na: {}", "{a: ".repeat(60_000));
    assert!(matches!(target_of(&nested), Err(TargetError::TooLarge(_))));
    let long = " ".repeat(16 * 1024 * 1024 + 1);
    assert!(matches!(target_of(&long), Err(TargetError::TooLarge(_))));
}

#[test]
fn a_document_is_read_as_it_is_written() {
    let url = Url::parse("http://a.test/").unwrap();
    let expected = json!({
        "openapi": "3.0.3", "paths": {}, "200": [1, -1, 1.5, true, null, "text"],
    });
    let yaml = "openapi: 3.0.3\npaths: {}\n200: [1, -1, 1.5, true, ~, text]\n";
    for text in [expected.to_string().as_str(), yaml] {
        let target = Target::parse(&url, text.as_bytes(), "it").unwrap();

        assert_eq!(*target.document(), expected);
    }
}

#[test]
fn an_operation_on_the_command_line_is_a_method_and_a_path() {
    let url = Url::parse("http://a.test/").unwrap();
    let target_of = |text: &str| Target::from_operations(&url, &[text.to_owned()], &[]);

    for text in ["", "/whoami", "GET", "GET whoami", "G-T /whoami"] {
        assert!(target_of(text).is_err(), "{text}");
    }
    let target = target_of("GET /whoami").unwrap();
    assert_eq!(
        target.document()["paths"]["/whoami"]["get"]["security"],
        json!([{ "token": [] }])
    );
}

#[test]
fn no_path_of_a_document_leads_elsewhere() {
    let url = Url::parse("http://a.test/api").unwrap();
    let document = br#"{"openapi": "3.0.3", "paths": {}, "servers": [{"url": "/"}]}"#;
    let target = Target::parse(&url, document, "a file").unwrap();
    for (path, expected) in [
        ("/api/whoami", true),
        ("/api", true),
        ("/apis", false),
        ("/", false),
        ("//b.test/api/", false),
        ("/api/../admin", false),
        ("/api/%2e%2e/admin", false),
        ("https://a.test/api/", false),
    ] {
        let url = target.base().join(path).unwrap();

        assert_eq!(target.holds(&url), expected, "{path}");
    }
}

#[test]
#[rustfmt::skip] // A row a line.
fn an_explanation_contains_no_control_or_bidirectional_characters() {
    for (name, text, expected) in [
        ("a path", "GET /reports/{id}", "GET /reports/{id}"),
        ("a path of another script", "GET /\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}", "GET /\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}"),
        ("controls", "a\u{1b}[2J\r\u{9b}", "a\u{fffd}[2J\u{fffd}\u{fffd}"),
        ("overrides", "\u{202a}\u{202e}a", "\u{fffd}\u{fffd}a"),
        ("isolates", "\u{2066}a\u{2069}", "\u{fffd}a\u{fffd}"),
        ("marks", "\u{200e}\u{200f}\u{61c}", "\u{fffd}\u{fffd}\u{fffd}"),
        ("nothing to see", "\u{200b}\u{ad}\u{feff}\u{e0041}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ("line ends", "\u{2028}\u{2029}", "\u{fffd}\u{fffd}"),
    ] {
        assert_eq!(printable(text), expected, "{name}");
    }
    assert_eq!(printable(&"a".repeat(1_000)).len(), 200);
}
