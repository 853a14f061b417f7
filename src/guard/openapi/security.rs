//! Who may call, and how a caller gets a token: `security` and the security schemes.
//!
//! Each way to get a token is a scheme of its own, so that a tool that shows a form per scheme
//! shows one per way. In `security`, `BearerAuth` comes first, because tools that support one
//! scheme per operation use the first. Among the schemes, it comes last: dialogs keep that
//! order, and a person signs in first.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::guard::principal::BearerAuth;
use crate::guard::rule::{OperationRule, Requirement, Rule, scopes_in_use};
use crate::issuer::Metadata;
use crate::token::{Scope, ScopeToken};

/// What is known about scopes in addition to the rules that require them.
#[derive(Debug, Clone, Default)]
pub(in crate::guard) struct ScopeTexts {
    /// Scopes that a caller may request, although no rule requires them.
    pub(in crate::guard) offered: Scope,
    /// The descriptions of scopes, for people.
    pub(in crate::guard) descriptions: BTreeMap<&'static str, &'static str>,
}

pub(super) fn describe(operation: &mut Value, rule: &OperationRule, issuer: Option<&Metadata>) {
    let ours = |requirement: &Requirement| {
        let none = [Scope::none()];
        let sets = match requirement.scopes() {
            [] => &none,
            sets => sets,
        };
        let ways = sets.iter().flat_map(|set| {
            let scopes: Vec<_> = set.iter().map(ScopeToken::as_str).collect();
            let ways = with_scopes(set, issuer).into_iter();
            ways.map(move |way| json!({ way: scopes }))
        });
        std::iter::once(json!({ BearerAuth::NAME: [] }))
            .chain(ways)
            .collect()
    };
    // The other schemes of the code, and `{}` where a scheme has a fallback.
    let mut others = match operation["security"].take() {
        Value::Array(declared) => declared,
        _ => Vec::new(),
    };
    others.retain(|way| way.get(BearerAuth::NAME).is_none());
    others.dedup();
    operation["security"] = match &rule.rule {
        Rule::Anonymous => others.into(),
        Rule::Optional(requirement) => {
            let mut ways: Vec<_> = ours(requirement);
            ways.append(&mut others);
            ways.into()
        }
        Rule::Protected(requirement) => Value::Array(ours(requirement)),
    };
}

/// The schemes by which a caller gets a token with this scope.
fn with_scopes(scope: &Scope, issuer: Option<&Metadata>) -> Vec<&'static str> {
    let Some(issuer) = issuer else {
        return vec![OPENID_CONNECT];
    };
    if issuer.token_endpoint().is_none() {
        return Vec::new();
    }
    if scope.iter().any(is_oidc_scope) {
        vec![SIGN_IN]
    } else {
        vec![SIGN_IN, CLIENT_CREDENTIALS]
    }
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
    // Without a user, an OIDC scope grants nothing.
    let of_clients: Map<_, _> = scope
        .iter()
        .filter(|scope| !is_oidc_scope(scope))
        .map(described)
        .collect();
    let Some(token_url) = issuer.token_endpoint() else {
        return;
    };
    let mut ours = Map::new();
    ours.insert(
        SIGN_IN.to_owned(),
        json!({
            "type": "oauth2",
            "description": "For a person: signs in at the issuer, by authorization code with PKCE.",
            "flows": { "authorizationCode": {
                "authorizationUrl": issuer.authorization_endpoint(),
                "tokenUrl": token_url,
                "scopes": of_users,
            } },
        }),
    );
    ours.insert(
        CLIENT_CREDENTIALS.to_owned(),
        json!({
            "type": "oauth2",
            "description": "For a program: a client id and its secret, without a user.",
            "flows": { "clientCredentials": { "tokenUrl": token_url, "scopes": of_clients } },
        }),
    );
    if let Value::Object(others) = schemes.take() {
        for (name, scheme) in others {
            ours.entry(name).or_insert(scheme);
        }
    }
    *schemes = ours.into();
}

/// The descriptions of scopes in the code's own OAuth schemes.
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

/// The scheme for people: authorization code with PKCE.
const SIGN_IN: &str = "SignIn";
/// The scheme for programs: client credentials.
pub(crate) const CLIENT_CREDENTIALS: &str = "ClientCredentials";
/// The scheme of both before the issuer's metadata is known.
const OPENID_CONNECT: &str = "OpenIdConnect";

/// The names that no scheme of the code may have, besides that of [`BearerAuth`].
pub(super) const OWN: [&str; 3] = [SIGN_IN, CLIENT_CREDENTIALS, OPENID_CONNECT];
