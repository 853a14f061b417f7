//! The issuers whose tokens the API accepts, and what the API's own documents say of them.
//!
//! 1. The protected-resource metadata (RFC 9728) lists the issuers. One without a good token makes
//!    the check incomplete.
//! 2. An operation whose security schemes leave out an issuer, although other schemes of the document
//!    name it, must refuse the tokens of that issuer.

use serde_json::{Map, Value};
use url::Url;

use crate::description::operation::Operation;

use super::caller::Caller;
use super::target::printable;
use super::tokens::Tokens;

/// An issuer whose tokens are used.
#[derive(Debug, Clone, Default)]
pub struct KnownIssuer {
    /// Its name in the report.
    pub name: String,
    /// The claim `iss` of its tokens.
    pub identifier: String,
    /// Its public keys (JWKs).
    pub keys: Vec<Value>,
    /// Its endpoints, by which a document may name it.
    pub endpoints: Vec<String>,
    /// Whether its metadata leave out the grant of refresh tokens. Then it issues none.
    pub grants_no_refresh_token: bool,
}

/// The issuer with this identifier. Keys that were given without an issuer belong to every issuer.
pub(super) fn find<'a>(issuers: &'a [KnownIssuer], identifier: &str) -> Option<&'a KnownIssuer> {
    let exact = issuers.iter().find(|it| it.identifier == identifier);
    exact.or_else(|| issuers.iter().find(|it| it.identifier.is_empty()))
}

/// The name of an issuer in the report.
pub(super) fn name(issuers: &[KnownIssuer], identifier: &str) -> String {
    match find(issuers, identifier).map(|it| it.name.as_str()) {
        None | Some("") => printable(identifier),
        Some(name) => printable(name),
    }
}

/// Whether the document names this issuer for other operations, and only other issuers for this one.
/// A scheme without a URL, such as a plain bearer token, names none.
pub(super) fn is_left_out(
    issuers: &[KnownIssuer],
    identifier: &str,
    document: &Value,
    operation: &Operation<'_>,
) -> bool {
    let names = |scheme: &Value| {
        let mut urls = urls(scheme).into_iter();
        urls.any(|url| owner(issuers, url).is_some_and(|it| it.identifier == identifier))
    };
    let all = document["components"]["securitySchemes"].as_object();
    let own = operation.security_schemes();
    all.is_some_and(|all| all.values().any(names))
        && own.iter().any(|scheme| !urls(scheme).is_empty())
        && !own.into_iter().any(names)
}

/// Why there is no good token of some issuers: of those that are `missing`, and of those that the API
/// has listed. Without any good token, each check reports that itself.
pub(super) fn without_token(
    tokens: &Tokens,
    missing: &[(String, String)],
    listed: &[String],
) -> Vec<String> {
    let issued = tokens.by_issuer();
    if issued.is_empty() {
        return Vec::new();
    }
    // An identifier in metadata may lack the slash that the one in tokens ends with.
    let is_same = |one: &str, other: &str| one.trim_end_matches('/') == other.trim_end_matches('/');
    // An opaque token does not name its issuer. It can only be the one of an API with one issuer.
    let is_only = listed.len() == 1 && missing.is_empty();
    let is_known = |listed: &&String| {
        issued
            .iter()
            .any(|it| is_same(&it.issuer, listed) || (is_only && it.issuer.is_empty()))
            || missing.iter().any(|(issuer, _)| is_same(issuer, listed))
    };
    let others = listed
        .iter()
        .filter(|listed| !is_known(listed))
        .map(|listed| {
            format!(
                "The metadata of the API names the issuer {}, and there is no token of it. Add one \
             with --token NAME=@FILE, or set the issuer and its client in the settings.",
                printable(listed)
            )
        });
    missing
        .iter()
        .map(|(_, why)| why.clone())
        .chain(others)
        .collect()
}

/// The URLs of a security scheme.
fn urls(scheme: &Value) -> Vec<&str> {
    let flows = scheme["flows"]
        .as_object()
        .into_iter()
        .flat_map(Map::values);
    let of_flows = flows.flat_map(|flow| [&flow["authorizationUrl"], &flow["tokenUrl"]]);
    let all = of_flows.chain([&scheme["openIdConnectUrl"]]);
    all.filter_map(Value::as_str).collect()
}

/// The issuer that this URL belongs to: the one with this endpoint, or else the one with the longest
/// identifier that the URL is below.
fn owner<'a>(issuers: &'a [KnownIssuer], url: &str) -> Option<&'a KnownIssuer> {
    let is_below = |issuer: &&KnownIssuer| {
        let identifier = issuer.identifier.trim_end_matches('/');
        let rest = url
            .strip_prefix(identifier)
            .filter(|_| !identifier.is_empty());
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let exact = issuers
        .iter()
        .find(|it| it.endpoints.iter().any(|endpoint| endpoint == url));
    exact.or_else(|| {
        issuers
            .iter()
            .filter(is_below)
            .max_by_key(|it| it.identifier.len())
    })
}

/// The issuers that the API names in its metadata (RFC 9728 section 3.1); none without metadata.
pub async fn authorization_servers(url: &Url, caller: &Caller) -> Vec<String> {
    let path = url.path().trim_end_matches('/');
    let mut places = vec![format!("{WELL_KNOWN}{path}")];
    if !path.is_empty() {
        places.push(WELL_KNOWN.to_owned());
    }
    for place in places {
        let Ok(place) = url.join(&place) else {
            continue;
        };
        let Ok(body) = caller.document(&place).await else {
            continue;
        };
        let metadata: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(servers) = metadata["authorization_servers"].as_array() {
            let servers = servers.iter().take(MAX_ISSUERS).filter_map(Value::as_str);
            return servers.map(str::to_owned).collect();
        }
    }
    Vec::new()
}

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// An API with more issuers has a list that no person can complete.
const MAX_ISSUERS: usize = 100;
