//! Whatever spelling of a parameter a caller sends: the guard admits it only if the handler then
//! receives the caller's own value.

use poem::{EndpointExt, IntoEndpoint, Route, handler};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::PlainText;
use poem_openapi::{OpenApi, OpenApiService};
use poem_resource_server::guard::{Access, BearerAuth, Principal, Requirement};
use serde_json::json;

use crate::world::{World, call};

struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(
        path = "/tenants/:tenant/orders",
        method = "get",
        operation_id = "by_path"
    )]
    async fn by_path(&self, tenant: Path<String>, _caller: BearerAuth) -> PlainText<String> {
        PlainText(format!("[{}]", tenant.0))
    }

    #[oai(path = "/numbers/:id", method = "get", operation_id = "by_number")]
    async fn by_number(&self, id: Path<i64>, _caller: BearerAuth) -> PlainText<String> {
        PlainText(format!("[{}]", id.0))
    }

    #[oai(path = "/orders", method = "get", operation_id = "by_query")]
    async fn by_query(
        &self,
        tenant: Query<Option<String>>,
        _caller: BearerAuth,
    ) -> PlainText<String> {
        PlainText(format!("[{}]", tenant.0.unwrap_or_default()))
    }

    #[oai(
        path = "/any-case",
        method = "get",
        operation_id = "by_any_case",
        ignore_case = true
    )]
    async fn by_any_case(
        &self,
        tenant: Query<Option<String>>,
        _caller: BearerAuth,
    ) -> PlainText<String> {
        PlainText(format!("[{}]", tenant.0.unwrap_or_default()))
    }

    #[oai(path = "/list", method = "get", operation_id = "by_list")]
    async fn by_list(
        &self,
        #[oai(explode = false)] tenant: Query<String>,
        _caller: BearerAuth,
    ) -> PlainText<String> {
        PlainText(format!("[{}]", tenant.0))
    }

    #[oai(path = "/all", method = "get", operation_id = "by_all")]
    async fn by_all(&self, tenant: Query<Vec<String>>, _caller: BearerAuth) -> PlainText<String> {
        PlainText(format!("{:?}", tenant.0))
    }

    #[oai(path = "/default", method = "get", operation_id = "by_default")]
    async fn by_default(
        &self,
        #[oai(default = "everybody")] tenant: Query<String>,
        _caller: BearerAuth,
    ) -> PlainText<String> {
        PlainText(format!("[{}]", tenant.0))
    }
}

fn everybody() -> String {
    "everybody".to_owned()
}

fn access() -> Access {
    let owner = || Requirement::default().with_owner("tenant", "tenant_id");
    let operations = [
        "by_path",
        "by_query",
        "by_any_case",
        "by_list",
        "by_all",
        "by_default",
    ];
    let access = Access::default().with_operation(
        "by_number",
        Requirement::default().with_owner("id", "tenant_id"),
    );
    operations
        .into_iter()
        .fold(access, |access, id| access.with_operation(id, owner()))
}

#[tokio::test]
async fn every_spelling_is_admitted_only_with_the_value_that_the_handler_receives() {
    let world = World::new();
    let guard = world.guard.clone().with_access(access());
    let routes = Route::new().nest("/v1", OpenApiService::new(guard.protect(Api), "", ""));
    let routes = routes.into_endpoint();
    #[rustfmt::skip] // A row a line.
    let values = [
        "acme", "a b", "a+b", "a/b", "a%2fb", "é", "e\u{301}", "7", "a,b", "%41", " acme", "\u{fffd}", "..", "0",
    ];
    #[rustfmt::skip] // A row a line.
    let spellings = [
        "acme", "%61cme", "%61%63%6d%65", "%61%63%6D%65", "Acme", "ACME", "acme%20", "acme+", "%20acme",
        "a%20b", "a+b", "a%2Bb", "a%2bb", "a%2Fb", "a%2fb", "a%252fb", "a%252Fb", "%c3%a9", "%C3%A9",
        "e%cc%81", "%ef%ac%81", "fi", "7", "07", "+7", "%37", "7.0", "a,b", "a%2Cb", "a,acme", "acme,a",
        "a%26b", "a%3Db", "%25", "%2541", "%41", "..", "%2e%2e", ".", "%ff", "%c3", "%EF%BF%BD", "acme%00",
        "a%3Bb", "a;b", "%F0%9F%98%80", "a%5Cb", "a%22b", "0", "-0", "acme%2C", "%", "%6", "%zz",
    ];
    #[rustfmt::skip] // A row a line.
    let queries = [
        "tenant={}", "Tenant={}", "TENANT={}", "tenan%74={}", "tenant%20={}", "tenant[]={}", "x=1&tenant={}",
        "tenant={}&x=1", "tenant={}&tenant={}", "tenant=other&tenant={}", "tenant={}&tenant=other",
        "Tenant=other&tenant={}", "tenant={}&Tenant=other", "tenan%74=other&tenant={}", "tenant&tenant={}",
        "tenant={}&tenant", "&tenant={}&", "tenant={};tenant=other", "?tenant={}", "tenant=={}", "",
        "tenant=", "tenant", "{}",
    ];
    let mut admitted = 0;
    let mut refused = 0;
    for value in values {
        let token = world.token(&json!({ "tenant_id": value }));
        let own = [format!("[{value}]"), format!("[{value:?}]")];
        for spelling in spellings {
            let mut uris = vec![
                format!("/v1/tenants/{spelling}/orders"),
                format!("/v1/numbers/{spelling}"),
            ];
            // Each query with each spelling, spread over the paths.
            let paths = ["orders", "any-case", "list", "all", "default"];
            for (number, path) in paths.into_iter().enumerate() {
                let is_plain = spelling == "acme" || spelling == "a%20b";
                for query in queries
                    .iter()
                    .skip(if is_plain { 0 } else { number })
                    .step_by(if is_plain { 1 } else { paths.len() })
                {
                    let query = query.replace("{}", spelling);
                    uris.push(format!("/v1/{path}?{query}"));
                }
            }
            for uri in uris {
                if uri.parse::<poem::http::Uri>().is_err() {
                    continue;
                }
                let answer = call(&routes, &uri, Some(&token)).await;

                match answer.status.as_u16() {
                    200 => {
                        assert!(
                            own.contains(&answer.body),
                            "{value:?} {uri}: {}",
                            answer.body
                        );
                        admitted += 1;
                    }
                    403 => {
                        assert_eq!(answer.reason(), "not_owner", "{value:?} {uri}");
                        refused += 1;
                    }
                    // No value of a number, and paths that match no route.
                    400 | 404 => {}
                    status => panic!("{status} for {value:?} {uri}"),
                }
            }
        }
    }
    assert!(admitted > 100, "{admitted} spellings are admitted");
    assert!(refused > 1_000, "{refused} spellings are refused");
}

