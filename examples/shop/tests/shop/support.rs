//! Shops for tests, their customers, and requests.

use poem::Response;
use poem::http::{Method, StatusCode};
use poem::test::{TestClient, TestResponse};
use poem_resource_server::testing::{InProcess, Issuer, Listening, TestApplication};
use serde_json::Value;

/// A shop with a database of its own, in memory.
pub(crate) fn shop() -> TestApplication {
    TestApplication::new(shop::application()).with_setting("app.database_url", "sqlite::memory:")
}

pub(crate) async fn start(issuer: &Issuer) -> InProcess {
    shop().start(issuer).await.expect("the shop starts")
}

pub(crate) async fn listen(issuer: &Issuer) -> Listening {
    shop().listen(issuer).await.expect("the shop listens")
}

/// The token of `customer`, with these scopes.
pub(crate) fn token(issuer: &Issuer, customer: &str, scope: &str) -> String {
    issuer.sign(&issuer.access_token(scope).claim("sub", customer))
}

/// One request in process.
pub(crate) async fn call(
    shop: &InProcess,
    method: Method,
    path: &str,
    token: &str,
    body: Option<Value>,
) -> TestResponse {
    let client = TestClient::new(shop);
    let request = client
        .request(method, path)
        .header("Authorization", format!("Bearer {token}"));
    match body {
        Some(body) => request.body_json(&body).send().await,
        None => request.send().await,
    }
}

/// Places an order and returns its id.
pub(crate) async fn place(shop: &InProcess, token: &str, product: &str, quantity: u32) -> String {
    let order = serde_json::json!({"product": product, "quantity": quantity});
    let response = call(shop, Method::POST, "/orders", token, Some(order)).await;
    response.assert_status(StatusCode::CREATED);
    let order = json(response.0).await;
    order["id"].as_str().expect("an id").to_owned()
}

pub(crate) async fn json(response: Response) -> Value {
    response.into_body().into_json().await.expect("JSON")
}
