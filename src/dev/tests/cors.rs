use poem::http::{Method, StatusCode};

use super::{Answer, World};

const ORIGIN: &str = "http://127.0.0.1:3000";

#[tokio::test]
async fn a_page_of_the_service_may_read_metadata_keys_and_token_answers() {
    let world = World::start().await;
    let issuer = world.issuer.issuer();
    let ask = |method, path| {
        let request = world.http.request(method, format!("{issuer}{path}"));
        Answer::read(request.header("origin", ORIGIN))
    };

    for answer in [
        ask(Method::GET, "/.well-known/openid-configuration").await,
        ask(Method::GET, "/v1/keys").await,
        ask(Method::POST, "/v1/token").await, // Refused, and the refusal is readable.
    ] {
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}

#[tokio::test]
async fn a_preflight_allows_the_headers_swagger_ui_sends() {
    let world = World::start().await;
    let url = format!("{}/v1/token", world.issuer.issuer());
    let preflight = |headers: &'static str| {
        let request = world.http.request(Method::OPTIONS, &url);
        let request = request.header("origin", ORIGIN);
        let request = request.header("access-control-request-method", "POST");
        Answer::read(request.header("access-control-request-headers", headers))
    };

    let allowed = preflight("authorization,content-type,x-requested-with").await;
    let refused = preflight("x-other").await;

    assert_eq!(allowed.status, StatusCode::OK);
    let headers = allowed.header("access-control-allow-headers");
    for name in ["authorization", "content-type", "x-requested-with"] {
        assert!(headers.contains(name), "{name} is not among {headers}");
    }
    assert_ne!(refused.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_of_another_origin_may_read_nothing() {
    let world = World::start().await;
    let issuer = world.issuer.issuer();
    let paths = ["/v1/keys", "/v1/token", "/.well-known/openid-configuration"];

    for origin in ["https://evil.example", "http://127.0.0.1:3999", "null"] {
        for path in paths {
            let preflight = world
                .http
                .request(Method::OPTIONS, format!("{issuer}{path}"));
            let preflight = preflight.header("access-control-request-method", "POST");
            for request in [world.http.get(format!("{issuer}{path}")), preflight] {
                let answer = Answer::read(request.header("origin", origin)).await;

                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{origin} {path}");
                assert_eq!(answer.header("access-control-allow-origin"), "");
            }
        }
    }
}

#[tokio::test]
async fn a_host_name_that_was_rebound_is_misdirected() {
    let world = World::start().await;
    let keys = format!("{}/v1/keys", world.issuer.issuer());
    let ask = |host: &'static str| Answer::read(world.http.get(&keys).header("host", host));

    for host in [
        "evil.example",
        "evil.example:3001",
        "localhost.evil.example",
    ] {
        let answer = ask(host).await;

        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert_eq!(answer.refusal().1, "invalid_request");
    }
    for host in ["127.0.0.1:3001", "localhost:3001", "[::1]:3001"] {
        assert_eq!(ask(host).await.status, StatusCode::OK, "{host}");
    }
}
