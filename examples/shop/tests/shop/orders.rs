use poem::http::{Method, StatusCode};
use poem_resource_server::testing::Issuer;

use crate::support::{call, json, place, start, token};

#[tokio::test]
async fn an_order_belongs_to_the_customer_who_placed_it() {
    let issuer = Issuer::new();
    let shop = start(&issuer).await;
    let ada = token(&issuer, "ada", "orders:read orders:write");
    let bob = token(&issuer, "bob", "orders:read orders:write");
    let order = format!("/orders/{}", place(&shop, &ada, "tea", 2).await);

    let adas = call(&shop, Method::GET, &order, &ada, None).await;
    let bobs = call(&shop, Method::GET, &order, &bob, None).await;
    let adas_list = json(call(&shop, Method::GET, "/orders", &ada, None).await.0).await;
    let bobs_list = json(call(&shop, Method::GET, "/orders", &bob, None).await.0).await;
    let bob_cancels = call(&shop, Method::DELETE, &order, &bob, None).await;
    let ada_cancels = call(&shop, Method::DELETE, &order, &ada, None).await;

    adas.assert_status_is_ok();
    bobs.assert_status(StatusCode::NOT_FOUND);
    assert_eq!(adas_list.as_array().expect("a list").len(), 1);
    assert_eq!(bobs_list.as_array().expect("a list").len(), 0);
    bob_cancels.assert_status(StatusCode::NOT_FOUND);
    ada_cancels.assert_status(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn what_is_cancelled_can_be_bought_again_and_what_is_sold_cannot() {
    let issuer = Issuer::new();
    let shop = start(&issuer).await;
    let ada = token(&issuer, "ada", "orders:read orders:write");
    let all_teapots = place(&shop, &ada, "teapot", 7).await;
    let another = serde_json::json!({"product": "teapot", "quantity": 1});

    let sold_out = call(&shop, Method::POST, "/orders", &ada, Some(another)).await;
    call(
        &shop,
        Method::DELETE,
        &format!("/orders/{all_teapots}"),
        &ada,
        None,
    )
    .await;
    let again = place(&shop, &ada, "teapot", 7).await;

    sold_out.assert_status(StatusCode::CONFLICT);
    sold_out.assert_content_type("application/problem+json");
    assert_eq!(json(sold_out.0).await["reason"], "out_of_stock");
    assert_ne!(again, all_teapots);
}

#[tokio::test]
async fn only_the_staff_ships_an_order_and_only_once() {
    let issuer = Issuer::new();
    let shop = start(&issuer).await;
    let ada = token(&issuer, "ada", "orders:read orders:write");
    let staff = token(&issuer, "carl", "shop:admin");
    let shipment = format!("/admin/orders/{}/ship", place(&shop, &ada, "tea", 1).await);

    let by_ada = call(&shop, Method::POST, &shipment, &ada, None).await;
    let by_staff = call(&shop, Method::POST, &shipment, &staff, None).await;
    let again = call(&shop, Method::POST, &shipment, &staff, None).await;
    let sales = call(&shop, Method::GET, "/reports/sales.csv", &staff, None).await;
    let sales_for_ada = call(&shop, Method::GET, "/reports/sales.csv", &ada, None).await;

    by_ada.assert_status(StatusCode::FORBIDDEN);
    by_staff.assert_status_is_ok();
    again.assert_status(StatusCode::CONFLICT);
    sales
        .assert_text("product,quantity,price_cents\ntea,1,621\n")
        .await;
    sales_for_ada.assert_status(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_bad_request_is_a_problem_too() {
    let issuer = Issuer::new();
    let shop = start(&issuer).await;
    let ada = token(&issuer, "ada", "orders:read orders:write");
    let none = serde_json::json!({"product": "tea", "quantity": 0});

    let response = call(&shop, Method::POST, "/orders", &ada, Some(none)).await;

    response.assert_status(StatusCode::BAD_REQUEST);
    response.assert_content_type("application/problem+json");
}
