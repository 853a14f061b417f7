#![allow(clippy::unused_async)] // Poem-openapi's operations are async.

mod bound_tokens;
mod several_issuers;
mod ways;

use std::sync::Arc;

use poem_openapi::payload::{Json, PlainText};
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, OAuthScopes, Object, OpenApi, OpenApiService};
use serde_json::{Value, json};

use super::Document;
use crate::guard::{Access, AccessMode, BearerAuth, Guard, OperationAccess, Problem};
use crate::issuer::{Issuer, Metadata};
use crate::token::{Audience, KeySet, Validation};
use crate::verifier::Verifier;

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read reports.
    #[oai(rename = "reports:read")]
    ReadReports,
}

/// A report.
#[derive(Object)]
#[oai(example)]
struct Report {
    text: String,
}

impl Example for Report {
    fn example() -> Self {
        Self { text: "x".into() }
    }
}

#[derive(ApiResponse)]
enum Filed {
    /// Filed.
    #[oai(status = 201)]
    Done(PlainText<String>),
    /// The drawer is locked.
    #[oai(status = 403)]
    Locked(PlainText<String>),
}

struct Api;

#[OpenApi]
impl Api {
    #[oai(path = "/open", method = "get", operation_id = "open")]
    async fn open(&self) -> PlainText<&'static str> {
        PlainText("open")
    }

    #[oai(path = "/reports/:id", method = "get", operation_id = "report")]
    async fn report(
        &self,
        #[oai(scope = "ApiScope::ReadReports")] _caller: BearerAuth,
        _id: poem_openapi::param::Path<u32>,
    ) -> Json<Report> {
        Json(Report::example())
    }

    #[oai(path = "/reports", method = "post", operation_id = "file")]
    async fn file(
        &self,
        #[oai(scope = "ApiScope::ReadReports")] _caller: BearerAuth,
        report: Json<Report>,
    ) -> Filed {
        match report.0.text {
            text if text.is_empty() => Filed::Locked(PlainText(text)),
            text => Filed::Done(PlainText(text)),
        }
    }
}

fn guard() -> Guard {
    let validation = Validation::new(ISSUER, Audience::parse("api://default").unwrap());
    Guard::new(Verifier::new(
        Arc::new(Arc::<KeySet>::default()),
        validation,
    ))
}

fn all() -> Access {
    Access {
        mode: AccessMode::All,
        ..Access::default()
    }
}

fn print(guard: &Guard, issuer: Option<Metadata>) -> Document {
    let service = OpenApiService::new(guard.protect(Api), "Reports", "1");
    let guard = match issuer {
        Some(metadata) => guard.clone().with_metadata(metadata),
        None => guard.clone(),
    };
    guard.document(&service).unwrap()
}

fn metadata() -> Metadata {
    let document = json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_uri": format!("{ISSUER}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let issuer = Issuer::parse(ISSUER).unwrap();
    Metadata::parse(document.to_string().as_bytes(), &issuer, &[]).unwrap()
}

fn answer<'a>(document: &'a Document, path: &str, method: &str, status: &str) -> &'a Value {
    &document.as_value()["paths"][path][method]["responses"][status]
}

#[test]
fn an_answer_has_a_bare_media_type_a_description_and_an_example() {
    let document = print(&guard(), None);

    let open = answer(&document, "/open", "get", "200");
    let report = answer(&document, "/reports/{id}", "get", "200");

    assert_eq!(open["description"], "OK");
    assert!(open["content"]["text/plain"].is_object());
    assert_eq!(report["description"], "A report.");
    assert_eq!(
        report["content"]["application/json"]["example"]["text"],
        "x"
    );
    let body = &document.as_value()["paths"]["/reports"]["post"]["requestBody"];
    assert_eq!(body["content"]["application/json"]["example"]["text"], "x");
}

#[test]
fn an_example_is_what_the_guard_answers() {
    let document = print(&guard(), None);

    let forbidden = answer(&document, "/reports/{id}", "get", "403");

    assert_eq!(
        forbidden["headers"]["WWW-Authenticate"]["example"],
        "Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"The access \
         token lacks a scope that this operation requires.\", scope=\"reports:read\""
    );
    let examples = &forbidden["content"]["application/problem+json"]["examples"];
    assert_eq!(examples["insufficient_scope"]["value"]["status"], 403);
    let unauthorized = answer(&document, "/reports/{id}", "get", "401");
    let examples = &unauthorized["content"]["application/problem+json"]["examples"];
    let reasons: Vec<_> = examples.as_object().unwrap().keys().collect();
    assert_eq!(
        reasons,
        [
            "missing_credentials",
            "proof_bad_signature",
            "bad_signature"
        ]
    );
}

