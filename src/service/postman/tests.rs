#![allow(clippy::unused_async)] // Poem-openapi's operations are async.

mod bindings;
mod conditions;
mod environments;
mod kinds;
mod other_schemes;

use std::sync::Arc;

use poem_openapi::param::{Path, Query};
use poem_openapi::payload::{Json, PlainText};
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, OAuthScopes, Object, OpenApi, OpenApiService, SecurityScheme};
use serde_json::{Value, json};

use super::{Environment, PostmanFiles};
use crate::guard::{Access, AccessMode, BearerAuth, Guard};
use crate::token::{Audience, KeySet, Validation};
use crate::verifier::Verifier;

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read reports.
    #[oai(rename = "reports:read")]
    ReadReports,
    /// Write reports.
    #[oai(rename = "reports:write")]
    WriteReports,
}

/// A caller, or nobody.
#[derive(SecurityScheme)]
#[allow(dead_code)] // Only the declaration counts here.
enum Visitor {
    Known(BearerAuth),
    #[oai(fallback)]
    Anonymous,
}

/// A report.
#[derive(Object)]
#[oai(example)]
struct Report {
    text: String,
    pages: u32,
    note: Option<String>,
}

impl Example for Report {
    fn example() -> Self {
        Self {
            text: "x".into(),
            pages: 1,
            note: None,
        }
    }
}

#[derive(ApiResponse)]
enum Filed {
    /// Filed.
    #[oai(status = 201)]
    Done,
}

struct Api;

#[OpenApi]
impl Api {
    #[oai(path = "/open", method = "get", operation_id = "open")]
    async fn open(&self) -> PlainText<&'static str> {
        PlainText("open")
    }

    /// For whom it may concern
    #[oai(path = "/either", method = "get")]
    async fn either(&self, _caller: Visitor) -> PlainText<&'static str> {
        PlainText("either")
    }

    #[oai(path = "/reports/:id/pages", method = "get", operation_id = "pages")]
    async fn pages(
        &self,
        #[oai(scope = "ApiScope::ReadReports")] _caller: BearerAuth,
        id: Path<u32>,
        #[oai(default = "first_page")] from: Query<u32>,
    ) -> Json<Report> {
        let (Path(_), Query(pages)) = (id, from);
        Json(Report {
            pages,
            ..Report::example()
        })
    }

    #[oai(path = "/reports", method = "post", operation_id = "file")]
    async fn file(
        &self,
        #[oai(scope = "ApiScope::WriteReports")] _caller: BearerAuth,
        _report: Json<Report>,
    ) -> Filed {
        Filed::Done
    }
}

fn first_page() -> u32 {
    7
}

fn files(access: Access) -> PostmanFiles {
    files_of(|| Api, access)
}

fn files_of<T: OpenApi>(api: fn() -> T, access: Access) -> PostmanFiles {
    files_by(&guard().with_access(access), api)
}

fn guard() -> Guard {
    let validation = Validation::new("", Audience::parse("api://default").unwrap());
    Guard::new(Verifier::new(
        Arc::new(Arc::<KeySet>::default()),
        validation,
    ))
}

