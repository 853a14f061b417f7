//! `/docs`: Swagger UI with a client to sign people in as.
//!
//! The page is ours, because poem-openapi's never says which client it is and so cannot use
//! PKCE; the bundle is poem-openapi's. The document and our settings lie in the page as data.

use serde_json::{Value, json};

use crate::guard::Document;
use crate::issuer::Metadata;

use super::asset::Asset;
use super::page::Page;
use super::sign_in::SignIn;

/// The path to which the issuer sends a person back. Issuers compare it to the letter.
pub(crate) const OAUTH2_REDIRECT: &str = "/docs/oauth2-redirect.html";

/// The page, which may talk to the service and to the issuer's token endpoint.
pub(super) fn page(document: &Document, sign_in: &SignIn, issuer: Option<&Metadata>) -> Asset {
    let title = super::page::title(document);
    let document = document.as_value();
    let settings = json!({
        "clientId": sign_in.client_id.as_deref().unwrap_or_default(),
        "basePath": sign_in.base_path,
        "scopes": scopes(document),
    });
    let token_origin = issuer
        .and_then(Metadata::token_endpoint)
        .map(|url| format!(" {}", url.origin().ascii_serialization()))
        .unwrap_or_default();
    let page = Page {
        title,
        styles: &["docs/swagger-ui.css", "docs/page.css"],
        scripts: &["docs/swagger-ui-bundle.js", "docs/swagger-ui-start.js"],
        data: &[("document", document), ("settings", &settings)],
        container: "swagger-ui",
        policy: &format!(
            "style-src 'self'; img-src 'self' data:; connect-src 'self'{token_origin}"
        ),
    };
    page.into_asset()
}

/// The scopes ticked when the dialog opens: those that suit both flows.
///
/// `openid` and its like are about a user; an issuer refuses client credentials that ask
/// for them.
fn scopes(document: &Value) -> Vec<&String> {
    let flows = &document["components"]["securitySchemes"]["OAuth2"]["flows"];
    let scopes = flows["clientCredentials"]["scopes"].as_object();
    scopes
        .into_iter()
        .flat_map(|scopes| scopes.keys())
        .collect()
}