#[test]
fn the_declared_description_of_a_status_is_kept_beside_the_guards_refusal() {
    let document = print(&guard(), None);

    let forbidden = answer(&document, "/reports", "post", "403");

    assert_eq!(forbidden["description"], "The drawer is locked.");
    assert!(forbidden["content"]["text/plain"].is_object());
    assert!(forbidden["content"]["application/problem+json"].is_object());
    assert!(forbidden["headers"]["WWW-Authenticate"].is_object());
}

#[test]
fn a_header_is_required_of_a_status_that_only_the_guard_answers_with() {
    let document = print(&guard().with_access(all()), None);

    for (name, path, method, status, is_required) in [
        ("guard alone", "/reports", "post", "401", true),
        ("guard alone, no inputs", "/open", "get", "400", true),
        ("inputs", "/reports/{id}", "get", "400", false),
        ("the code too", "/reports", "post", "403", false),
    ] {
        let headers = &answer(&document, path, method, status)["headers"];
        let required = &headers["WWW-Authenticate"]["required"];
        assert_eq!(*required, is_required, "{name}");
    }
    let unavailable = answer(&document, "/reports", "post", "503");
    assert_eq!(unavailable["headers"]["Retry-After"]["required"], true);
}

#[test]
fn the_example_challenge_of_403_names_the_scopes_where_a_claim_is_required_too() {
    let mut access = Access::default();
    let requirement = OperationAccess::default().with_claim("groups", ["admins"]);
    access.operations.insert("report".into(), requirement);

    let document = print(&guard().with_access(access), None);

    let forbidden = answer(&document, "/reports/{id}", "get", "403");
    let example = &forbidden["headers"]["WWW-Authenticate"]["example"];
    let example = example.as_str().unwrap();
    assert!(example.ends_with(", scope=\"reports:read\""), "{example}");
    let examples = &forbidden["content"]["application/problem+json"]["examples"];
    assert!(examples["claim_not_accepted"].is_object());
}

#[test]
fn an_answer_of_a_layer_before_the_api_is_on_every_operation() {
    let late = Problem {
        status: http::StatusCode::REQUEST_TIMEOUT,
        detail: "Late.",
        reason: "timeout",
    };

    let document = print(&guard(), None).with_answer(late, "Too late.");

    for (path, method) in [("/open", "get"), ("/reports", "post")] {
        let answer = answer(&document, path, method, "408");
        assert_eq!(answer["description"], "Too late.", "{path}");
        assert_eq!(answer.get("headers"), None, "{path}");
    }
}

#[test]
fn scopes_are_described_by_the_code_and_offered_where_they_can_be_granted() {
    let mut access = Access::default();
    let admin = OperationAccess::default().with_scope("admin".parse().unwrap());
    access.operations.insert("open".into(), admin);
    let guard = guard()
        .with_access(access)
        .with_scope_descriptions::<ApiScope>()
        .with_offered_scope(&"openid extra".parse().unwrap());

    let document = print(&guard, Some(metadata()));

    let schemes = &document.as_value()["components"]["securitySchemes"];
    let names: Vec<_> = schemes.as_object().unwrap().keys().collect();
    // A dialog shows them in this order.
    assert_eq!(
        names,
        ["SignIn", "ClientCredentials", "BearerAuth", "DPoPAuth"]
    );
    let of_clients = json!({
        "admin": "Grants admin.",
        "reports:read": "Read reports.",
        "extra": "Grants extra.",
    });
    let program = &schemes["ClientCredentials"]["flows"];
    assert_eq!(program["clientCredentials"]["scopes"], of_clients);
    assert_eq!(program.get("authorizationCode"), None);
    let person = &schemes["SignIn"]["flows"];
    assert_eq!(
        person["authorizationCode"]["scopes"]["openid"],
        "Grants openid."
    );
    assert_eq!(person.get("clientCredentials"), None);
    assert_eq!(
        person["authorizationCode"]["authorizationUrl"],
        format!("{ISSUER}/authorize")
    );
    let required = &document.as_value()["paths"]["/open"]["get"]["security"];
    assert_eq!(
        *required,
        json!([
            { "BearerAuth": [] },
            { "DPoPAuth": [] },
            { "SignIn": ["admin"] },
            { "ClientCredentials": ["admin"] },
        ])
    );
}

const ISSUER: &str = "https://id.example/oauth2/default";
