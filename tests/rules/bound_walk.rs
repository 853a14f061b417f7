//! A walk over operations that accept only tokens which are bound to a key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Route};
use poem_openapi::payload::PlainText;
use poem_openapi::{OAuthScopes, OpenApi, OpenApiService};
use poem_resource_server::guard::{Access, BearerAuth, Binding, Document, Guard};
use poem_resource_server::testing::{Issuer, Walk};
use serde_json::Value;

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read.
    #[oai(rename = "read")]
    Read,
}

struct Api;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Api {
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(
        &self,
        #[oai(scope = "ApiScope::Read")] _caller: BearerAuth,
    ) -> PlainText<&'static str> {
        PlainText("me")
    }
}

fn guarded(guard: Guard, binding: Binding) -> (Route, Document) {
    let guard = guard.with_access(Access::default().with_binding(binding));
    let service = OpenApiService::new(guard.protect(Api), "Bound", "1").server("/api");
    let document = guard.document(&service).unwrap();
    (Route::new().nest("/api", service), document)
}

fn authorization(request: &Request) -> (&str, &str) {
    let field = request.header("authorization").unwrap_or_default();
    field.split_once(' ').unwrap_or_default()
}

/// The claims of a token or of a proof.
fn claims(jws: &str) -> Value {
    let payload = jws.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    serde_json::from_slice(&payload).unwrap_or_default()
}

fn is_for_other_url(request: &Request) -> bool {
    let proof = claims(request.header("dpop").unwrap_or_default());
    proof["htu"]
        .as_str()
        .is_some_and(|htu| htu.ends_with("other"))
}

#[tokio::test]
async fn an_operation_that_requires_bound_tokens_is_walked_with_proofs() {
    let issuer = Issuer::new();
    let (routes, document) = guarded(issuer.guard(), Binding::Required);

    let report = Walk::new(&routes, &document, &issuer).run().await;

    report.assert_clean();
    assert!(report.notes().is_empty(), "{report}");
    assert!(report.calls() >= 20, "{report}");
}

#[tokio::test]
async fn a_document_that_accepts_certificates_too_still_requires_bound_tokens() {
    let issuer = Issuer::new();
    let guard = issuer.guard().with_certificate_bound_tokens();
    let (routes, document) = guarded(guard, Binding::Required);
    let (either, _) = guarded(issuer.guard(), Binding::Either);

    let report = Walk::new(&routes, &document, &issuer).run().await;
    let faulty = Walk::new(&either, &document, &issuer).run().await;

    report.assert_clean();
    assert!(report.calls() >= 20, "{report}");
    let served = faulty.faults().iter().any(|it| {
        it.text().starts_with("200, ")
            && it
                .attempts()
                .contains(&"a token that is not bound".to_owned())
    });
    assert!(served, "{faulty}");
}

#[tokio::test]
async fn a_public_url_of_the_guard_is_that_of_the_proofs() {
    let issuer = Issuer::new();
    let guard = issuer.guard().with_public_url("https://api.example");
    let (routes, document) = guarded(guard, Binding::Required);

    let with = Walk::new(&routes, &document, &issuer).with_public_url("https://api.example/");
    let without = Walk::new(&routes, &document, &issuer);

    with.run().await.assert_clean();
    assert!(!without.run().await.faults().is_empty());
}

#[tokio::test]
async fn each_theft_that_an_operation_admits_is_found() {
    type Admits = fn(&Request) -> bool;
    let rows: [(&str, Admits); 5] = [
        ("a bound token without a proof", |request| {
            let (scheme, token) = authorization(request);
            scheme == "DPoP" && claims(token)["cnf"].is_object() && request.header("dpop").is_none()
        }),
        ("a proof for another URL", is_for_other_url),
        ("a bound token as a bearer token", |request| {
            let (scheme, token) = authorization(request);
            scheme == "Bearer" && claims(token)["cnf"].is_object()
        }),
        ("a token that is not bound", |request| {
            let (scheme, token) = authorization(request);
            scheme == "Bearer" && claims(token)["cnf"].is_null()
        }),
        ("a token that is not bound, with a proof", |request| {
            let (scheme, token) = authorization(request);
            scheme == "DPoP" && claims(token)["sub"].is_string() && claims(token)["cnf"].is_null()
        }),
    ];
    for (theft, admits) in rows {
        let issuer = Issuer::new();
        let (routes, document) = guarded(issuer.guard(), Binding::Required);
        let faulty = routes.around(move |routes, request| async move {
            let fields = request.headers().get_all("authorization").iter().count();
            if fields == 1 && admits(&request) {
                return Ok(PlainText("me").into_response());
            }
            Ok(routes.get_response(request).await)
        });

        let report = Walk::new(&faulty, &document, &issuer).run().await;

        let found: Vec<_> = (report.faults().iter())
            .map(|fault| (fault.text(), fault.attempts()))
            .collect();
        let text = "200, where the document refuses with 401";
        assert_eq!(
            found,
            [(text, &[theft.to_owned()][..])],
            "{theft}: {report}"
        );
    }
}

#[tokio::test]
async fn a_gate_that_accepts_unbound_tokens_though_the_document_does_not_is_found() {
    let issuer = Issuer::new();
    let (_, document) = guarded(issuer.guard(), Binding::Required);
    let (either, _) = guarded(issuer.guard(), Binding::Either);

    let report = Walk::new(&either, &document, &issuer).run().await;

    let faults = report.faults().iter();
    let mut served = faults.filter(|it| it.text().starts_with("200, "));
    let attempts = served.next().unwrap().attempts();
    assert!(
        attempts.contains(&"a token that is not bound".to_owned()),
        "{report}"
    );
}
