//! Plain Poem routes, which the document does not describe.

use std::fmt::Write;
use std::sync::Arc;

use poem::http::StatusCode;
use poem::web::Data;
use poem::{Endpoint, EndpointExt, IntoResponse, Route, get, handler};
use poem_openapi::OAuthScopes;
use poem_resource_server::token::Scope;

use crate::{Context, Shop, ShopScope};

/// The scope of everything below `/reports`.
pub(crate) fn report_scope() -> Scope {
    ShopScope::ShopAdmin
        .name()
        .parse()
        .expect("the name of a scope")
}

/// `/reports/sales.csv`: what was sold of each product.
pub(crate) fn reports(context: &Context) -> impl Endpoint + use<> {
    Route::new()
        .at("/sales.csv", get(sales))
        .data(context.state().clone())
}

/// `/sitemap.txt`: the addresses of all products, for search engines.
pub(crate) fn sitemap(context: &Context) -> impl Endpoint + use<> {
    let root = Root(context.public_url().to_owned());
    get(products).data(context.state().clone()).data(root)
}

#[handler]
async fn sales(shop: Data<&Arc<Shop>>) -> poem::Result<impl IntoResponse> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT product, CAST(SUM(quantity) AS BIGINT), CAST(SUM(price_cents) AS BIGINT) FROM orders \
         WHERE state <> 'cancelled' GROUP BY product ORDER BY product",
    )
    .fetch_all(shop.database.pool())
    .await
    .map_err(failed)?;
    let mut table = "product,quantity,price_cents\n".to_owned();
    for (product, quantity, price_cents) in rows {
        writeln!(table, "{product},{quantity},{price_cents}").map_err(failed)?;
    }
    Ok(table.with_content_type("text/csv; charset=utf-8"))
}

#[handler]
async fn products(shop: Data<&Arc<Shop>>, root: Data<&Root>) -> poem::Result<String> {
    let ids: Vec<(String,)> = sqlx::query_as("SELECT id FROM products ORDER BY id LIMIT 50000")
        .fetch_all(shop.database.pool())
        .await
        .map_err(failed)?;
    Ok(ids
        .iter()
        .map(|(id,)| format!("{}/products/{id}\n", root.0.0))
        .collect())
}

#[derive(Clone)]
struct Root(String);

/// Logs what callers must not learn.
fn failed(error: impl std::error::Error) -> poem::Error {
    tracing::error!(%error, "a plain route failed");
    StatusCode::INTERNAL_SERVER_ERROR.into()
}
