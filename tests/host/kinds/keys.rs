//! Operations with other security schemes.

use poem_openapi::auth::{ApiKey, Basic};
use poem_openapi::payload::PlainText;
use poem_openapi::{OpenApi, SecurityScheme};

#[derive(SecurityScheme)]
#[oai(ty = "api_key", key_name = "X-Key", key_in = "header")]
pub struct HeaderKey(ApiKey);

#[derive(SecurityScheme)]
#[oai(ty = "api_key", key_name = "key", key_in = "query")]
pub struct QueryKey(ApiKey);

#[derive(SecurityScheme)]
#[oai(ty = "basic")]
pub struct Password(Basic);

#[derive(Clone, Copy)]
pub struct Keys;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Keys {
    #[oai(path = "/keys/header", method = "get", operation_id = "header_key")]
    async fn header_key(&self, key: HeaderKey) -> PlainText<String> {
        PlainText(key.0.key)
    }

    #[oai(path = "/keys/query", method = "get", operation_id = "query_key")]
    async fn query_key(&self, key: QueryKey) -> PlainText<String> {
        PlainText(key.0.key)
    }

    #[oai(path = "/keys/basic", method = "get", operation_id = "password")]
    async fn password(&self, password: Password) -> PlainText<String> {
        PlainText(password.0.username)
    }

    #[oai(path = "/keys/basic", method = "options", operation_id = "options")]
    async fn options(&self) -> PlainText<&'static str> {
        PlainText("options")
    }
}
