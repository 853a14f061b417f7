//! A walk over an API that uses every kind of condition.

use std::time::Duration;

use poem::{Request, Route};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::PlainText;
use poem_openapi::{OAuthScopes, OpenApi, OpenApiService, Tags};
use poem_resource_server::clock::{Clock, SystemClock};
use poem_resource_server::guard::{Access, BearerAuth, Document, Guard, Requirement};
use poem_resource_server::testing::{Issuer, Walk, WalkReport};
use poem_resource_server::token::Scope;

#[derive(OAuthScopes)]
pub enum ApiScope {
    /// Read.
    #[oai(rename = "read")]
    Read,
}

#[derive(Tags)]
enum Tag {
    /// Administration.
    Admin,
}

/// An operation for each kind.
pub struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    /// Either of two sets of scopes.
    #[oai(path = "/either", method = "get", operation_id = "either")]
    async fn either(&self, _caller: BearerAuth) -> PlainText<&'static str> {
        PlainText("either")
    }

    /// A scope that another one includes.
    #[oai(path = "/included", method = "get", operation_id = "included")]
    async fn included(
        &self,
        #[oai(scope = "ApiScope::Read")] _caller: BearerAuth,
    ) -> PlainText<&'static str> {
        PlainText("included")
    }

    /// A claim, by tag.
    #[oai(
        path = "/admin",
        method = "get",
        operation_id = "admin",
        tag = "Tag::Admin"
    )]
    async fn admin(&self) -> PlainText<&'static str> {
        PlainText("admin")
    }

    /// A sign-in.
    #[oai(path = "/pay", method = "get", operation_id = "pay")]
    async fn pay(&self, _caller: BearerAuth) -> PlainText<&'static str> {
        PlainText("pay")
    }

    /// An owner in the path.
    #[oai(path = "/tenants/:tenant", method = "get", operation_id = "tenant")]
    async fn tenant(&self, tenant: Path<String>, _caller: BearerAuth) -> PlainText<String> {
        PlainText(tenant.0)
    }

    /// An owner in the query.
    #[oai(path = "/orders", method = "get", operation_id = "orders")]
    async fn orders(&self, tenant: Query<String>, _caller: BearerAuth) -> PlainText<String> {
        PlainText(tenant.0)
    }

    /// A check in code.
    #[oai(path = "/open-hours", method = "get", operation_id = "hours")]
    async fn hours(&self, _caller: BearerAuth) -> PlainText<&'static str> {
        PlainText("open")
    }

    /// An accepted client and issuer.
    #[oai(path = "/client", method = "get", operation_id = "client")]
    async fn client(&self, _caller: BearerAuth) -> PlainText<&'static str> {
        PlainText("client")
    }
}

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

pub fn access() -> Access {
    let none = Requirement::default;
    Access::default()
        .with_operation("either", none().with_any_scope([scope("a b"), scope("c")]))
        .with_implied_scopes(scope("write"), scope("read"))
        .with_tag("Admin", none().with_claim("realm_access/roles", ["admin"]))
        .with_operation(
            "pay",
            none()
                .with_acr(["phr"])
                .with_max_age(Duration::from_secs(300)),
        )
        .with_path_prefix("/tenants", none().with_owner("tenant", "tenant_id"))
        .with_operation("orders", none().with_owner("tenant", "tenant_id"))
        .with_operation(
            "hours",
            none().with_check("closed", |_, request| {
                request.header("x-hour") == Some("12")
            }),
        )
        .with_operation(
            "client",
            none()
                .with_clients(["dev-client"])
                .with_issuers(["https://issuer.test/oauth2/default"]),
        )
}

pub fn guarded(issuer: &Issuer) -> (Guard, Route, Document) {
    let guard = issuer.guard().with_access(access());
    let service = OpenApiService::new(guard.protect(Api), "Kinds", "1").server("/api");
    let document = guard.document(&service).unwrap();
    let routes = Route::new().nest("/api", service);
    (guard, routes, document)
}

fn faults(report: &WalkReport) -> Vec<String> {
    report.faults().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn an_api_with_every_kind_of_condition_is_clean() {
    let issuer = Issuer::new();
    let (_, routes, document) = guarded(&issuer);
    let now = SystemClock::new().now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let get = |uri: &'static str| move || Request::builder().uri_str(uri).finish();

    let report = Walk::new(&routes, &document, &issuer)
        .with_claim(
            "admin",
            "realm_access",
            serde_json::json!({ "roles": ["admin"] }),
        )
        .with_claim("pay", "acr", "phr")
        .with_claim("pay", "auth_time", now)
        .with_claim("tenant", "tenant_id", "acme")
        .with_example("tenant", get("/api/tenants/acme"))
        .with_claim("orders", "tenant_id", "a b")
        .with_example("orders", get("/api/orders?tenant=a+b"))
        .with_example("hours", || {
            let request = Request::builder().uri_str("/api/open-hours");
            request.header("x-hour", "12").finish()
        })
        .with_claim("client", "cid", "dev-client")
        .run()
        .await;

    report.assert_clean();
}

#[tokio::test]
async fn a_walk_without_the_parameter_of_an_owner_is_a_note_and_no_fault() {
    let issuer = Issuer::new().with_claim("tenant_id", "acme");
    let (_, routes, document) = guarded(&issuer);

    let report = Walk::new(&routes, &document, &issuer).run().await;

    let about = |name: &str| {
        let prefix = format!("{name}: ");
        let faults = faults(&report);
        faults.iter().filter(|it| it.starts_with(&prefix)).count()
    };
    assert_eq!(about("tenant"), 0, "{:?}", faults(&report));
    assert_eq!(about("orders"), 0);
    assert_eq!(about("hours"), 0);
    // The claims that a token needs are the walk's to know.
    assert_eq!(about("admin"), 1);
    assert_eq!(about("pay"), 1);
    let notes = report.to_string();
    assert!(notes.contains("tenant: a good token met 403"), "{notes}");
}
