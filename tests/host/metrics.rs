//! The application's own metrics on the operators' page.

use poem_resource_server::testing::{Issuer, TestApplication};
use poem_resource_server::{Application, Metric};

use crate::calls::Small;

async fn page(read: fn() -> Vec<Metric>) -> String {
    let application = Application::new("Small", "1")
        .api(|_| Small)
        .metrics(move |()| read());
    let listening = TestApplication::new(application)
        .listen(&Issuer::new())
        .await
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/metrics", listening.admin());
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let text = answer.text().await.unwrap();
    listening.stop().await;
    text
}

#[tokio::test]
async fn own_metrics_are_on_the_page() {
    let page = page(|| {
        let orders = |kind: &str, value| {
            Metric::gauge("shop_orders", "Orders\nopen.", value).with_label("kind", kind)
        };
        vec![
            orders("a \"b\"", 2.0),
            Metric::counter("shop_sold", "Sold.", 3.0),
            Metric::counter("shop_lost_total", "Lost.", 4.0),
            orders("express", 1.5),
        ]
    });
    let page = page.await;

    for line in [
        "# HELP shop_orders Orders open.\n",
        "# TYPE shop_orders gauge\nshop_orders{kind=\"a \\\"b\\\"\"} 2.0\n\
         shop_orders{kind=\"express\"} 1.5\n",
        "# TYPE shop_sold counter\nshop_sold_total 3.0\n",
        "# TYPE shop_lost counter\nshop_lost_total 4.0\n",
    ] {
        assert!(page.contains(line), "{line}: {page}");
    }
    assert!(page.ends_with("# EOF\n"));
}

#[tokio::test]
async fn a_metric_that_is_wrong_is_left_out_and_the_rest_stays() {
    let page = page(|| {
        vec![
            Metric::gauge("shop-orders", "", 1.0),
            Metric::gauge("shop_sold", "", 1.0),
        ]
    });
    let page = page.await;

    assert!(
        page.contains("shop_sold 1.0") && !page.contains("shop-orders"),
        "{page}"
    );
}

#[tokio::test]
async fn a_panic_over_metrics_leaves_the_service_its_own() {
    let page = page(|| panic!("as the test wants it")).await;

    assert!(
        page.contains("http_requests") && page.ends_with("# EOF\n"),
        "{page}"
    );
}
