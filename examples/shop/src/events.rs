//! Events of orders: from the operation that changes an order to everyone who listens.
//!
//! A process passes events on in memory. Replicas that share a PostgreSQL pass them on by its
//! `NOTIFY`, and a background task receives them. An event is a hint and can be lost, for
//! example while a client connects again. The order itself is in the database.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use poem_openapi::{Enum, Object};
use poem_resource_server::Shutdown;
use serde::{Deserialize, Serialize};
use sqlx::AnyPool;
use sqlx::postgres::PgListener;
use tokio::sync::broadcast::{self, Receiver, Sender};
use uuid::Uuid;

use crate::{Context, Database};

/// What can be said about an order.
#[derive(Clone, Copy, Debug, Deserialize, Enum, Eq, PartialEq, Serialize)]
#[oai(rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub(crate) enum OrderState {
    Placed,
    Shipped,
    Cancelled,
}

/// An order has changed its state.
#[derive(Clone, Debug, Deserialize, Object, Serialize)]
pub(crate) struct OrderEvent {
    /// The order.
    pub(crate) order: Uuid,
    /// Its new state.
    pub(crate) state: OrderState,
    /// Whom the event is for.
    #[oai(skip)]
    pub(crate) customer: String,
}

/// The events of this process, and of all replicas where the database is shared.
pub(crate) struct Events {
    sender: Sender<OrderEvent>,
    shared: Option<AnyPool>,
}

impl Events {
    /// Events of a shop with this database.
    pub(crate) fn new(database: &Database) -> Self {
        let (sender, _) = broadcast::channel(MAX_WAITING);
        let shared = database.shared_url().map(|_| database.pool().clone());
        Self { sender, shared }
    }

    /// Announces a change that is in the database.
    pub(crate) async fn announce(&self, event: OrderEvent) {
        let Some(pool) = &self.shared else {
            // An error says that nobody listens.
            let _ = self.sender.send(event);
            return;
        };
        let payload = serde_json::json!(event).to_string();
        let notify = sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(payload);
        if let Err(error) = notify.execute(pool).await {
            tracing::warn!(%error, "an event of an order was not announced");
        }
    }

    /// The events for `customer` from now on, until the service shuts down.
    pub(crate) fn of(&self, customer: &str, shutdown: Shutdown) -> Subscription {
        Subscription {
            receiver: self.sender.subscribe(),
            customer: customer.to_owned(),
            shutdown,
        }
    }

    /// The number of streams that are open.
    pub(crate) fn listeners(&self) -> u32 {
        u32::try_from(self.sender.receiver_count()).unwrap_or(u32::MAX)
    }
}

/// The events for one customer. It misses none from the moment when it is made.
pub(crate) struct Subscription {
    receiver: Receiver<OrderEvent>,
    customer: String,
    shutdown: Shutdown,
}

impl Subscription {
    /// The events as a stream. It also ends for a client that reads too slowly and should
    /// connect again.
    pub(crate) fn into_stream(self) -> BoxStream<'static, OrderEvent> {
        let Self {
            receiver,
            customer,
            shutdown,
        } = self;
        stream::unfold(receiver, next)
            .filter(move |event| std::future::ready(event.customer == customer))
            .take_until(async move { shutdown.begun().await })
            .boxed()
    }
}

/// Receives the events of all replicas, until the service shuts down.
pub(crate) async fn relay(context: Context) {
    let shop = context.state().clone();
    let shutdown = context.shutdown();
    let Some(url) = shop.database.shared_url() else {
        return shutdown.begun().await;
    };
    loop {
        tokio::select! {
            Err(error) = receive(url, &shop.events.sender) => {
                tracing::warn!(%error, "events of other replicas cannot be received");
            }
            () = shutdown.begun() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = shutdown.begun() => return,
        }
    }
}

async fn receive(url: &str, sender: &Sender<OrderEvent>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let notification = listener.recv().await?;
        match serde_json::from_str(notification.payload()) {
            Ok(event) => drop(sender.send(event)),
            Err(error) => tracing::warn!(%error, "an event of another replica was not understood"),
        }
    }
}

async fn next(mut receiver: Receiver<OrderEvent>) -> Option<(OrderEvent, Receiver<OrderEvent>)> {
    let event = receiver.recv().await.ok()?;
    Some((event, receiver))
}

/// PostgreSQL's name for these events.
const CHANNEL: &str = "shop_orders";
/// How many events may wait for a slow client.
const MAX_WAITING: usize = 256;
/// The wait between two attempts to reach the database.
const RETRY: Duration = Duration::from_secs(1);
