use poem::http::{Method, StatusCode};

use super::{Answer, World};

const ORIGIN: &str = "http://127.0.0.1:3000";

#[tokio::test]
async fn a_page_elsewhere_may_read_metadata_keys_and_token_answers() {
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
