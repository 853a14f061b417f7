//! The staff area: products, their pictures, and orders to ship.

use std::sync::Arc;

use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::types::Binary;
use poem_openapi::{ApiResponse, Multipart, OpenApi};
use poem_resource_server::guard::BearerAuth;
use uuid::Uuid;

use crate::catalogue::{self, Product};
use crate::order::{Order, OrderRow, example_id};
use crate::orders::not_open;
use crate::problem::{Failure, Problem, conflict, not_found, unsupported};
use crate::{Context, Shop, ShopScope, ShopTag};

/// A picture to upload.
#[derive(Multipart)]
struct NewPicture {
    /// A PNG or JPEG file of at most 500 KiB.
    picture: Binary<Vec<u8>>,
}

/// The answer to a new product.
#[derive(ApiResponse)]
enum Added {
    /// The product is for sale.
    #[oai(status = 201)]
    Created(Json<Product>),
    /// There is a product with this id.
    #[oai(status = 409, content_type = "application/problem+json")]
    Exists(Json<Problem>),
}

/// The answer to an upload.
#[derive(ApiResponse)]
enum Uploaded {
    /// The picture is stored.
    #[oai(status = 204)]
    NoContent,
    /// There is no such product.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// The file is not a picture that browsers show.
    #[oai(status = 415, content_type = "application/problem+json")]
    NoPicture(Json<Problem>),
}

/// The answer to a shipment.
#[derive(ApiResponse)]
enum Shipped {
    /// The order is shipped.
    #[oai(status = 200)]
    Done(Json<Order>),
    /// There is no such order.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// The order is already shipped or cancelled.
    #[oai(status = 409, content_type = "application/problem+json")]
    NotOpen(Json<Problem>),
}

/// The operations of the staff.
pub(crate) struct Admin {
    shop: Arc<Shop>,
}

impl Admin {
    pub(crate) fn new(context: &Context) -> Self {
        Self {
            shop: context.state().clone(),
        }
    }
}

#[OpenApi(prefix_path = "/admin", tag = "ShopTag::Admin")]
impl Admin {
    /// Add a product.
    #[oai(path = "/products", method = "post", operation_id = "add_product")]
    async fn add(
        &self,
        #[oai(scope = "ShopScope::ShopAdmin")] _caller: BearerAuth,
        product: Json<Product>,
    ) -> Result<Added, Failure> {
        let added = sqlx::query(
            "INSERT INTO products (id, name, price_cents, stock) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(&product.id)
        .bind(&product.name)
        .bind(product.price_cents)
        .bind(product.stock)
        .execute(self.shop.database.pool())
        .await?;
        if added.rows_affected() == 0 {
            return Ok(Added::Exists(conflict(
                "exists",
                "There is a product with this id.",
            )));
        }
        Ok(Added::Created(product))
    }

    /// Upload a product's picture.
    #[oai(
        path = "/products/:id/picture",
        method = "put",
        operation_id = "upload_picture"
    )]
    async fn upload(
        &self,
        #[oai(scope = "ShopScope::ShopAdmin")] _caller: BearerAuth,
        /// The product.
        #[oai(
            validator(pattern = "^[a-z0-9-]{1,40}$"),
            example = "catalogue::example_id"
        )]
        id: Path<String>,
        form: NewPicture,
    ) -> Result<Uploaded, Failure> {
        let Binary(content) = form.picture;
        // What the file is decides, not what the client calls it.
        let media_type = match content.as_slice() {
            [0x89, b'P', b'N', b'G', ..] => "image/png",
            [0xff, 0xd8, 0xff, ..] => "image/jpeg",
            _ => {
                return Ok(Uploaded::NoPicture(unsupported(
                    "The file must be a PNG or a JPEG.",
                )));
            }
        };
        let stored = sqlx::query(
            "INSERT INTO pictures (product, media_type, content) \
             SELECT id, $2, $3 FROM products WHERE id = $1 \
             ON CONFLICT (product) DO UPDATE SET media_type = excluded.media_type, content = excluded.content",
        )
        .bind(id.0)
        .bind(media_type)
        .bind(content)
        .execute(self.shop.database.pool())
        .await?;
        if stored.rows_affected() == 0 {
            return Ok(Uploaded::NotFound(not_found("There is no such product.")));
        }
        Ok(Uploaded::NoContent)
    }

    /// Ship an order.
    #[oai(
        path = "/orders/:id/ship",
        method = "post",
        operation_id = "ship_order"
    )]
    async fn ship(
        &self,
        #[oai(scope = "ShopScope::ShopAdmin")] _caller: BearerAuth,
        /// The order.
        #[oai(example = "example_id")]
        id: Path<Uuid>,
    ) -> Result<Shipped, Failure> {
        let pool = self.shop.database.pool();
        let row: Option<OrderRow> = sqlx::query_as(
            "UPDATE orders SET state = 'shipped' WHERE id = $1 AND state = 'placed' RETURNING *",
        )
        .bind(id.0.to_string())
        .fetch_optional(pool)
        .await?;
        let Some(row) = row else {
            let known = sqlx::query("SELECT id FROM orders WHERE id = $1")
                .bind(id.0.to_string())
                .fetch_optional(pool)
                .await?;
            return Ok(match known {
                Some(_) => Shipped::NotOpen(not_open()),
                None => Shipped::NotFound(not_found("There is no such order.")),
            });
        };
        let customer = row.customer.clone();
        let order = Order::try_from(row)?;
        self.shop.events.announce(order.event(&customer)).await;
        Ok(Shipped::Done(Json(order)))
    }
}
