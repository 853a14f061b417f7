//! How a caller gets a token: the security schemes of each issuer.
//!
//! Each way to get a token is a scheme of its own, so that a tool that shows a form per scheme
//! shows one per way: `SignIn` and `ClientCredentials` once the metadata of the issuer is known,
//! and `OpenIdConnect` before. With several issuers, the schemes of the first have these names, and
//! those of the others end with the name of the issuer. The schemes of tokens come last, because
//! dialogs keep that order, and a person signs in first.
//!
//! A token that is bound to a certificate is sent as a bearer token is. Where no other bearer token is
//! accepted, `CertificateBoundAuth` is the scheme. OpenAPI 3.0 cannot say more than `bearer` in a form
//! that programs read, so a member of our own says that the tokens are bound.
//!
//! No parameter describes the header with a DPoP proof. It belongs to the credentials, as
//! `Authorization` does: tools would show a field for it at each operation, and generated clients
//! would have an argument, although each request needs another proof.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::guard::described_issuer::DescribedIssuer;
use crate::guard::rule::{
    AcceptedBindings, Certificates, OperationRule, Requirement, Rule, scopes_in_use,
};
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

/// How callers can prove that they have the key of a bound token.
pub(super) struct BoundTokens<'a> {
    pub(super) proof_algorithms: &'a [&'a str],
    pub(super) certificates: Certificates,
}

/// The schemes by which a caller gets a token from an issuer that has this scope, one of those of
/// the requirement, and meets the requirement.
pub(super) fn for_scope(
    scope: &Scope,
    requirement: &Requirement,
    issuer: &DescribedIssuer,
) -> Vec<String> {
    let Some(metadata) = &issuer.metadata else {
        return vec![issuer.scheme(OPENID_CONNECT)];
    };
    if metadata.token_endpoint().is_none() {
        return Vec::new();
    }
    if requirement.needs_user() || scope.iter().any(ScopeToken::is_of_openid_connect) {
        vec![issuer.scheme(SIGN_IN)]
    } else {
        vec![issuer.scheme(SIGN_IN), issuer.scheme(CLIENT_CREDENTIALS)]
    }
}

/// Adds the schemes of the issuers before those that the document has.
pub(super) fn add(
    document: &mut Value,
    issuers: &[DescribedIssuer],
    rules: &[OperationRule],
    texts: &ScopeTexts,
    bound: &BoundTokens<'_>,
) {
    let schemes = &mut document["components"]["securitySchemes"];
    let scopes = Scopes::new(schemes, rules, texts);
    let mut ours = Map::new();
    let mut discovery = Map::new();
    for issuer in issuers {
        let at = match issuers {
            [_] => "the issuer".to_owned(),
            _ => format!("the issuer `{}`", issuer.name),
        };
        match &issuer.metadata {
            Some(metadata) => ours.extend(flows(issuer, metadata, &scopes, &at)),
            None => discovery.extend([discovery_scheme(issuer, &at)]),
        }
    }
    if let Value::Object(others) = schemes.take() {
        for (name, scheme) in others {
            ours.entry(name).or_insert(scheme);
        }
    }
    let is_any = |is: &dyn Fn(AcceptedBindings) -> bool| {
        let mut bindings = rules.iter().filter_map(bindings);
        bindings.any(is)
    };
    if is_any(&|bindings| needs_certificate_scheme(bindings, bound.certificates)) {
        ours.insert(CERTIFICATE_BOUND_AUTH.to_owned(), certificate_scheme());
    }
    if is_any(&|bindings| bindings.bound) {
        ours.insert(DPOP_AUTH.to_owned(), dpop_scheme(bound.proof_algorithms));
    }
    ours.extend(discovery);
    *schemes = ours.into();
}

fn bindings(operation: &OperationRule) -> Option<AcceptedBindings> {
    match &operation.rule {
        Rule::Anonymous => None,
        Rule::Optional(requirement) | Rule::Protected(requirement) => Some(requirement.bindings()),
    }
}

/// Whether the scheme of bearer tokens would promise too much: they are accepted only if they are
/// bound to a certificate.
pub(super) fn needs_certificate_scheme(
    bindings: AcceptedBindings,
    certificates: Certificates,
) -> bool {
    !bindings.bearer && bindings.schemes(certificates).bearer
}

