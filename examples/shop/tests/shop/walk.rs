use poem::Request;
use poem::http::{Method, StatusCode};
use poem_resource_server::testing::{InProcess, Issuer};

use crate::pictures::{PNG, upload};
use crate::support::{place, start};

#[tokio::test]
async fn every_operation_does_what_the_document_says() {
    let issuer = Issuer::new();
    let shop = start(&issuer).await;

    walk(&shop, &issuer).await;
}

/// Fails with every difference between the shop and its document.
pub(crate) async fn walk(shop: &InProcess, issuer: &Issuer) {
    // The walk calls as the subject of the issuer's tokens, who needs orders to show and cancel.
    let caller = issuer.token("orders:write shop:admin");
    let [shown, cancelled, shipped] = [
        place(shop, &caller, "tea", 1).await,
        place(shop, &caller, "tea", 1).await,
        place(shop, &caller, "tea", 1).await,
    ];
    upload(shop, &caller, "tea", PNG)
        .await
        .assert_status(StatusCode::NO_CONTENT);

    let report = shop
        .walk()
        .with_example("show_order", || {
            request(Method::GET, &format!("/orders/{shown}")).finish()
        })
        .with_example("cancel_order", || {
            request(Method::DELETE, &format!("/orders/{cancelled}")).finish()
        })
        .with_example("ship_order", || {
            request(Method::POST, &format!("/admin/orders/{shipped}/ship")).finish()
        })
        .with_example("upload_picture", || {
            request(Method::PUT, "/admin/products/tea/picture")
                .content_type("multipart/form-data; boundary=X")
                .body(
                    [
                        b"--X\r\nContent-Disposition: form-data; name=\"picture\"\r\n\r\n",
                        PNG,
                        b"\r\n--X--\r\n",
                    ]
                    .concat(),
                )
        })
        .run()
        .await;

    report.assert_clean();
    assert_eq!(report.notes(), &[] as &[String]);
}

fn request(method: Method, path: &str) -> poem::RequestBuilder {
    Request::builder().method(method).uri_str(path)
}
