//! What the operations of orders take and answer, and an order as the database has it.

use chrono::{DateTime, Utc};
use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object};
use sqlx::FromRow;
use uuid::Uuid;

use crate::events::{OrderEvent, OrderState};
use crate::problem::Problem;

/// What a customer wants.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct NewOrder {
    /// The product's id.
    #[oai(validator(pattern = "^[a-z0-9-]{1,40}$"))]
    pub(crate) product: String,
    /// How many.
    #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
    pub(crate) quantity: u32,
}

impl Example for NewOrder {
    fn example() -> Self {
        Self {
            product: "tea".to_owned(),
            quantity: 2,
        }
    }
}

/// An order.
#[derive(Debug, Object)]
#[oai(example)]
pub(crate) struct Order {
    /// Its id. A later order has a greater one.
    id: Uuid,
    /// The product's id.
    product: String,
    /// How many.
    quantity: i64,
    /// The price of all of it, in cents.
    price_cents: i64,
    /// What has become of it.
    state: OrderState,
    /// When it was placed.
    placed_at: DateTime<Utc>,
}

impl Example for Order {
    fn example() -> Self {
        Self {
            id: example_id(),
            product: "tea".to_owned(),
            quantity: 2,
            price_cents: 1242,
            state: OrderState::Placed,
            placed_at: DateTime::from_timestamp_nanos(1_767_225_600_000_000_000),
        }
    }
}

/// The answer to a new order.
#[derive(ApiResponse)]
pub(crate) enum Placed {
    /// The order is placed.
    #[oai(status = 201)]
    Created(
        Json<Order>,
        /// The path of the order.
        #[oai(header = "Location")]
        String,
    ),
    /// There is no such product.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// There are not so many left.
    #[oai(status = 409, content_type = "application/problem+json")]
    OutOfStock(Json<Problem>),
}

/// The answer to a cancellation.
#[derive(ApiResponse)]
pub(crate) enum Cancelled {
    /// The order is cancelled.
    #[oai(status = 204)]
    NoContent,
    /// There is no such order, or it belongs to somebody else.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// The order is already shipped or cancelled.
    #[oai(status = 409, content_type = "application/problem+json")]
    NotOpen(Json<Problem>),
}

/// An order as the database has it.
#[derive(FromRow)]
pub(crate) struct OrderRow {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) product: String,
    pub(crate) quantity: i64,
    pub(crate) price_cents: i64,
    pub(crate) state: String,
    pub(crate) placed_at: i64,
}

impl TryFrom<OrderRow> for Order {
    type Error = sqlx::Error;

    fn try_from(row: OrderRow) -> Result<Self, Self::Error> {
        Ok(Self {
            id: row
                .id
                .parse()
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            product: row.product,
            quantity: row.quantity,
            price_cents: row.price_cents,
            state: match row.state.as_str() {
                "shipped" => OrderState::Shipped,
                "cancelled" => OrderState::Cancelled,
                _ => OrderState::Placed,
            },
            placed_at: DateTime::from_timestamp_millis(row.placed_at).unwrap_or_default(),
        })
    }
}

impl Order {
    /// Its id and state, for an event.
    pub(crate) fn event(&self, customer: &str) -> OrderEvent {
        OrderEvent {
            order: self.id,
            state: self.state,
            customer: customer.to_owned(),
        }
    }
}

/// An id in the form that orders have.
pub(crate) const fn example_id() -> Uuid {
    Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0001)
}
