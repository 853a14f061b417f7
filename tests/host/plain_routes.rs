//! Plain Poem routes next to the operations.

use poem::http::Method;
use poem::{Route, get as on_get, handler};
use poem_resource_server::Application;
use poem_resource_server::guard::Principal;
use poem_resource_server::testing::{Issuer, TestApplication};

use crate::calls::{call, get, get_with, small, try_start};

#[handler]
fn report(caller: &Principal) -> String {
    caller.subject().to_owned()
}

#[handler]
fn file() -> &'static str {
    "a file"
}

fn routes() -> Application {
    small()
        .routes("/reports", "reports".parse().unwrap(), |_| {
            Route::new().at("/:year", on_get(report))
        })
        .open_routes("/files", |_| {
            Route::new()
                .at("/", on_get(file))
                .at("/*rest", on_get(file))
        })
}

#[tokio::test]
async fn protected_routes_are_for_holders_of_the_scope() {
    let issuer = Issuer::new().with_claim("sub", "ada");
    let hosted = try_start(routes(), &[], &issuer).await.unwrap();

    let without = get(&hosted, "/reports/2026").await;
    let lacking = get_with(&hosted, "/reports/2026", &issuer.token("read")).await;
    let good = get_with(&hosted, "/reports/2026", &issuer.token("reports")).await;
    let nothing = get_with(&hosted, "/reports/2026/may", &issuer.token("reports")).await;

    assert_eq!(without.status, 401);
    assert_eq!(lacking.status, 403);
    assert!(
        lacking
            .header("www-authenticate")
            .unwrap()
            .contains("scope=\"reports\"")
    );
    assert_eq!((good.status.as_u16(), good.text.as_str()), (200, "ada"));
    assert_eq!(
        (nothing.status.as_u16(), nothing.reason()),
        (404, "not_found".to_owned())
    );
}

#[tokio::test]
async fn open_routes_are_for_everybody_in_every_mode() {
    let issuer = Issuer::new();
    for mode in ["declared", "all"] {
        let hosted = try_start(routes(), &[("access.mode", mode)], &issuer)
            .await
            .unwrap();

        for path in ["/files", "/files/", "/files/a/b"] {
            assert_eq!(get(&hosted, path).await.text, "a file", "{mode} {path}");
        }
        assert_eq!(get(&hosted, "/filesystem").await.status, 404, "{mode}");
    }
}

#[tokio::test]
async fn a_405_of_plain_routes_names_no_methods_that_are_not_known() {
    let hosted = try_start(routes(), &[], &Issuer::new()).await.unwrap();

    for path in ["/files", "/files/a"] {
        let answer = call(&hosted, Method::POST, path, &[]).await;

        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(answer.reason(), "method_not_allowed", "{path}");
        assert_eq!(answer.header("allow"), None, "{path}");
    }
}

#[tokio::test]
async fn metrics_show_the_pattern_and_not_the_path() {
    let issuer = Issuer::new();
    let listening = TestApplication::new(routes())
        .listen(&issuer)
        .await
        .unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let at = |path: &str| format!("http://{}{path}", listening.address());

    let token = issuer.token("reports");
    let answer = client
        .get(at("/reports/2026"))
        .bearer_auth(&token)
        .send()
        .await;
    let refused = client.get(at("/reports/2027")).send().await;
    let page = format!("http://{}/metrics", listening.admin());
    let page = client.get(page).send().await.unwrap().text().await.unwrap();

    assert_eq!(answer.unwrap().status().as_u16(), 200);
    assert_eq!(refused.unwrap().status().as_u16(), 401);
    assert!(
        page.contains("operation=\"/reports/:year\",status=\"200\""),
        "{page}"
    );
    assert!(
        page.contains("operation=\"/reports\",status=\"401\""),
        "{page}"
    );
    assert!(!page.contains("2026") && !page.contains("2027"), "{page}");
    listening.stop().await;
}
