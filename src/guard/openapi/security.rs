//! Who may call, and how a caller gets a token: `security` and the flows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::guard::principal::BearerAuth;
use crate::guard::rule::{OperationRule, Requirement, Rule, scopes_in_use};
use crate::issuer::Metadata;
use crate::token::{Scope, ScopeToken};

/// What is known of scopes besides the rules that require them.
#[derive(Debug, Clone, Default)]
pub(in crate::guard) struct ScopeTexts {
    /// Scopes a caller may ask for though no rule requires them.
    pub(in crate::guard) offered: Scope,
    /// What scopes grant, for people.
    pub(in crate::guard) descriptions: BTreeMap<&'static str, &'static str>,
}

pub(super) fn describe(operation: &mut Value, rule: &OperationRule, has_issuer: bool) {
    let with_scopes = if has_issuer { OAUTH2 } else { OPENID_CONNECT };
    let ours = |requirement: &Requirement| {
        let scopes: Vec<_> = requirement.scope().iter().map(ScopeToken::as_str).collect();
        vec![
            json!({ BearerAuth::NAME: [] }),
            json!({ with_scopes: scopes }),
        ]
    };
    // The schemes of somebody else, and `{}` where a scheme has a fallback.
    let mut others = match operation["security"].take() {
        Value::Array(declared) => declared,
        _ => Vec::new(),
    };
    others.retain(|way| way.get(BearerAuth::NAME).is_none());
    others.dedup();
    operation["security"] = match &rule.rule {
        Rule::Anonymous => others.into(),
        Rule::Optional(requirement) => [ours(requirement), others].concat().into(),
        Rule::Protected(requirement) => ours(requirement).into(),
    };
}

/// Names the issuer's discovery document, which leads to its flows.
pub(super) fn add_discovery(document: &mut Value, issuer: &str) {
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
    document["components"]["securitySchemes"][OPENID_CONNECT] = json!({
        "type": "openIdConnect",
        "description": "An access token straight from the issuer.",
        "openIdConnectUrl": format!("{issuer}/.well-known/openid-configuration"),
    });
}

/// Adds the flows by which a caller gets a token, at the issuer's own endpoints.
pub(super) fn add_flows(
    document: &mut Value,
    issuer: &Metadata,
    rules: &[OperationRule],
    texts: &ScopeTexts,
) {
    let schemes = &mut document["components"]["securitySchemes"];
    let declared = declared_descriptions(schemes);
    let mut scope = scopes_in_use(rules);
    scope.extend(texts.offered.iter().cloned());
    let described = |scope: &ScopeToken| {
        let text = texts
            .descriptions
            .get(scope.as_str())
            .map(|text| (*text).to_owned())
            .or_else(|| declared.get(scope.as_str()).cloned())
            .unwrap_or_else(|| format!("Grants {scope}."));
        (scope.to_string(), Value::from(text))
    };
    let of_users: Map<_, _> = scope.iter().map(described).collect();
    // Without a user there is nothing that an OIDC scope could grant.
    let of_clients: Map<_, _> = scope
        .iter()
        .filter(|scope| !is_oidc_scope(scope))
        .map(described)
        .collect();
    let mut flows = json!({});
    if let Some(token_url) = issuer.token_endpoint() {
        flows["clientCredentials"] = json!({ "tokenUrl": token_url, "scopes": of_clients });
        flows["authorizationCode"] = json!({
            "authorizationUrl": issuer.authorization_endpoint(),
            "tokenUrl": token_url,
            "scopes": of_users,
        });
    }
    schemes[OAUTH2] = json!({
        "type": "oauth2",
        "description": "An access token straight from the issuer: for a program by client \
            credentials, for a person by signing in (with PKCE).",
        "flows": flows,
    });
}

/// What the code's own OAuth schemes say of their scopes.
fn declared_descriptions(schemes: &Value) -> BTreeMap<String, String> {
    let objects = |value: &Value| value.as_object().cloned().unwrap_or_default();
    objects(schemes)
        .values()
        .flat_map(|scheme| objects(&scheme["flows"]))
        .flat_map(|(_, flow)| objects(&flow["scopes"]))
        .filter_map(|(scope, text)| Some((scope, text.as_str()?.to_owned())))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// OpenID Connect Core 1.0 sections 5.4 and 11.
fn is_oidc_scope(scope: &ScopeToken) -> bool {
    const OIDC: [&str; 6] = [
        "openid",
        "profile",
        "email",
        "address",
        "phone",
        "offline_access",
    ];
    OIDC.contains(&scope.as_str())
}

const OAUTH2: &str = "OAuth2";
const OPENID_CONNECT: &str = "OpenIdConnect";
