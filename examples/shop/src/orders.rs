//! The caller's own orders. An order of somebody else is answered like one that does not exist.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures_util::stream::BoxStream;
use futures_util::{SinkExt, StreamExt};
use poem::web::websocket::{BoxWebSocketUpgraded, Message, WebSocket, WebSocketStream};
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{EventStream, Json};
use poem_openapi::types::ToJSON;
use poem_resource_server::Shutdown;
use poem_resource_server::guard::BearerAuth;
use uuid::Uuid;

use crate::events::OrderEvent;
use crate::order::{Cancelled, NewOrder, Order, OrderRow, Placed, example_id};
use crate::problem::{Failure, Lookup, Problem, conflict, not_found};
use crate::{Context, Settings, Shop, ShopScope, ShopTag};

/// The operations of a customer.
pub(crate) struct Orders {
    shop: Arc<Shop>,
    settings: Arc<Settings>,
    shutdown: Shutdown,
}

impl Orders {
    pub(crate) fn new(context: &Context) -> Self {
        Self {
            shop: context.state().clone(),
            settings: context.settings().clone(),
            shutdown: context.shutdown(),
        }
    }
}

#[OpenApi(prefix_path = "/orders", tag = "ShopTag::Orders")]
impl Orders {
    /// List the caller's orders.
    ///
    /// The latest comes first. The next page begins before the last id of this one.
    #[oai(path = "/", method = "get", operation_id = "list_orders")]
    async fn list(
        &self,
        #[oai(scope = "ShopScope::OrdersRead")] caller: BearerAuth,
        /// Only orders that were placed before this one.
        before: Query<Option<Uuid>>,
    ) -> Result<Json<Vec<Order>>, Failure> {
        let before = before.0.unwrap_or(Uuid::max());
        let rows: Vec<OrderRow> = sqlx::query_as(
            "SELECT * FROM orders WHERE customer = $1 AND id < $2 ORDER BY id DESC LIMIT 50",
        )
        .bind(caller.subject())
        .bind(before.to_string())
        .fetch_all(self.shop.database.pool())
        .await?;
        let orders = rows
            .into_iter()
            .map(Order::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Json(orders))
    }

