use std::time::Duration;

use poem_resource_server::testing::Issuer;

use crate::support::start;

#[tokio::test]
async fn every_operation_does_what_the_document_says() {
    let issuer = Issuer::new();
    let shop = start(&issuer).await;

    let report = tokio::time::timeout(Duration::from_secs(20), shop.walk().run())
        .await
        .expect("in time");

    report.assert_clean();
    assert_eq!(report.notes(), &[] as &[String]);
}
