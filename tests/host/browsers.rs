//! The answers to a person who opens an address, and to a program.

use poem::http::Method;

use crate::calls::{call, small, start};

const PAGE: &[(&str, &str)] = &[("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")];
const PROGRAM: &[(&str, &str)] = &[("accept", "*/*")];

#[tokio::test]
async fn a_browser_is_redirected_to_the_docs_and_gets_a_page_where_there_is_nothing() {
    let hosted = start(small(), &[]).await;

    let root = call(&hosted, Method::GET, "/", PAGE).await;
    let icon = call(&hosted, Method::GET, "/favicon.ico", PAGE).await;
    let nothing = call(&hosted, Method::GET, "/nowhere", PAGE).await;

    assert_eq!(
        (root.status.as_u16(), root.header("location")),
        (302, Some("docs"))
    );
    assert_eq!(icon.header("content-type"), Some("image/svg+xml"));
    assert!(icon.text.contains(">S</text>"), "{}", icon.text);
    assert_eq!(nothing.status, 404);
    assert_eq!(
        nothing.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(nothing.text.contains("href=\"/docs\""), "{}", nothing.text);
}

#[tokio::test]
async fn an_application_has_its_own_icon() {
    let own = small().icon("image/png", b"not a picture".as_slice());
    let hosted = start(own, &[]).await;

    for path in ["/favicon.ico", "/docs/icon"] {
        let icon = call(&hosted, Method::GET, path, PAGE).await;

        assert_eq!(icon.header("content-type"), Some("image/png"), "{path}");
        assert_eq!(icon.text, "not a picture", "{path}");
    }
}

#[tokio::test]
async fn a_program_gets_a_problem_where_there_is_nothing() {
    let hosted = start(small(), &[]).await;

    for path in ["/", "/nowhere"] {
        let answer = call(&hosted, Method::GET, path, PROGRAM).await;

        assert_eq!(
            (answer.status.as_u16(), answer.reason()),
            (404, "not_found".to_owned())
        );
    }
}

#[tokio::test]
async fn a_page_without_docs_leads_nowhere() {
    let hosted = start(small(), &[("docs.enabled", "false")]).await;

    for path in ["/", "/nowhere"] {
        let answer = call(&hosted, Method::GET, path, PAGE).await;

        assert_eq!(answer.status, 404, "{path}");
        assert!(
            answer.text.starts_with("<!doctype html>"),
            "{path}: {}",
            answer.text
        );
        assert!(!answer.text.contains("docs"), "{path}");
    }
    let icon = call(&hosted, Method::GET, "/favicon.ico", PAGE).await;
    assert_eq!((icon.status.as_u16(), icon.text.as_str()), (204, ""));
}
