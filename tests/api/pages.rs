//! The document and its pages as files: tags, codings, policies, and who may read them.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;

const DOCUMENTS: [&str; 2] = ["/openapi.json", "/openapi.yaml"];
const PAGES: [&str; 2] = ["/docs", "/docs/reference"];

fn get(world: &World, path: &str) -> RequestBuilder {
    world.request(Method::GET, path)
}

/// The data in the page for its scripts.
fn data(page: &Answer, id: &str) -> (String, Value) {
    let mark = format!("<script type=\"application/json\" id=\"{id}\">");
    let rest = page.body.split_once(&mark).unwrap().1;
    let text = rest.split_once("</script>").unwrap().0;
    (text.to_owned(), serde_json::from_str(text).unwrap())
}

#[tokio::test]
async fn no_string_of_the_document_can_end_the_script_of_a_page() {
    let hostile = "</script><script>alert(1)</script><!--<script>";
    let world = World::with(&[("access.operations.whoami.scopes", hostile)]).await;
    let document = world.get("/openapi.json").await.json();

    for path in PAGES {
        let page = world.get(path).await;

        assert_eq!(
            page.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert!(page.body.starts_with("<!doctype html>"), "{path}");
        let (text, contained) = data(&page, "document");
        assert!(!text.contains(['<', '\u{2028}', '\u{2029}']), "{path}");
        assert_eq!(contained, document, "{path}");
        assert!(contained.to_string().contains(hostile), "{path}");
    }
}

#[tokio::test]
async fn swagger_ui_has_the_client_and_the_scopes_of_both_flows() {
    let nobody = World::start().await;
    let somebody = World::with(&[
        ("docs.client_id", "0oa1example"),
        ("docs.scopes", "openid extra"),
        ("access.operations.whoami.scopes", "admin"),
    ])
    .await;

    let settings = |page: Answer| data(&page, "settings").1;

    assert_eq!(
        settings(nobody.get("/docs").await),
        json!({ "clientId": "", "basePath": "", "scopes": [], "proofAlgorithms": ALGORITHMS })
    );
    assert_eq!(
        settings(somebody.get("/docs").await),
        json!({
            "clientId": "0oa1example", "basePath": "", "scopes": ["admin", "extra"],
            "proofAlgorithms": ALGORITHMS,
        })
    );
}

#[tokio::test]
async fn a_page_may_load_from_itself_alone_and_call_the_token_endpoint() {
    let world = World::start().await;

    let swagger_ui = world.get("/docs").await;
    let redoc = world.get("/docs/reference").await;

    let policy = swagger_ui.header("content-security-policy").unwrap();
    let issuer = world.issuer.address();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(policy.contains("; script-src 'self'; style-src 'self'; "));
    assert!(policy.ends_with(&format!("; connect-src 'self' http://{issuer}")));
    let policy = redoc.header("content-security-policy").unwrap();
    assert!(policy.ends_with("; connect-src 'self'"), "{policy}");
    for page in [swagger_ui, redoc] {
        let policy = page.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn a_page_links_only_to_what_is_there() {
    let world = World::start().await;

    for (path, base) in PAGES.into_iter().zip(["/", "/docs/"]) {
        let page = world.get(path).await;
        let links: Vec<_> = [" src=\"", " href=\""]
            .into_iter()
            .flat_map(|mark| page.body.split(mark).skip(1))
            .map(|rest| rest.split('"').next().unwrap())
            .collect();

        // Of the icon, twice; to the pages and the document; styles and scripts.
        assert_eq!(
            links.len(),
            2 + 4 + if base == "/" { 14 } else { 4 },
            "{path}"
        );
        for link in links {
            let answer = world.get(&format!("{base}{link}")).await;
            assert_eq!(answer.status, 200, "{path}: {link}");
        }
    }
    let slash = get(&world, "/docs/");
    assert_eq!(Answer::to(slash).await.status, 200, "behind its redirect");
}

#[tokio::test]
async fn the_issuer_may_send_people_back() {
    let world = World::start().await;

    let page = world.get("/docs/oauth2-redirect.html?code=x&state=y").await;

    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    assert!(!policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn an_icon_may_run_no_script() {
    let world = World::start().await;

    let icon = world.get("/docs/icon").await;

    assert_eq!(icon.header("content-type"), Some("image/svg+xml"));
    let policy = icon.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none';") && policy.ends_with("; sandbox"));
}

#[tokio::test]
async fn a_caller_that_has_a_document_or_a_page_is_not_sent_it_again() {
    let world = World::start().await;

    for path in DOCUMENTS.into_iter().chain(PAGES) {
        let first = world.get(path).await;
        let tag = first.header("etag").unwrap();
        let again = Answer::to(get(&world, path).header("if-none-match", tag)).await;
        let compressed = Answer::to(get(&world, path).header("accept-encoding", "gzip")).await;

        assert!(tag.starts_with('"'), "{path}: {tag}");
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
        for answer in [&first, &again, &compressed] {
            assert_eq!(
                answer.header("cache-control"),
                Some("public, max-age=60, must-revalidate"),
                "{path}"
            );
            assert_eq!(answer.header("vary"), Some("accept-encoding"), "{path}");
        }
        assert_eq!(again.header("etag"), Some(tag), "{path}");
        assert_ne!(compressed.header("etag"), Some(tag), "{path}");
    }
}

#[tokio::test]
async fn another_document_has_another_tag() {
    let tag = async |settings: &[(&'static str, &str)]| {
        let mut all = vec![("http.public_url", "https://api.example.com")];
        all.extend(settings);
        // The document names the issuer, which therefore has to be the same for both.
        let world = World::with_issuer("http://127.0.0.1:9/oauth2/default", &all).await;
        let answer = world.get("/openapi.json").await;
        answer.header("etag").unwrap().to_owned()
    };

    assert_eq!(tag(&[]).await, tag(&[]).await);
    assert_ne!(
        tag(&[]).await,
        tag(&[("access.mode", "all"), ("access.anonymous", "")]).await
    );
}

#[tokio::test]
async fn on_the_wire_swagger_ui_takes_less_than_a_third() {
    let world = World::start().await;

    let mut bytes = 0;
    for path in [
        "/docs",
        "/docs/swagger-ui.css",
        "/docs/page.css",
        "/docs/swagger-ui-bundle.js",
        "/docs/swagger-ui-start.js",
        "/docs/swagger-ui-theme.css",
        "/docs/swagger-ui-controls.css",
        "/docs/swagger-ui-layout.css",
        "/docs/dialog.css",
        "/docs/tokens.js",
        "/docs/bound-tokens.js",
        "/docs/refusal.js",
        "/docs/step-up.js",
        "/docs/dialog.js",
        "/docs/advice.js",
        "/docs/icon",
    ] {
        let request = get(&world, path).header("accept-encoding", "gzip");
        let response = request.send().await.unwrap();
        bytes += response.bytes().await.unwrap().len();
    }

    assert!(bytes < 1_600_000 / 3, "{bytes} bytes");
}

#[tokio::test]
async fn a_caller_that_does_not_accept_gzip_gets_the_bundles_too() {
    let world = World::start().await;

    for (path, least) in [
        ("/docs/swagger-ui.css", 100_000),
        ("/docs/swagger-ui-bundle.js", 1_000_000),
        ("/docs/redoc.js", 1_000_000),
    ] {
        let mut tags = Vec::new();
        for (accepted, coding) in [("identity", None), ("gzip", Some("gzip"))] {
            let ask = |method| {
                world
                    .request(method, path)
                    .header("accept-encoding", accepted)
            };
            let head = Answer::to(ask(Method::HEAD)).await;
            let whole = ask(Method::GET).send().await.unwrap();
            let tag = head.header("etag").unwrap().to_owned();
            let again = Answer::to(ask(Method::GET).header("if-none-match", &tag)).await;

            assert_eq!(head.header("content-encoding"), coding, "{path}");
            assert_eq!(whole.headers()["etag"], tag.as_str(), "{path}");
            assert_eq!(head.header("vary"), Some("accept-encoding"), "{path}");
            let length = whole.bytes().await.unwrap().len();
            let said = head.header("content-length").unwrap().to_owned();
            assert_eq!(said, length.to_string(), "{path}");
            assert_eq!(length > least, coding.is_none(), "{path}: {length} bytes");
            assert_eq!((again.status, again.body.as_str()), (304, ""), "{path}");
            assert!(!tags.contains(&tag), "{path}: {tag}");
            tags.push(tag);
        }
    }
}

const METADATA: &str = "/.well-known/oauth-protected-resource";

#[tokio::test]
async fn head_has_the_header_fields_of_get() {
    let world = World::start().await;

    let others = ["/api/hello", "/livez", "/readyz", METADATA];
    for path in DOCUMENTS.into_iter().chain(PAGES).chain(others) {
        let whole = world.get(path).await;
        let head = Answer::to(world.request(Method::HEAD, path)).await;

        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        for name in ["etag", "content-type", "content-length"] {
            assert_eq!(head.header(name), whole.header(name), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn pages_of_any_origin_read_the_document_and_nothing_else() {
    let listed = "https://app.example.com";
    let world = World::with(&[("cors.allowed_origins", listed)]).await;

    for origin in [listed, "https://editor.example.org"] {
        let ask = |path| Answer::to(get(&world, path).header("origin", origin));
        for path in DOCUMENTS {
            let answer = ask(path).await;

            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            assert_eq!(answer.header("vary"), Some("accept-encoding"), "{path}");
        }
        let page = ask("/docs").await;
        let permission = (origin == listed).then_some(listed);
        assert_eq!(page.header("access-control-allow-origin"), permission);
    }
}

/// The algorithms of DPoP proofs, which a page chooses from.
const ALGORITHMS: [&str; 9] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
];
