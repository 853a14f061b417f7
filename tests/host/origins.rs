//! Pages of other origins: what they may send and read follows from the document.

use poem::http::Method;
use poem_openapi::param::Header;
use poem_openapi::payload::PlainText;
use poem_openapi::{ApiResponse, OpenApi};
use poem_resource_server::Application;

use crate::calls::{call, small, start};

struct Orders;

#[derive(ApiResponse)]
enum Placed {
    #[oai(status = 201)]
    Done(
        PlainText<String>,
        #[oai(header = "X-Order")] u32,
        #[oai(header = "Location")] String,
    ),
}

#[OpenApi]
#[allow(clippy::unused_async)]
impl Orders {
    #[oai(path = "/orders", method = "put", operation_id = "place")]
    async fn place(&self, #[oai(name = "If-Match")] version: Header<String>) -> Placed {
        Placed::Done(PlainText(version.0), 7, "/orders/7".to_owned())
    }
}

const SETTINGS: &[(&str, &str)] = &[
    ("cors.allowed_origins", "https://app.test"),
    ("cors.expose_headers", "x-trace,x-order"),
];
const PREFLIGHT: &[(&str, &str)] = &[
    ("origin", "https://app.test"),
    ("access-control-request-method", "PUT"),
];

#[tokio::test]
async fn what_pages_may_send_and_read_is_in_the_document() {
    let orders = Application::new("Orders", "1").api(|_| Orders);
    let hosted = start(orders, SETTINGS).await;

    let asked = call(&hosted, Method::OPTIONS, "/orders", PREFLIGHT).await;
    let sent = [("origin", "https://app.test"), ("if-match", "1")];
    let answer = call(&hosted, Method::PUT, "/orders", &sent).await;

    assert_eq!(asked.status, 204);
    let methods = asked.header("access-control-allow-methods");
    assert_eq!(methods, Some("GET, HEAD, PUT"));
    let headers = asked.header("access-control-allow-headers");
    assert_eq!(headers, Some("authorization, content-type, dpop, if-match"));
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (201, "1"));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in [
        "x-order",
        "location",
        "x-trace",
        "x-request-id",
        "www-authenticate",
    ] {
        let count = exposed.split(", ").filter(|it| *it == name).count();
        assert_eq!(count, 1, "{name}: {exposed}");
    }
}

#[tokio::test]
async fn what_no_operation_has_is_not_offered() {
    let hosted = start(small(), SETTINGS).await;

    let asked = call(&hosted, Method::OPTIONS, "/open", PREFLIGHT).await;

    let methods = asked.header("access-control-allow-methods");
    assert_eq!(methods, Some("GET, HEAD"));
    let headers = asked.header("access-control-allow-headers");
    assert_eq!(headers, Some("authorization, content-type, dpop"));
}
