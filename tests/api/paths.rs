//! No spelling of a path, and no method, leads around the gate.

use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::answer::Answer;
use crate::world::World;

/// The status of a request whose target is sent as it is written here.
async fn status(world: &World, method: &str, target: &str, fields: &str) -> u16 {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    text.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn no_spelling_of_the_path_is_answered_without_a_token() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    let address = world.address;
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("as it is", "/api/whoami".to_owned(), 401),
        ("with a query", "/api/whoami?x=/api/hello".to_owned(), 401),
        ("as a whole URL", format!("http://{address}/api/whoami"), 401),
        ("of another host", "http://elsewhere/api/whoami".to_owned(), 421),
        ("a letter in percent", "/api/%77hoami".to_owned(), 404),
        ("a slash in percent", "/api%2Fwhoami".to_owned(), 404),
        ("two slashes", "/api//whoami".to_owned(), 404),
        ("a slash more", "/api/whoami/".to_owned(), 404),
        ("from the open one", "/api/hello/../whoami".to_owned(), 404),
        ("from the open one in percent", "/api/hello/%2e%2e/whoami".to_owned(), 404),
        ("in upper case", "/API/WHOAMI".to_owned(), 404),
        ("a parameter", "/api/whoami;x".to_owned(), 404),
        ("a zero byte", "/api/whoami%00".to_owned(), 404),
    ];

    for (name, target, expected) in rows {
        assert_eq!(status(&world, "GET", &target, "").await, expected, "{name}");
    }

    let bearer = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(status(&world, "GET", "/api/whoami", &bearer).await, 200);
}

#[tokio::test]
async fn no_method_is_answered_without_a_token() {
    let world = World::start().await;
    for method in [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "MADE-UP", "get",
    ] {
        let status = status(&world, method, "/api/whoami", "").await;
        let expected = if matches!(method, "GET" | "HEAD") {
            401
        } else {
            405
        };
        assert_eq!(status, expected, "{method}");
    }
    for name in ["x-http-method-override", "x-original-url", "x-rewrite-url"] {
        let request = world
            .request(Method::GET, "/api/whoami")
            .header(name, "/api/hello");
        let answer = Answer::to(request).await;
        let challenge = world.challenge("");
        answer.assert_refused(name, 401, "missing_credentials", Some(&challenge));
    }
}

#[tokio::test]
async fn a_method_that_a_path_does_not_allow_is_answered_with_those_that_it_allows() {
    let world = World::start().await;
    for path in ["/api/whoami", "/api/hello", "/docs", "/livez"] {
        for method in ["DELETE", "QUERY", "BREW"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = Answer::to(world.request(method, path)).await;
            answer.assert_refused(path, 405, "method_not_allowed", None);
            assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_head_request_has_the_status_of_its_get_twin_and_no_body() {
    let world = World::start().await;
    let token = world.sign(&world.token());

    let refused = Answer::to(world.request(Method::HEAD, "/api/whoami")).await;
    let accepted = Answer::to(
        world
            .request(Method::HEAD, "/api/whoami")
            .bearer_auth(&token),
    )
    .await;

    assert_eq!(refused.status, 401);
    let challenge = world.challenge("");
    assert_eq!(refused.header("www-authenticate"), Some(&*challenge));
    assert_eq!(accepted.status, 200);
    assert_eq!((&*refused.body, &*accepted.body), ("", ""));
}

#[tokio::test]
async fn a_host_name_that_was_rebound_to_loopback_is_misdirected() {
    let public = [("http.public_url", "https://api.example/v1")];
    let world = World::with(&public).await;
    let ask = |request: reqwest::RequestBuilder, host| Answer::to(request.header("host", host));

    for host in [
        "evil.example",
        "evil.example:3000",
        "127.0.0.1.evil.example",
    ] {
        for request in [
            world.request(Method::GET, "/api/hello"),
            world.request(Method::GET, "/openapi.json"),
            world.admin_request(Method::GET, "/metrics"),
            world.admin_request(Method::GET, "/denylist"),
        ] {
            let answer = ask(request, host).await;

            assert_eq!(answer.status, 421, "{host}");
            assert!(answer.body.contains("\"reason\":\"misdirected\""), "{host}");
        }
    }
    for host in ["127.0.0.1:3000", "localhost", "[::1]:3000"] {
        let hello = ask(world.request(Method::GET, "/api/hello"), host).await;
        let metrics = ask(world.admin_request(Method::GET, "/metrics"), host).await;
        assert_eq!((hello.status, metrics.status), (200, 200), "{host}");
    }
    let hello = ask(world.request(Method::GET, "/api/hello"), "api.example").await;
    let metrics = ask(world.admin_request(Method::GET, "/metrics"), "api.example").await;
    assert_eq!((hello.status, metrics.status), (200, 421));
}
