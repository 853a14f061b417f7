use poem::http::StatusCode;
use poem::test::{TestClient, TestForm, TestFormField, TestResponse};
use poem_resource_server::testing::{InProcess, Issuer};

use crate::support::{start, token};

pub(crate) async fn upload(
    shop: &InProcess,
    token: &str,
    product: &str,
    content: &[u8],
) -> TestResponse {
    let picture = TestFormField::bytes(content.to_vec())
        .name("picture")
        .filename("picture");
    TestClient::new(shop)
        .put(format!("/admin/products/{product}/picture"))
        .header("Authorization", format!("Bearer {token}"))
        .multipart(TestForm::new().field(picture))
        .send()
        .await
}

#[tokio::test]
async fn a_picture_that_was_uploaded_is_shown_to_everyone() {
    let issuer = Issuer::new();
    let shop = start(&issuer).await;
    let staff = token(&issuer, "carl", "shop:admin");

    let before = TestClient::new(&shop)
        .get("/products/tea/picture")
        .send()
        .await;
    let stored = upload(&shop, &staff, "tea", PNG).await;
    let shown = TestClient::new(&shop)
        .get("/products/tea/picture")
        .send()
        .await;

    before.assert_status(StatusCode::NOT_FOUND);
    stored.assert_status(StatusCode::NO_CONTENT);
    shown.assert_content_type("image/png");
    shown.assert_bytes(PNG).await;
}

#[tokio::test]
async fn what_is_no_picture_or_of_no_product_is_refused() {
    let issuer = Issuer::new();
    let shop = start(&issuer).await;
    let staff = token(&issuer, "carl", "shop:admin");
    let customer = token(&issuer, "ada", "orders:write");

    let script = upload(&shop, &staff, "tea", b"<script>").await;
    let unknown = upload(&shop, &staff, "unicorn", PNG).await;
    let by_customer = upload(&shop, &customer, "tea", PNG).await;

    script.assert_status(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    unknown.assert_status(StatusCode::NOT_FOUND);
    by_customer.assert_status(StatusCode::FORBIDDEN);
}

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\nand more";
