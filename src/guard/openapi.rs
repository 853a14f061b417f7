//! The document that says what the gates do.
//!
//! Poem-openapi prints what the code declares; this adds what only the rules and the issuer
//! know: protection by setting, the refusals with their headers, and the issuer's endpoints,
//! which poem-openapi wants to know when it compiles.
//!
//! 1. `security` per operation, never at the root: `BearerAuth` first, then `OAuth2` with the
//!    scopes required, once the issuer is known; `[]` on anonymous operations.
//! 2. 400, 401, 403 and 503 on protected operations, with their headers and the problem schema.

use poem_openapi::{OpenApi, OpenApiService, Webhook};
use serde_json::{Map, Value, json};

use crate::issuer::Metadata;
use crate::token::Scope;

use super::guarded::Guarded;
use super::principal::BearerAuth;
use super::problem::MEDIA_TYPE;
use super::rule::{self, OperationRule, Requirement, Rule, scopes_in_use};
use super::{Guard, RuleError};

/// An OpenAPI 3.0 document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document(Value);

impl Document {
    /// The document as a JSON value.
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The document as JSON text, indented.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.0)
    }
}

impl Guard {
    /// The document of a guarded API, with the issuer's endpoints once they are known.
    ///
    /// Operations are found by the paths that the code gives them: mount the API with
    /// [`Route::nest`](poem::Route::nest) or `prefix_path`, not with `url_prefix`.
    ///
    /// # Errors
    ///
    /// A [`RuleError`] as [`Guard::try_protect`] gave before.
    ///
    /// # Panics
    ///
    /// Never: poem-openapi's own document is JSON.
    pub fn document<T: OpenApi, W: Webhook>(
        &self,
        service: &OpenApiService<Guarded<T>, W>,
        issuer: Option<&Metadata>,
    ) -> Result<Document, RuleError> {
        let rules = rule::rules(&T::meta(), self.access())?;
        let mut document: Value =
            serde_json::from_str(&service.spec()).expect("poem-openapi emits JSON");
        for operation in &rules {
            let method = operation.method.as_str().to_ascii_lowercase();
            // Indexing would add what is not there.
            let path = document
                .get_mut("paths")
                .and_then(|paths| paths.get_mut(&operation.path));
            if let Some(described) = path.and_then(|path| path.get_mut(&method)) {
                describe(described, operation, issuer.is_some());
            }
        }
        document["components"]["schemas"]["Problem"] = problem_schema();
        if let Some(issuer) = issuer {
            document["components"]["securitySchemes"][OAUTH2] =
                oauth2(issuer, &scopes_in_use(&rules));
        }
        Ok(Document(document))
    }
}

fn describe(described: &mut Value, operation: &OperationRule, has_issuer: bool) {
    let security = |requirement: &Requirement| {
        let mut security = vec![json!({ BearerAuth::NAME: [] })];
        if has_issuer {
            let scopes: Vec<_> = requirement
                .scope()
                .iter()
                .map(ToString::to_string)
                .collect();
            security.push(json!({ OAUTH2: scopes }));
        }
        security
    };
    match &operation.rule {
        Rule::Anonymous => described["security"] = json!([]),
        Rule::Optional(requirement) => {
            let mut security = security(requirement);
            security.push(json!({}));
            described["security"] = security.into();
            add_refusals(described, requirement);
        }
        Rule::Protected(requirement) => {
            described["security"] = security(requirement).into();
            add_refusals(described, requirement);
        }
    }
}

fn add_refusals(described: &mut Value, requirement: &Requirement) {
    let forbidden = match (
        requirement.scope().is_empty(),
        requirement.claims().is_empty(),
    ) {
        (true, true) => None,
        (true, false) => Some("The token lacks a claim value that is required.".to_owned()),
        (false, _) => Some(format!(
            "The token lacks a required scope: `{}`.",
            requirement.scope()
        )),
    };
    let challenge = json!({ "WWW-Authenticate": {
        "description": "One `Bearer` challenge (RFC 6750 section 3).",
        "required": true,
        "schema": { "type": "string" },
    }});
    let retry_after = json!({ "Retry-After": {
        "description": "Seconds to wait.",
        "required": true,
        "schema": { "type": "integer", "minimum": 0 },
    }});
    let refusals = [
        (
            "400",
            Some("The `Authorization` header is malformed or repeated.".to_owned()),
            &challenge,
        ),
        (
            "401",
            Some("The access token is missing or not valid.".to_owned()),
            &challenge,
        ),
        ("403", forbidden, &challenge),
        (
            "503",
            Some("Tokens cannot be verified at the moment.".to_owned()),
            &retry_after,
        ),
    ];
    for (status, description, headers) in refusals {
        if let Some(description) = description {
            described["responses"][status] = json!({
                "description": description,
                "headers": headers,
                "content": { MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" } } },
            });
        }
    }
    sort_by_status(&mut described["responses"]);
}

fn sort_by_status(responses: &mut Value) {
    if let Value::Object(members) = responses {
        members.sort_keys();
    }
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "required": ["type", "title", "status", "detail", "reason"],
        "properties": {
            "type": { "type": "string", "example": "about:blank" },
            "title": { "type": "string", "example": "Unauthorized" },
            "status": { "type": "integer", "format": "int32", "example": 401 },
            "detail": { "type": "string", "example": "The access token is not valid for this API." },
            "reason": { "type": "string", "description": "A stable word.", "example": "expired" },
        },
    })
}

/// The flows by which a caller gets a token, at the issuer's own endpoints.
fn oauth2(issuer: &Metadata, scope: &Scope) -> Value {
    let scopes: Map<String, Value> = scope
        .iter()
        .map(|scope| (scope.to_string(), format!("Grants `{scope}`.").into()))
        .collect();
    let mut flows = json!({});
    if let Some(token_url) = issuer.token_endpoint() {
        flows["clientCredentials"] = json!({ "tokenUrl": token_url, "scopes": scopes });
        flows["authorizationCode"] = json!({
            "authorizationUrl": issuer.authorization_endpoint(),
            "tokenUrl": token_url,
            "scopes": scopes,
        });
    }
    json!({ "type": "oauth2", "description": "How to get one.", "flows": flows })
}

const OAUTH2: &str = "OAuth2";
