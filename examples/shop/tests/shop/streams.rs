use futures_util::StreamExt;
use poem_resource_server::testing::{Issuer, Listening};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{listen, token};

pub(crate) async fn place(shop: &Listening, token: &str) -> Value {
    let response = Client::new()
        .post(format!("http://{}/orders", shop.address()))
        .bearer_auth(token)
        .json(&json!({"product": "tea", "quantity": 1}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::CREATED);
    response.json().await.expect("an order")
}

pub(crate) async fn follow(shop: &Listening, token: &str) -> Response {
    let url = format!("http://{}/orders/events", shop.address());
    let response = Client::new()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), StatusCode::OK);
    response
}

/// The data of the next event.
pub(crate) async fn next_event(events: &mut Response) -> Option<Value> {
    loop {
        let chunk = events.chunk().await.expect("a stream")?;
        let chunk = String::from_utf8(chunk.to_vec()).expect("UTF-8");
        if let Some(data) = chunk.lines().find_map(|line| line.strip_prefix("data:")) {
            return Some(serde_json::from_str(data).expect("JSON"));
        }
    }
}

fn watch(shop: &Listening, header: &'static str, value: &str) -> Request {
    let url = format!("ws://{}/orders/live", shop.address());
    let mut request = url.into_client_request().expect("a request");
    request
        .headers_mut()
        .insert(header, value.parse().expect("a value"));
    request
}

async fn next_message(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Value {
    loop {
        match socket.next().await.expect("a message").expect("a message") {
            Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
            Message::Ping(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_customer_follows_the_own_orders_until_the_shop_shuts_down() {
    let issuer = Issuer::new();
    let shop = listen(&issuer).await;
    let ada = token(&issuer, "ada", "orders:read orders:write");
    let bob = token(&issuer, "bob", "orders:read orders:write");
    let mut events = follow(&shop, &ada).await;

    place(&shop, &bob).await;
    let order = place(&shop, &ada).await;
    let event = next_event(&mut events).await.expect("an event");
    shop.stop().await;
    let end = next_event(&mut events).await;

    assert_eq!(event, json!({"order": order["id"], "state": "placed"}));
    assert_eq!(end, None);
}

#[tokio::test]
async fn a_websocket_takes_the_token_as_a_header_and_as_a_protocol() {
    let issuer = Issuer::new();
    let shop = listen(&issuer).await;
    let ada = token(&issuer, "ada", "orders:read orders:write");
    let header = watch(&shop, "Authorization", &format!("Bearer {ada}"));
    let protocol = watch(&shop, "Sec-WebSocket-Protocol", &format!("bearer, {ada}"));
    let (mut by_header, _) = connect_async(header).await.expect("a WebSocket");
    let (mut by_protocol, answer) = connect_async(protocol).await.expect("a WebSocket");

    let order = place(&shop, &ada).await;
    let first = next_message(&mut by_header).await;
    let second = next_message(&mut by_protocol).await;
    shop.stop().await;

    assert_eq!(first, json!({"order": order["id"], "state": "placed"}));
    assert_eq!(second, first);
    assert_eq!(answer.headers()["Sec-WebSocket-Protocol"], "bearer");
    assert!(matches!(
        by_header.next().await,
        Some(Ok(Message::Close(_)))
    ));
}

#[tokio::test]
async fn a_websocket_without_a_good_token_is_refused() {
    let issuer = Issuer::new();
    let shop = listen(&issuer).await;
    let other = token(&issuer, "ada", "orders:write");

    for (value, status) in [("bearer, bad", 401), (&format!("bearer, {other}"), 403)] {
        let refused = connect_async(watch(&shop, "Sec-WebSocket-Protocol", value)).await;

        match refused {
            Err(Error::Http(response)) => assert_eq!(response.status(), status),
            other => panic!("{other:?}"),
        }
    }
}
