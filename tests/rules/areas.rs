//! Requirements for a tag, a path prefix and all operations add to what the code declares.

use poem::IntoEndpoint;
use poem_openapi::payload::PlainText;
use poem_openapi::{OAuthScopes, OpenApi, OpenApiService, Tags};
use poem_resource_server::guard::{Access, BearerAuth, OptionalBearerAuth, Requirement, Rule};
use poem_resource_server::token::Scope;
use serde_json::json;

use crate::world::{World, call};

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read.
    #[oai(rename = "read")]
    Read,
}

#[derive(Tags)]
enum Tag {
    /// Administration.
    Admin,
    /// Everything else.
    Shop,
}

pub struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(
        path = "/hello",
        method = "get",
        operation_id = "hello",
        tag = "Tag::Shop"
    )]
    async fn hello(&self) -> PlainText<&'static str> {
        PlainText("hello")
    }

    #[oai(
        path = "/orders",
        method = "get",
        operation_id = "orders",
        tag = "Tag::Shop"
    )]
    async fn orders(
        &self,
        #[oai(scope = "ApiScope::Read")] _caller: BearerAuth,
    ) -> PlainText<&'static str> {
        PlainText("orders")
    }

    #[oai(
        path = "/admin/users",
        method = "get",
        operation_id = "users",
        tag = "Tag::Admin"
    )]
    async fn users(&self) -> PlainText<&'static str> {
        PlainText("users")
    }

    #[oai(
        path = "/admin",
        method = "get",
        operation_id = "admin",
        tag = "Tag::Admin"
    )]
    async fn admin(&self, _caller: OptionalBearerAuth) -> PlainText<&'static str> {
        PlainText("admin")
    }

    #[oai(path = "/administration", method = "get", operation_id = "page")]
    async fn page(&self) -> PlainText<&'static str> {
        PlainText("page")
    }
}

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

/// Each rule as a word and its sets of scopes.
fn rules(access: Access) -> Vec<String> {
    let guard = World::new().guard.with_access(access);
    let guarded = guard.protect(Api);
    let words = guarded.rules().iter().map(|operation| {
        let (word, requirement) = match &operation.rule {
            Rule::Anonymous => return "anonymous".to_owned(),
            Rule::Optional(requirement) => ("optional", requirement),
            Rule::Protected(requirement) => ("protected", requirement),
            other => panic!("an unknown rule: {other:?}"),
        };
        let sets: Vec<_> = requirement.scopes().iter().map(Scope::to_string).collect();
        format!("{word} {}", sets.join(" | ")).trim_end().to_owned()
    });
    words.collect()
}

#[test]
fn every_requirement_that_applies_is_added() {
    let with = |text: &str| Requirement::new(scope(text));
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("as declared", Access::default(),
            ["anonymous", "protected read", "anonymous", "optional", "anonymous"]),
        ("a tag", Access::default().with_tag("Admin", with("a")),
            ["anonymous", "protected read", "protected a", "protected a", "anonymous"]),
        ("a tag in another case", Access::default().with_tag("ADMIN", with("a")),
            ["anonymous", "protected read", "protected a", "protected a", "anonymous"]),
        ("a path prefix is whole segments", Access::default().with_path_prefix("/admin", with("a")),
            ["anonymous", "protected read", "protected a", "protected a", "anonymous"]),
        ("a path prefix with a slash", Access::default().with_path_prefix("/admin/", with("a")),
            ["anonymous", "protected read", "protected a", "protected a", "anonymous"]),
        ("the prefix of every path", Access::default().with_path_prefix("/", with("a")),
            ["protected a", "protected read a", "protected a", "protected a", "protected a"]),
        ("all", Access::default().with_all(with("a")),
            ["protected a", "protected read a", "protected a", "protected a", "protected a"]),
        ("all except those that are named", Access::default().with_all(with("a")).with_anonymous(["HELLO"]),
            ["anonymous", "protected read a", "protected a", "protected a", "protected a"]),
        ("several", Access::default().with_tag("admin", with("a")).with_path_prefix("/admin", with("b"))
            .with_operation("users", with("c")),
            ["anonymous", "protected read", "protected b a c", "protected b a", "anonymous"]),
        ("alternatives", Access::default().with_operation("orders",
            Requirement::default().with_any_scope([scope("a"), scope("b")])),
            ["anonymous", "protected read a | read b", "anonymous", "optional", "anonymous"]),
        ("an alternative does not replace what the code declares", Access::default().with_operation("orders",
            Requirement::default().with_any_scope([scope("read"), scope("b")])),
            ["anonymous", "protected read", "anonymous", "optional", "anonymous"]),
        ("an empty requirement", Access::default().with_all(Requirement::default()),
            ["anonymous", "protected read", "anonymous", "optional", "anonymous"]),
    ];
    for (row, access, expected) in rows {
        assert_eq!(rules(access), expected, "{row}");
    }
}

#[tokio::test]
async fn conditions_of_every_source_must_be_met() {
    let world = World::new();
    let access = Access::default()
        .with_tag(
            "Admin",
            Requirement::default().with_claim("groups", ["admins"]),
        )
        .with_path_prefix(
            "/admin",
            Requirement::default().with_clients(["web", "app"]),
        )
        .with_operation("users", Requirement::default().with_clients(["app"]));
    let guard = world.guard.clone().with_access(access);
    let routes = OpenApiService::new(guard.protect(Api), "", "").into_endpoint();
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("all met", "/admin/users", json!({ "groups": "admins", "cid": "app" }), 200, ""),
        ("the operation accepts fewer clients", "/admin/users", json!({ "groups": "admins", "cid": "web" }), 403, "client_not_accepted"),
        ("another operation accepts both", "/admin", json!({ "groups": "admins", "cid": "web" }), 200, ""),
        ("the tag requires a claim", "/admin", json!({ "cid": "web" }), 403, "claim_not_accepted"),
        ("elsewhere nothing is added", "/administration", json!({}), 200, ""),
    ];
    for (row, uri, claims, status, reason) in rows {
        let answer = call(&routes, uri, Some(&world.token(&claims))).await;

        assert_eq!(answer.status.as_u16(), status, "{row}");
        assert_eq!(answer.reason(), reason, "{row}");
    }
    let answer = call(&routes, "/admin/users", None).await;
    assert_eq!(answer.reason(), "missing_credentials");
}

#[tokio::test]
async fn a_scope_is_met_by_one_that_includes_it() {
    let world = World::new();
    let access = Access::default()
        .with_operation("orders", Requirement::new(scope("list")))
        .with_implied_scopes(scope("admin"), scope("write"))
        .with_implied_scopes(scope("write"), scope("read list"));
    let guard = world.guard.clone().with_access(access);
    let routes = OpenApiService::new(guard.protect(Api), "", "").into_endpoint();
    for (granted, status, named) in [
        ("read list", 200, ""),
        ("write", 200, ""),
        ("admin", 200, ""),
        ("read", 403, "scope=\"read list\""),
        ("Admin", 403, "scope=\"read list\""),
    ] {
        let token = world.token(&json!({ "scope": granted }));
        for _ in 0..2 {
            let answer = call(&routes, "/orders", Some(&token)).await;

            assert_eq!(answer.status.as_u16(), status, "{granted}");
            let challenge = answer.challenge.unwrap_or_default();
            assert!(challenge.ends_with(named), "{granted}: {challenge}");
        }
    }
}
