//! An API in which callers reach only what is theirs. A path parameter and a query parameter must
//! equal a claim of the token, and a check in code decides on the rest.
//!
//! Start the service for its issuer (`cargo run --release`), then `cargo run --example owners`, and
//! call `http://127.0.0.1:8000/api/tenants/dev-client/orders` with a token from
//! `poem-resource-server token`: its claim `cid` is `dev-client`. Another issuer and another
//! address can be given: `cargo run --example owners -- URL ADDRESS`. Its test is run by
//! `cargo test --features testing --example owners`, and Schemathesis calls it in
//! `tests/e2e/schemathesis.test.mjs`.

#![allow(clippy::unused_async)] // Poem-openapi's operations are async.

use poem::endpoint::make_sync;
use poem::listener::TcpListener;
use poem::{Route, Server};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::PlainText;
use poem_openapi::{OpenApi, OpenApiService};
use poem_resource_server::guard::{Access, BearerAuth, Document, Guard, Requirement};

struct Api;

#[OpenApi]
impl Api {
    /// The orders of a tenant. Only the tenant may call.
    #[oai(
        path = "/tenants/:tenant/orders",
        method = "get",
        operation_id = "orders"
    )]
    async fn orders(&self, _caller: BearerAuth, tenant: Path<String>) -> PlainText<String> {
        PlainText(format!("the orders of {}", tenant.0))
    }

    /// A search in the orders of a tenant. Only the tenant may call.
    #[oai(path = "/search", method = "get", operation_id = "search")]
    async fn search(
        &self,
        _caller: BearerAuth,
        tenant: Query<String>,
        text: Query<Option<String>>,
    ) -> PlainText<String> {
        let text = text.0.unwrap_or_default();
        PlainText(format!("{text} in the orders of {}", tenant.0))
    }

    /// The state of the shop. Closed to callers whose claim `closed` is true.
    #[oai(path = "/shop", method = "get", operation_id = "shop")]
    async fn shop(&self, _caller: BearerAuth) -> PlainText<&'static str> {
        PlainText("open")
    }

    /// The content of the vault, which nobody may see.
    #[oai(path = "/vault", method = "get", operation_id = "vault")]
    async fn vault(&self, _caller: BearerAuth) -> PlainText<&'static str> {
        PlainText("gold")
    }
}

/// The rules besides those that the operations declare. `claim` names the tenant in a token.
fn access(claim: &str) -> Access {
    let owner = || Requirement::default().with_owner("tenant", claim);
    let is_open = Requirement::default().with_check("shop_is_closed", |caller, _| {
        caller.claims().get("closed").is_none()
    });
    let vault = Requirement::default()
        .with_async_check("vault_is_closed", |_, _| Box::pin(async { false }));
    Access::default()
        .with_operation("orders", owner())
        .with_operation("search", owner())
        .with_operation("shop", is_open)
        .with_operation("vault", vault)
}

/// The app and its document, for callers with tokens that `guard` accepts.
fn app(guard: &Guard) -> Result<(Route, Document), Box<dyn std::error::Error>> {
    let api = OpenApiService::new(guard.try_protect(Api)?, "Orders", "1.0").server("/api");
    let document = guard.document(&api)?;
    let json = document.to_json();
    let json = make_sync(move |_| {
        poem::Response::builder()
            .content_type("application/json")
            .body(json.clone())
    });
    let routes = Route::new().nest("/api", api).at("/openapi.json", json);
    Ok((routes, document))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let issuer = arguments.next();
    let issuer = issuer.unwrap_or_else(|| "http://127.0.0.1:3001/oauth2/default".to_owned());
    let address = arguments.next();
    let address = address.unwrap_or_else(|| "127.0.0.1:8000".to_owned());
    let claim = arguments.next().unwrap_or_else(|| "cid".to_owned());
    let guard = Guard::discover(&issuer, "api://default").await?;
    let (routes, _) = app(&guard.with_access(access(&claim)))?;
    Server::new(TcpListener::bind(address)).run(routes).await?;
    Ok(())
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use poem_resource_server::testing::{Issuer, Walk};

    #[tokio::test]
    async fn the_api_does_what_its_document_says() {
        let issuer = Issuer::new();
        let guard = issuer.guard().with_access(super::access("cid"));
        let (routes, document) = super::app(&guard).expect("rules that can be meant");

        let report = Walk::new(&routes, &document, &issuer).run().await;

        report.assert_clean();
    }
}
