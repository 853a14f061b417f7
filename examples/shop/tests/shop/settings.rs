use poem::http::Method;
use poem_resource_server::testing::Issuer;

use crate::support::{call, json, shop, token};

#[tokio::test]
async fn a_wrong_setting_is_an_error_that_names_the_key_and_not_a_secret() {
    let cases = [
        (
            "app.member_discount",
            "101",
            "`app.member_discount` must be from 0 to 100 (the test): found \"101\"",
        ),
        (
            "app.member_discount",
            "much",
            "`app.member_discount` must be a whole number from 0 to 255 (the test): found \"much\"",
        ),
        (
            "app.database_connections",
            "0",
            "`app.database_connections` is not valid (expected a whole number other than 0) (the test): found \"0\"",
        ),
        (
            "app.databse_url",
            "sqlite::memory:",
            "`app.databse_url` is not a setting (the test). Did you mean `app.database_url`?",
        ),
        (
            "app.database_url",
            "mysql://root:hunter2@db",
            "app.database_url",
        ),
    ];
    for (key, value, expected) in cases {
        let error = shop()
            .with_setting(key, value)
            .start(&Issuer::new())
            .await
            .expect_err(key);

        let message = chain(&error);
        assert!(message.contains(expected), "{key}={value}: {message}");
        assert!(!message.contains("hunter2"), "{key}={value}: {message}");
    }
}

#[tokio::test]
async fn members_pay_the_configured_price() {
    let issuer = Issuer::new();
    let shop = shop()
        .with_setting("app.member_discount", "50")
        .start(&issuer)
        .await
        .expect("the shop starts");
    let ada = token(&issuer, "ada", "");

    let known = json(
        call(&shop, Method::GET, "/products/tea", &ada, None)
            .await
            .0,
    )
    .await;
    let anyone = poem::test::TestClient::new(&shop)
        .get("/products/tea")
        .send()
        .await;

    assert_eq!(known["your_price_cents"], 345);
    assert_eq!(json(anyone.0).await["your_price_cents"], 690);
}

/// An error and its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    message
}
