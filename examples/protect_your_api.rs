//! An API of one's own behind the guard: poem-openapi operations and a plain Poem route.
//!
//! Start the service for its issuer (`cargo run --release`), then
//! `cargo run --example protect_your_api`, and call `http://127.0.0.1:8000/api/reports/7`
//! with a token from `poem-resource-server token --scope profile:read`. Its test is run by
//! `cargo test --features testing --example protect_your_api`.

#![allow(clippy::unused_async)] // Poem-openapi's operations are async.

use poem::endpoint::make_sync;
use poem::listener::TcpListener;
use poem::{EndpointExt, Route, Server, handler};
use poem_openapi::param::Path;
use poem_openapi::payload::PlainText;
use poem_openapi::{OAuthScopes, OpenApi, OpenApiService};
use poem_resource_server::guard::{BearerAuth, Document, Guard, Principal};
use poem_resource_server::token::Scope;

#[derive(OAuthScopes)]
enum ApiScope {
    /// Read the caller's profile.
    #[oai(rename = "profile:read")]
    ProfileRead,
}

struct Api;

#[OpenApi]
impl Api {
    /// Anyone may call.
    #[oai(path = "/status", method = "get", operation_id = "status")]
    async fn status(&self) -> PlainText<&'static str> {
        PlainText("fine")
    }

    /// Only a caller whose token carries `profile:read`.
    #[oai(path = "/reports/:id", method = "get", operation_id = "report")]
    async fn report(
        &self,
        #[oai(scope = "ApiScope::ProfileRead")] caller: BearerAuth,
        id: Path<u32>,
    ) -> PlainText<String> {
        PlainText(format!("report {} for {}", id.0, caller.subject()))
    }
}

#[handler]
fn plain(caller: &Principal) -> String {
    format!("a plain route for {}", caller.subject())
}

/// The app and its document, for callers with tokens that `guard` accepts.
fn app(guard: &Guard) -> Result<(Route, Document), Box<dyn std::error::Error>> {
    let api = OpenApiService::new(guard.protect(Api), "Reports", "1.0").server("/api");
    let document = guard.document(&api)?;
    let json = document.to_json();
    let routes = Route::new()
        .nest("/api", api)
        .at("/openapi.json", make_sync(move |_| json.clone()))
        .at(
            "/plain",
            plain.with(guard.require("profile:read".parse::<Scope>()?)),
        );
    Ok((routes, document))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let guard = Guard::discover("http://127.0.0.1:3001/oauth2/default", "api://default").await?;
    let (routes, _) = app(&guard)?;
    Server::new(TcpListener::bind("127.0.0.1:8000"))
        .run(routes)
        .await?;
    Ok(())
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use poem_resource_server::testing::{Issuer, Walk};

    #[tokio::test]
    async fn the_api_does_what_its_document_says() {
        let issuer = Issuer::new();
        let (routes, document) = super::app(&issuer.guard()).expect("rules that can be meant");

        let report = Walk::new(&routes, &document, &issuer).run().await;

        report.assert_clean();
    }
}