fn files_by<T: OpenApi>(guard: &Guard, api: fn() -> T) -> PostmanFiles {
    let service = OpenApiService::new(guard.protect(api()), "Reports", "1");
    let document = guard.document(&service).unwrap();
    let environment = Environment {
        base_url: "https://api.example.com".into(),
        issuer: "https://issuer.example.com".into(),
        issuer_name: "issuer.example.com".into(),
        client_id: "client".into(),
        client_secret: "secret".into(),
        scope: "reports:read reports:write".into(),
    };
    PostmanFiles::new(&document, guard.protect(api()).rules(), vec![environment])
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn items() -> Vec<Value> {
    let collection = parse(&files(Access::default()).collection);
    collection["item"].as_array().unwrap().clone()
}

fn item(name: &str) -> Value {
    let found = items().into_iter().find(|item| item["name"] == name);
    found.unwrap_or_else(|| panic!("no request {name}"))
}

/// What an item's test script expects.
fn expected(item: &Value) -> Value {
    let line = item["event"][0]["script"]["exec"][0].as_str().unwrap();
    let text = line.strip_prefix("const expected = ").unwrap();
    parse(text.trim_end_matches(';'))
}

fn names(files: &PostmanFiles) -> Vec<String> {
    let collection = parse(&files.collection);
    let items = collection["item"].as_array().unwrap().iter();
    let names = items.map(|item| item["name"].as_str().unwrap().to_owned());
    names.collect()
}

#[test]
fn each_operation_is_called_as_its_rule_has_it_the_protected_ones_first() {
    let names = names(&files(Access::default()));

    assert_eq!(
        names,
        [
            "Get an access token",
            "pages with a token",
            "pages without a token",
            "pages with a tampered token",
            "file with a token",
            "file without a token",
            "file with a tampered token",
            "GET /either with a token",
            "GET /either without a token",
            "GET /either with a tampered token",
            "open with a token",
            "open without a token",
        ]
    );
}

#[test]
fn the_settings_decide_like_the_code() {
    let closed = Access {
        mode: AccessMode::All,
        ..Access::default()
    };

    let names = names(&files(closed));

    let of_open: Vec<_> = names.iter().filter(|it| it.starts_with("open")).collect();
    assert_eq!(
        of_open,
        [
            "open with a token",
            "open without a token",
            "open with a tampered token"
        ]
    );
}

#[test]
fn each_request_describes_its_caller() {
    let bearer = |token: &str| json!({ "type": "bearer", "bearer": [{ "key": "token", "value": token, "type": "string" }] });
    let rows = [
        ("open with a token", bearer("{{accessToken}}")),
        ("open without a token", json!({ "type": "noauth" })),
        ("file with a tampered token", bearer("{{tamperedToken}}")),
    ];
    for (name, auth) in rows {
        assert_eq!(item(name)["request"]["auth"], auth, "{name}");
    }
    assert_eq!(
        item("Get an access token")["request"]["auth"]["type"],
        "basic"
    );
}

#[test]
fn parameters_and_bodies_are_filled_with_examples() {
    let pages = item("pages with a token")["request"].clone();
    let file = item("file with a token")["request"].clone();

    let url = json!({
        "raw": "{{baseUrl}}/reports/:id/pages",
        "host": ["{{baseUrl}}"],
        "path": ["reports", ":id", "pages"],
        "query": [{ "key": "from", "value": "7", "disabled": true }],
        "variable": [{ "key": "id", "value": "1" }],
    });
    assert_eq!(pages["url"], url);
    assert_eq!(pages["header"], json!([]));
    assert_eq!(pages.get("body"), None);
    assert_eq!(
        file["header"],
        json!([{ "key": "Content-Type", "value": "application/json" }])
    );
    assert_eq!(file["body"]["options"]["raw"]["language"], "json");
    let body = parse(file["body"]["raw"].as_str().unwrap());
    assert_eq!(body["text"], "x");
}

#[test]
fn the_answer_expected_is_the_documents() {
    let schema = json!({
        "type": "object",
        "required": ["text", "pages"],
        "properties": { "text": { "type": "string" }, "pages": { "type": "integer" } },
    });
    let json_type = "application/json";
    #[rustfmt::skip]
    let rows = [
        ("pages with a token", json!({ "status": 200, "mediaType": json_type, "schema": schema })),
        ("file with a token", json!({ "status": 201, "mediaType": null, "schema": null })),
        ("open without a token", json!({ "status": 200, "mediaType": "text/plain", "schema": null })),
        ("GET /either without a token", json!({ "status": 200, "mediaType": "text/plain", "schema": null })),
        ("pages without a token", json!({ "status": 401, "challenges": { "Bearer": null, "DPoP": null }, "reason": "missing_credentials" })),
        ("file with a tampered token", json!({ "status": 401, "challenges": { "Bearer": "invalid_token", "DPoP": null }, "reason": "bad_signature" })),
        ("GET /either with a tampered token", json!({ "status": 401, "challenges": { "Bearer": "invalid_token", "DPoP": null }, "reason": "bad_signature" })),
    ];
    for (name, answer) in rows {
        assert_eq!(expected(&item(name)), answer, "{name}");
    }
}
