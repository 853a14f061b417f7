//! A small shop: an example of an API on poem-resource-server.
//!
//! [`application`] is the whole of it. The program runs it, and the tests start it in process.

mod admin;
mod catalogue;
mod database;
mod events;
mod import;
mod order;
mod orders;
mod problem;
mod routes;
mod settings;

use std::sync::Arc;

use poem_openapi::{OAuthScopes, Tags};
use poem_resource_server::{Application, Metric};

use crate::database::{Database, DatabaseError};
use crate::events::Events;
pub use crate::settings::{Percent, Settings};

/// The permissions that an access token may carry.
#[derive(OAuthScopes)]
enum ShopScope {
    /// Read the caller's own orders.
    #[oai(rename = "orders:read")]
    OrdersRead,
    /// Place and cancel orders.
    #[oai(rename = "orders:write")]
    OrdersWrite,
    /// Manage products and ship orders.
    #[oai(rename = "shop:admin")]
    ShopAdmin,
}

/// The parts of the API.
#[derive(Tags)]
enum ShopTag {
    /// What is for sale. Open to everyone.
    Catalogue,
    /// The caller's own orders.
    Orders,
    /// For the staff.
    Admin,
}

/// What the startup hook opens and the shutdown hook closes.
pub struct Shop {
    database: Database,
    events: Events,
}

impl Shop {
    async fn open(settings: Arc<Settings>) -> Result<Self, DatabaseError> {
        let database = Database::open(&settings).await?;
        let events = Events::new(&database);
        Ok(Self { database, events })
    }
}

/// What the host gives to this application's code.
type Context = poem_resource_server::Context<Settings, Shop>;

/// The shop, ready to run.
pub fn application() -> Application<Settings, Shop> {
    Application::new("Shop", env!("CARGO_PKG_VERSION"))
        .description(
            "An example of an API on poem-resource-server: products, orders, and a staff area.",
        )
        .license("MIT OR Apache-2.0", None)
        .settings::<Settings>()
        .startup(Shop::open)
        .scopes::<ShopScope>()
        .api(|context| {
            (
                catalogue::Catalogue::new(context),
                orders::Orders::new(context),
                admin::Admin::new(context),
            )
        })
        .routes("/reports", routes::report_scope(), routes::reports)
        .open_routes("/sitemap.txt", routes::sitemap)
        .task("events", events::relay)
        .readiness("database", |shop| async move { shop.database.ping().await })
        .metrics(|shop| {
            let listeners = f64::from(shop.events.listeners());
            vec![Metric::gauge(
                "shop_event_listeners",
                "Open event streams and WebSockets.",
                listeners,
            )]
        })
        .shutdown(|shop| async move { shop.database.close().await })
        .command("import", "Add the products of a CSV file", import::import)
}
