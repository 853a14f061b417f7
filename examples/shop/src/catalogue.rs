//! The public area: anyone may look, and a known customer sees a lower price.

use std::sync::Arc;

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Binary, Json};
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi, ResponseContent};
use poem_resource_server::guard::OptionalBearerAuth;
use sqlx::FromRow;

use crate::problem::{Failure, Lookup, Problem, not_found};
use crate::{Context, Settings, Shop, ShopTag};

/// Something to buy.
#[derive(Clone, Debug, FromRow, Object)]
#[oai(example)]
pub(crate) struct Product {
    /// Lower-case letters, digits and hyphens.
    #[oai(validator(pattern = "^[a-z0-9-]{1,40}$"))]
    pub(crate) id: String,
    /// What customers see.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub(crate) name: String,
    /// The price of one, in cents.
    #[oai(validator(minimum(value = "1"), maximum(value = "100000000")))]
    pub(crate) price_cents: i64,
    /// How many are left.
    #[oai(validator(minimum(value = "0"), maximum(value = "1000000")))]
    pub(crate) stock: i64,
}

impl Example for Product {
    fn example() -> Self {
        Self {
            id: "kettle".to_owned(),
            name: "Kettle, 1.7 l".to_owned(),
            price_cents: 4900,
            stock: 12,
        }
    }
}

/// A product and its price for the caller.
#[derive(Debug, Object)]
#[oai(example)]
struct Offer {
    #[oai(flatten)]
    product: Product,
    /// The price of one for this caller, in cents. Customers who are signed in pay less.
    your_price_cents: i64,
}

impl Example for Offer {
    fn example() -> Self {
        let product = Product::example();
        Self {
            your_price_cents: product.price_cents,
            product,
        }
    }
}

/// The answer to a request for a picture.
#[derive(ApiResponse)]
enum Picture {
    /// Here it is.
    #[oai(status = 200)]
    Found(Image),
    /// The product does not exist, or it has no picture.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
}

/// What browsers show.
#[derive(ResponseContent)]
enum Image {
    #[oai(content_type = "image/png")]
    Png(Binary<Vec<u8>>),
    #[oai(content_type = "image/jpeg")]
    Jpeg(Binary<Vec<u8>>),
}

/// The operations that need no token.
pub(crate) struct Catalogue {
    shop: Arc<Shop>,
    settings: Arc<Settings>,
}

impl Catalogue {
    pub(crate) fn new(context: &Context) -> Self {
        Self {
            shop: context.state().clone(),
            settings: context.settings().clone(),
        }
    }
}

#[OpenApi(prefix_path = "/products", tag = "ShopTag::Catalogue")]
impl Catalogue {
    /// List the products.
    ///
    /// In the order of their ids. The next page begins after the last id of this one.
    #[oai(path = "/", method = "get", operation_id = "list_products")]
    async fn list(
        &self,
        /// Only products whose id comes after this one.
        #[oai(validator(max_length = 40), default)]
        after: Query<String>,
        /// The maximum number of products.
        #[oai(
            validator(minimum(value = "1"), maximum(value = "100")),
            default = "default_limit"
        )]
        limit: Query<u32>,
    ) -> Result<Json<Vec<Product>>, Failure> {
        let products = sqlx::query_as(
            "SELECT id, name, price_cents, stock FROM products WHERE id > $1 ORDER BY id LIMIT $2",
        )
        .bind(after.0)
        .bind(i64::from(limit.0))
        .fetch_all(self.shop.database.pool())
        .await?;
        Ok(Json(products))
    }

    /// Show a product.
    ///
    /// With a token, its price is the price for members.
    #[oai(path = "/:id", method = "get", operation_id = "show_product")]
    async fn show(
        &self,
        OptionalBearerAuth(caller): OptionalBearerAuth,
        /// The product.
        #[oai(validator(pattern = "^[a-z0-9-]{1,40}$"), example = "example_id")]
        id: Path<String>,
    ) -> Result<Lookup<Offer>, Failure> {
        let product: Option<Product> =
            sqlx::query_as("SELECT id, name, price_cents, stock FROM products WHERE id = $1")
                .bind(id.0)
                .fetch_optional(self.shop.database.pool())
                .await?;
        let Some(product) = product else {
            return Ok(Lookup::NotFound(not_found("There is no such product.")));
        };
        let your_price_cents = match caller {
            Some(_) => self.settings.member_discount.off(product.price_cents),
            None => product.price_cents,
        };
        Ok(Lookup::Found(Json(Offer {
            product,
            your_price_cents,
        })))
    }

    /// Show a product's picture.
    #[oai(path = "/:id/picture", method = "get", operation_id = "show_picture")]
    async fn picture(
        &self,
        /// The product.
        #[oai(validator(pattern = "^[a-z0-9-]{1,40}$"), example = "example_id")]
        id: Path<String>,
    ) -> Result<Picture, Failure> {
        let picture: Option<(String, Vec<u8>)> =
            sqlx::query_as("SELECT media_type, content FROM pictures WHERE product = $1")
                .bind(id.0)
                .fetch_optional(self.shop.database.pool())
                .await?;
        let Some((media_type, content)) = picture else {
            return Ok(Picture::NotFound(not_found("There is no such picture.")));
        };
        let content = Binary(content);
        Ok(Picture::Found(match media_type.as_str() {
            "image/png" => Image::Png(content),
            _ => Image::Jpeg(content),
        }))
    }
}

const fn default_limit() -> u32 {
    20
}

/// A product of the first migration.
pub(crate) fn example_id() -> String {
    "tea".to_owned()
}