#[tokio::test]
async fn the_plain_spelling_of_each_value_is_admitted() {
    let world = World::new();
    let guard = world.guard.clone().with_access(access());
    let routes = Route::new().nest("/v1", OpenApiService::new(guard.protect(Api), "", ""));
    let routes = routes.into_endpoint();
    #[rustfmt::skip] // A row a line.
    let rows = [
        (json!("acme"), "/v1/tenants/acme/orders"),
        (json!("a b"), "/v1/tenants/a%20b/orders"),
        (json!("a/b"), "/v1/tenants/a%2Fb/orders"),
        (json!("a+b"), "/v1/tenants/a+b/orders"),
        (json!("a b"), "/v1/orders?tenant=a+b"),
        (json!("a+b"), "/v1/orders?tenant=a%2Bb"),
        (json!("é"), "/v1/orders?tenant=%C3%A9"),
        (json!("é"), "/v1/tenants/%c3%a9/orders"),
        (json!(7), "/v1/numbers/7"),
        (json!("7"), "/v1/numbers/7"),
        (json!(-7), "/v1/numbers/-7"),
        (json!(true), "/v1/orders?tenant=true"),
        (json!("acme"), "/v1/any-case?tenant=acme"),
        (json!("acme"), "/v1/list?tenant=acme"),
    ];
    for (claim, uri) in rows {
        let token = world.token(&json!({ "tenant_id": claim }));
        let answer = call(&routes, uri, Some(&token)).await;
        assert_eq!(answer.status, 200, "{claim} {uri}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_claim_that_names_no_single_value_owns_nothing() {
    let world = World::new();
    let guard = world.guard.clone().with_access(access());
    let routes = OpenApiService::new(guard.protect(Api), "", "").into_endpoint();
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("absent", json!({}), "/orders?tenant=acme"),
        ("null", json!({ "tenant_id": null }), "/orders?tenant=null"),
        ("an array", json!({ "tenant_id": ["acme"] }), "/orders?tenant=acme"),
        ("an object", json!({ "tenant_id": { "a": 1 } }), "/orders?tenant=%7B%22a%22%3A1%7D"),
        ("empty", json!({ "tenant_id": "" }), "/orders?tenant="),
        ("empty, and no parameter", json!({ "tenant_id": "" }), "/orders"),
        ("empty, and a default", json!({ "tenant_id": "" }), "/default"),
        ("the default of another", json!({ "tenant_id": "everybody" }), "/default"),
    ];
    for (row, claims, uri) in rows {
        let answer = call(&routes, uri, Some(&world.token(&claims))).await;

        assert_eq!(answer.status, 403, "{row}");
        assert_eq!(answer.reason(), "not_owner", "{row}");
    }
}

#[handler]
fn plain(caller: &Principal, request: &poem::Request) -> String {
    let tenant = request.raw_path_param("tenant").unwrap_or_default();
    format!("{} {tenant}", caller.subject())
}

#[tokio::test]
async fn a_plain_route_has_owners_of_its_path_and_query_parameters() {
    let world = World::new();
    let owner = || Requirement::default().with_owner("tenant", "tenant_id");
    let routes = Route::new()
        .at("/tenants/:tenant", plain.with(world.guard.require(owner())))
        .at("/orders", plain.with(world.guard.require(owner())))
        .into_endpoint();
    let token = world.token(&json!({ "tenant_id": "a b" }));
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("in the path", "/tenants/a%20b", 200),
        ("another in the path", "/tenants/b", 403),
        ("another in the path, and ours in the query", "/tenants/b?tenant=a+b", 403),
        ("no UTF-8 in the path, and ours in the query", "/tenants/%ff?tenant=a+b", 403),
        ("in the query", "/orders?tenant=a+b", 200),
        ("another in the query", "/orders?tenant=b", 403),
        ("twice in the query", "/orders?tenant=a+b&tenant=a+b", 403),
        ("nowhere", "/orders", 403),
    ];
    for (row, uri, status) in rows {
        let answer = call(&routes, uri, Some(&token)).await;

        assert_eq!(answer.status.as_u16(), status, "{row}");
        let reason = if status == 403 { "not_owner" } else { "" };
        assert_eq!(answer.reason(), reason, "{row}");
    }
}
