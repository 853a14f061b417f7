//! `/docs`: Swagger UI, in which a person can sign in.
//!
//! The bundle is poem-openapi's. The page is ours, because poem-openapi's own page has no client
//! id and so cannot use PKCE. The dialog is ours too (`pages/dialog.js`). The page contains the
//! document and our settings as data.

use serde_json::{Value, json};

use crate::guard::{CLIENT_CREDENTIALS, DescribedIssuer, Document, SIGN_IN};

use super::asset::Asset;
use super::page::{self, Page};
use super::sign_in::SignIn;

/// The path to which the issuer sends a person back. Issuers compare it byte for byte.
pub(crate) const OAUTH2_REDIRECT: &str = "/docs/oauth2-redirect.html";

/// The page, which may connect to the service and to the token endpoint of each issuer.
pub(super) fn page(document: &Document, sign_in: &SignIn, issuers: &[DescribedIssuer]) -> Asset {
    let title = page::title(document);
    let document = document.as_value();
    let mut settings = json!({
        "clientId": sign_in.client_id.as_deref().unwrap_or_default(),
        "basePath": sign_in.base_path,
        "scopes": scopes(document),
        "proofAlgorithms": sign_in.proof_algorithms,
    });
    if !sign_in.client_ids.is_empty() {
        settings["clientIds"] = json!(sign_in.client_ids);
    }
    if issuers.len() > 1 {
        let schemes = issuers
            .iter()
            .map(|it| (it.identifier.clone(), it.scheme(SIGN_IN).into()));
        settings["signIn"] = Value::Object(schemes.collect());
    }
    let token_endpoints = issuers
        .iter()
        .filter_map(|it| it.metadata.as_ref()?.token_endpoint());
    let mut token_origins: Vec<String> = token_endpoints
        .map(|url| format!(" {}", url.origin().ascii_serialization()))
        .collect();
    token_origins.sort();
    token_origins.dedup();
    let token_origins = token_origins.concat();
    let page = Page {
        title,
        path: page::SWAGGER_UI,
        root: "",
        styles: &[
            "docs/swagger-ui.css",
            "docs/page.css",
            "docs/swagger-ui-theme.css",
            "docs/swagger-ui-controls.css",
            "docs/swagger-ui-layout.css",
            "docs/dialog.css",
        ],
        scripts: &[
            "docs/swagger-ui-bundle.js",
            "docs/advice.js",
            "docs/tokens.js",
            "docs/bound-tokens.js",
            "docs/refusal.js",
            "docs/dialog.js",
            "docs/step-up.js",
            "docs/swagger-ui-start.js",
        ],
        data: &[("document", document), ("settings", &settings)],
        container: "swagger-ui",
        policy: &format!(
            "style-src 'self'; img-src 'self' data:; connect-src 'self'{token_origins}"
        ),
    };
    page.into_asset()
}

/// The scopes that are selected when the dialog opens: those that suit both flows.
///
/// An issuer refuses client credentials that request `openid` or another scope about a user.
fn scopes(document: &Value) -> Vec<&String> {
    let flows = &document["components"]["securitySchemes"][CLIENT_CREDENTIALS]["flows"];
    let scopes = flows["clientCredentials"]["scopes"].as_object();
    scopes
        .into_iter()
        .flat_map(|scopes| scopes.keys())
        .collect()
}
