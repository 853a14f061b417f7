//! Runs where `SHOP_POSTGRES_URL` names an empty database.

use poem_resource_server::testing::{Issuer, TestApplication};

use crate::streams::{follow, next_event};
use crate::support::token;
use crate::walk::walk;

#[tokio::test]
async fn replicas_share_orders_and_their_events() {
    let Ok(url) = std::env::var("SHOP_POSTGRES_URL") else {
        eprintln!("skipped: SHOP_POSTGRES_URL is not set");
        return;
    };
    let issuer = Issuer::new();
    let shop = || TestApplication::new(shop::application()).with_setting("app.database_url", &url);
    // At the same time, so that both want to apply the migrations.
    let (one, two) = tokio::join!(shop().listen(&issuer), shop().listen(&issuer));
    let (one, two) = (one.expect("a shop"), two.expect("a shop"));
    let walked = shop().start(&issuer).await.expect("a shop");
    let ada = token(
        &issuer,
        &format!("ada-{}", std::process::id()),
        "orders:read orders:write",
    );
    let mut events = follow(&two, &ada).await;

    // A replica listens soon after it has started: what it missed before is not sent again.
    let order = loop {
        let order = crate::streams::place(&one, &ada).await;
        let wait = std::time::Duration::from_secs(1);
        if let Ok(event) = tokio::time::timeout(wait, next_event(&mut events)).await {
            assert_eq!(event.expect("an event")["order"], order["id"]);
            break order;
        }
    };
    let shown = reqwest::Client::new()
        .get(format!(
            "http://{}/orders/{}",
            two.address(),
            order["id"].as_str().expect("an id")
        ))
        .bearer_auth(&ada)
        .send()
        .await
        .expect("an answer");
    walk(&walked, &issuer).await;

    assert_eq!(shown.status(), 200);
    one.stop().await;
    two.stop().await;
    walked.stop().await;
}
