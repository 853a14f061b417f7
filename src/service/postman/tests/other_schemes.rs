//! Operations that take the credentials of another scheme.

use poem_openapi::auth::ApiKey;
use poem_openapi::payload::PlainText;
use poem_openapi::{OpenApi, SecurityScheme};

use super::{Access, BearerAuth, files_of, parse};

/// A scheme of somebody else.
#[derive(SecurityScheme)]
#[oai(ty = "api_key", key_name = "X-Key", key_in = "header")]
#[allow(dead_code)]
struct Key(ApiKey);

struct Keys;

#[OpenApi]
impl Keys {
    #[oai(path = "/key", method = "get", operation_id = "key")]
    async fn key(&self, _key: Key) -> PlainText<&'static str> {
        PlainText("key")
    }

    #[oai(path = "/both", method = "get", operation_id = "both")]
    async fn both(&self, _key: Key, _caller: BearerAuth) -> PlainText<&'static str> {
        PlainText("both")
    }
}

#[test]
fn nothing_is_expected_where_another_scheme_decides() {
    let files = files_of(|| Keys, Access::default());

    let collection = parse(&files.collection);
    let scripts = collection["item"].as_array().unwrap().iter().skip(1);
    let scripts = scripts.map(|item| {
        let count = item["event"].as_array().unwrap().len();
        (item["name"].as_str().unwrap(), count)
    });
    assert_eq!(
        scripts.collect::<Vec<_>>(),
        [
            ("both with a token", 0),
            ("both without a token", 0),
            ("both with a tampered token", 1),
            ("key without a token", 0),
        ]
    );
}
