//! What the code of an application requires beyond the declarations of its operations.

use poem_openapi::payload::PlainText;
use poem_openapi::{OpenApi, Tags};
use poem_resource_server::Application;
use poem_resource_server::guard::{BearerAuth, Requirement};
use poem_resource_server::testing::Issuer;
use serde_json::Value;

use crate::calls::{Answer, call, get, get_with, refusal, try_start};

#[derive(Tags)]
enum Tag {
    Orders,
}

struct Shop;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Shop {
    #[oai(
        path = "/orders",
        method = "get",
        operation_id = "orders",
        tag = "Tag::Orders"
    )]
    async fn orders(&self, caller: BearerAuth) -> PlainText<String> {
        PlainText(caller.subject().to_owned())
    }

    #[oai(path = "/admin/users", method = "get", operation_id = "users")]
    async fn users(&self) -> PlainText<&'static str> {
        PlainText("users")
    }

    #[oai(path = "/hello", method = "get", operation_id = "hello")]
    async fn hello(&self) -> PlainText<&'static str> {
        PlainText("hello")
    }
}

fn shop() -> Application {
    Application::new("Shop", "1").api(|_| Shop)
}

fn open_hours() -> Requirement {
    Requirement::default().with_check("shop_is_closed", |_caller, request| {
        request.header("x-closed").is_none()
    })
}

fn outcome(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.reason())
}

#[tokio::test]
async fn a_named_check_decides_for_an_operation_a_tag_a_path_and_all() {
    let issuer = Issuer::new();
    let token = format!("Bearer {}", issuer.token(""));
    for (row, application, path) in [
        (
            "an operation",
            shop().require("ORDERS", open_hours()),
            "/orders",
        ),
        (
            "a tag",
            shop().require_tag("orders", open_hours()),
            "/orders",
        ),
        (
            "a path",
            shop().require_path_prefix("/admin", open_hours()),
            "/admin/users",
        ),
        ("all", shop().require_all(open_hours()), "/hello"),
    ] {
        let shop = try_start(application, &[], &issuer).await.unwrap();
        let call = async |headers: &[(&str, &str)]| {
            call(&shop, poem::http::Method::GET, path, headers).await
        };

        let open = call(&[("authorization", &token)]).await;
        let closed = call(&[("authorization", &token), ("x-closed", "yes")]).await;
        let anonymous = call(&[]).await;

        assert_eq!(open.status, 200, "{row}: {}", open.text);
        assert_eq!(
            outcome(&closed),
            (403, "shop_is_closed".to_owned()),
            "{row}"
        );
        assert_eq!(anonymous.status, 401, "{row}");
    }
}

#[tokio::test]
async fn requirements_of_code_and_settings_must_both_be_met() {
    let issuer = Issuer::new();
    let read = Requirement::new("orders:read".parse().unwrap());
    let of_sales = Requirement::default().with_claim("department", ["sales"]);
    let application = shop().require("orders", read).require("orders", of_sales);
    let settings = [("access.operations.orders.scopes", "orders:list")];
    let shop = try_start(application, &settings, &issuer).await.unwrap();
    let call = async |scope: &str, department: &str| {
        let token = issuer.access_token(scope).claim("department", department);
        outcome(&get_with(&shop, "/orders", &issuer.sign(&token)).await)
    };

    let both = call("orders:read orders:list", "sales").await;
    let settings_alone = call("orders:list", "sales").await;
    let code_alone = call("orders:read", "sales").await;
    let other_claim = call("orders:read orders:list", "support").await;

    assert_eq!(both.0, 200);
    assert_eq!(settings_alone, (403, "insufficient_scope".to_owned()));
    assert_eq!(code_alone, (403, "insufficient_scope".to_owned()));
    assert_eq!(other_claim, (403, "claim_not_accepted".to_owned()));
    let document: Value = serde_json::from_str(&get(&shop, "/openapi.json").await.text).unwrap();
    let security = document["paths"]["/orders"]["get"]["security"].to_string();
    assert!(security.contains("orders:read"), "{security}");
    assert!(security.contains("orders:list"), "{security}");
    assert_eq!(get(&shop, "/hello").await.status, 200);
}

#[tokio::test]
async fn a_requirement_of_the_code_that_fits_nothing_does_not_start() {
    for (row, application, expected) in [
        (
            "an operation",
            shop().require("order", open_hours()),
            Some("`Application::require` names the operation `order`, which does not exist"),
        ),
        (
            "a tag",
            shop().require_tag("order", open_hours()),
            Some("`Application::require_tag(\"order\")` is for a tag that no operation has"),
        ),
        (
            "a path",
            shop().require_path_prefix("/order", open_hours()),
            Some("`Application::require_path_prefix(\"/order\")` is for a path prefix"),
        ),
        (
            "a parameter",
            shop().require("orders", Requirement::default().with_owner("tenant", "tid")),
            Some("`Application::require(\"orders\").owner` names the parameter `tenant`"),
        ),
        ("what exists", shop().require("orders", open_hours()), None),
    ] {
        let found = refusal(application, &[]).await;

        match expected {
            Some(expected) => {
                let found = found.unwrap_or_default();
                assert!(found.contains(expected), "{row}: {found}");
            }
            None => assert_eq!(found, None, "{row}"),
        }
    }
}

#[tokio::test]
async fn an_operation_that_the_code_protects_cannot_be_anonymous() {
    let settings = [("access.mode", "all"), ("access.anonymous", "hello")];
    let required = shop().require("hello", open_hours());

    let found = refusal(required, &settings).await.unwrap();
    let without = refusal(shop(), &settings).await;

    assert!(found.contains("a requirement in the code"), "{found}");
    assert_eq!(without, None);
}