fn certificate_scheme() -> Value {
    json!({
        "type": "http",
        "description":
            "An access token that is bound to the certificate of the caller (RFC 8705). The caller \
             uses this certificate for the TLS connection. Other bearer tokens are refused.",
        "scheme": "bearer",
        CERTIFICATE_BOUND: true,
    })
}

/// A scheme of its own, because the name `DPoP` is registered as one (RFC 9449 section 12.2). Tools
/// that do not know it use `BearerAuth`.
fn dpop_scheme(proof_algorithms: &[&str]) -> Value {
    let algorithms = proof_algorithms.join(", ");
    json!({
        "type": "http",
        "description": format!(
            "An access token that is bound to a key of the caller (RFC 9449). Each request has a new \
             proof in the header `DPoP`, signed by that key with one of: {algorithms}."
        ),
        "scheme": "dpop",
    })
}

/// Names the discovery document of an issuer, which leads to its flows.
fn discovery_scheme(issuer: &DescribedIssuer, at: &str) -> (String, Value) {
    let identifier = &issuer.identifier;
    let base = identifier.strip_suffix('/').unwrap_or(identifier);
    let scheme = json!({
        "type": "openIdConnect",
        "description": format!("An access token from {at}."),
        "openIdConnectUrl": format!("{base}/.well-known/openid-configuration"),
    });
    (issuer.scheme(OPENID_CONNECT), scheme)
}

/// The flows by which a caller gets a token, at the endpoints of an issuer.
fn flows(
    issuer: &DescribedIssuer,
    metadata: &Metadata,
    scopes: &Scopes,
    at: &str,
) -> Vec<(String, Value)> {
    let Some(token_url) = metadata.token_endpoint() else {
        return Vec::new();
    };
    let sign_in = json!({
        "type": "oauth2",
        "description":
            format!("For a person: signs in at {at}, by authorization code with PKCE."),
        "flows": { "authorizationCode": {
            "authorizationUrl": metadata.authorization_endpoint(),
            "tokenUrl": token_url,
            "scopes": scopes.for_users,
        } },
    });
    let from = match at {
        "the issuer" => String::new(),
        named => format!(" of {named}"),
    };
    let client_credentials = json!({
        "type": "oauth2",
        "description":
            format!("For a program: a client id{from} and its secret, without a user."),
        "flows": { "clientCredentials": { "tokenUrl": token_url, "scopes": scopes.for_clients } },
    });
    vec![
        (issuer.scheme(SIGN_IN), sign_in),
        (issuer.scheme(CLIENT_CREDENTIALS), client_credentials),
    ]
}

/// The scopes with their descriptions.
struct Scopes {
    for_users: Map<String, Value>,
    for_clients: Map<String, Value>,
}

impl Scopes {
    fn new(schemes: &Value, rules: &[OperationRule], texts: &ScopeTexts) -> Self {
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
        Self {
            for_users: scope.iter().map(described).collect(),
            // Without a user, an OIDC scope grants nothing.
            for_clients: scope
                .iter()
                .filter(|scope| !scope.is_of_openid_connect())
                .map(described)
                .collect(),
        }
    }
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

/// The scheme for people: authorization code with PKCE.
pub(crate) const SIGN_IN: &str = "SignIn";
/// The scheme for programs: client credentials.
pub(crate) const CLIENT_CREDENTIALS: &str = "ClientCredentials";
/// The scheme of both before the issuer's metadata is known.
const OPENID_CONNECT: &str = "OpenIdConnect";

/// The scheme of tokens that are bound to a key.
pub(crate) const DPOP_AUTH: &str = "DPoPAuth";

/// The scheme of tokens that are bound to a certificate, where no other bearer token is accepted.
pub(crate) const CERTIFICATE_BOUND_AUTH: &str = "CertificateBoundAuth";

/// The member of that scheme which says that its tokens are bound. It is named after the member of
/// the metadata (RFC 8705 section 3.3).
pub(crate) const CERTIFICATE_BOUND: &str = "x-tls-client-certificate-bound-access-tokens";

/// The names that no scheme of the code may have, besides that of [`BearerAuth`].
pub(super) const OWN: [&str; 5] = [
    SIGN_IN,
    CLIENT_CREDENTIALS,
    OPENID_CONNECT,
    CERTIFICATE_BOUND_AUTH,
    DPOP_AUTH,
];