    /// Place an order.
    #[oai(path = "/", method = "post", operation_id = "place_order")]
    async fn place(
        &self,
        #[oai(scope = "ShopScope::OrdersWrite")] caller: BearerAuth,
        order: Json<NewOrder>,
    ) -> Result<Placed, Failure> {
        let NewOrder { product, quantity } = order.0;
        let quantity = i64::from(quantity);
        let mut transaction = self.shop.database.pool().begin().await?;
        let price: Option<(i64,)> = sqlx::query_as(
            "UPDATE products SET stock = stock - $1 WHERE id = $2 AND stock >= $1 RETURNING price_cents",
        )
        .bind(quantity)
        .bind(&product)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some((price,)) = price else {
            let known = sqlx::query("SELECT id FROM products WHERE id = $1")
                .bind(&product)
                .fetch_optional(&mut *transaction)
                .await?;
            return Ok(match known {
                Some(_) => {
                    Placed::OutOfStock(conflict("out_of_stock", "There are not so many left."))
                }
                None => Placed::NotFound(not_found("There is no such product.")),
            });
        };
        let row = OrderRow {
            id: Uuid::now_v7().to_string(),
            customer: caller.subject().to_owned(),
            product,
            quantity,
            price_cents: self.settings.member_discount.off(price) * quantity,
            state: "placed".to_owned(),
            placed_at: Utc::now().timestamp_millis(),
        };
        sqlx::query("INSERT INTO orders VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(&row.id)
            .bind(&row.customer)
            .bind(&row.product)
            .bind(row.quantity)
            .bind(row.price_cents)
            .bind(&row.state)
            .bind(row.placed_at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let location = format!("/orders/{}", row.id);
        let order = Order::try_from(row)?;
        self.shop
            .events
            .announce(order.event(caller.subject()))
            .await;
        Ok(Placed::Created(Json(order), location))
    }

    /// Follow the caller's orders.
    ///
    /// Server-sent events: one for each order that changes its state, from now on.
    #[oai(path = "/events", method = "get", operation_id = "order_events")]
    async fn events(
        &self,
        #[oai(scope = "ShopScope::OrdersRead")] caller: BearerAuth,
    ) -> EventStream<BoxStream<'static, OrderEvent>> {
        let events = self.shop.events.of(caller.subject(), self.shutdown.clone());
        EventStream::new(events.into_stream()).keep_alive(KEEP_ALIVE)
    }

    /// Follow the caller's orders by WebSocket.
    ///
    /// Each message is an order that changed its state, in JSON. A browser sends its token with
    /// `new WebSocket(url, ["bearer", token])`.
    #[oai(path = "/live", method = "get", operation_id = "watch_orders")]
    async fn watch(
        &self,
        #[oai(scope = "ShopScope::OrdersRead")] caller: BearerAuth,
        socket: WebSocket,
    ) -> BoxWebSocketUpgraded {
        let events = self.shop.events.of(caller.subject(), self.shutdown.clone());
        socket
            .on_upgrade(move |socket| send(events.into_stream(), socket))
            .boxed()
    }

    /// Show an order.
    #[oai(path = "/:id", method = "get", operation_id = "show_order")]
    async fn show(
        &self,
        #[oai(scope = "ShopScope::OrdersRead")] caller: BearerAuth,
        /// The order.
        #[oai(example = "example_id")]
        id: Path<Uuid>,
    ) -> Result<Lookup<Order>, Failure> {
        let row: Option<OrderRow> =
            sqlx::query_as("SELECT * FROM orders WHERE id = $1 AND customer = $2")
                .bind(id.0.to_string())
                .bind(caller.subject())
                .fetch_optional(self.shop.database.pool())
                .await?;
        Ok(match row {
            Some(row) => Lookup::Found(Json(row.try_into()?)),
            None => Lookup::NotFound(not_found("There is no such order.")),
        })
    }

    /// Cancel an order that is not shipped.
    #[oai(path = "/:id", method = "delete", operation_id = "cancel_order")]
    async fn cancel(
        &self,
        #[oai(scope = "ShopScope::OrdersWrite")] caller: BearerAuth,
        /// The order.
        #[oai(example = "example_id")]
        id: Path<Uuid>,
    ) -> Result<Cancelled, Failure> {
        let mut transaction = self.shop.database.pool().begin().await?;
        let row: Option<OrderRow> = sqlx::query_as(
            "UPDATE orders SET state = 'cancelled' \
             WHERE id = $1 AND customer = $2 AND state = 'placed' RETURNING *",
        )
        .bind(id.0.to_string())
        .bind(caller.subject())
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else {
            let known = sqlx::query("SELECT id FROM orders WHERE id = $1 AND customer = $2")
                .bind(id.0.to_string())
                .bind(caller.subject())
                .fetch_optional(&mut *transaction)
                .await?;
            return Ok(match known {
                Some(_) => Cancelled::NotOpen(not_open()),
                None => Cancelled::NotFound(not_found("There is no such order.")),
            });
        };
        sqlx::query("UPDATE products SET stock = stock + $1 WHERE id = $2")
            .bind(row.quantity)
            .bind(&row.product)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        let order = Order::try_from(row)?;
        self.shop
            .events
            .announce(order.event(caller.subject()))
            .await;
        Ok(Cancelled::NoContent)
    }
}

/// The problem of an order that does not change any more.
pub(crate) fn not_open() -> Json<Problem> {
    conflict("not_open", "The order is already shipped or cancelled.")
}

/// Sends events until the client leaves or the service shuts down.
async fn send(mut events: BoxStream<'static, OrderEvent>, mut socket: WebSocketStream) {
    let mut keep_alive = tokio::time::interval(KEEP_ALIVE);
    loop {
        let message = tokio::select! {
            event = events.next() => match event {
                Some(event) => Message::text(event.to_json_string()),
                None => break,
            },
            _ = keep_alive.tick() => Message::ping([]),
            received = socket.next() => match received {
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                Some(Ok(_)) => continue,
            },
        };
        if socket.send(message).await.is_err() {
            return;
        }
    }
    let _ = socket.close().await;
}

/// Proxies close connections on which nothing moves.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
