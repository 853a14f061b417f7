//! Reads an issuer's discovery document (OpenID Connect Discovery 1.0, RFC 8414).
//!
//! `openidconnect` types the document; the rules that protect us are checked here:
//!
//! 1. `issuer` is the configured one to the byte.
//! 2. It is not an Okta org authorization server, unless its tokens are introspected.
//! 3. `jwks_uri` is https (or loopback) and on the issuer's host, or one that was allowed.

use openidconnect::TokenUrl;
use openidconnect::core::CoreProviderMetadata;
use url::Url;

use super::fetch::is_secure;
use super::{DiscoveryError, Fetch, FetchError, Issuer};

/// The metadata of an issuer.
#[derive(Debug, Clone)]
pub struct Metadata {
    provider: CoreProviderMetadata,
    jwks_uri: Url,
    introspection_endpoint: Option<Url>,
    #[cfg(feature = "service")]
    revocation_endpoint: Option<Url>,
    is_org_server: bool,
}

/// Whether an Okta org authorization server is accepted. The keys for its tokens are not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OrgServer {
    /// Its tokens cannot be verified.
    #[default]
    Refused,
    /// Its tokens are introspected.
    Introspected,
}

impl Metadata {
    /// Fetches and checks the document of `issuer`. Its keys may be on the issuer's host
    /// or on one of `jwks_hosts`.
    ///
    /// # Errors
    ///
    /// A [`DiscoveryError`] that says what to do about it.
    ///
    /// OpenID Connect Discovery 1.0 section 4.
    pub async fn discover(
        fetch: &Fetch,
        issuer: &Issuer,
        jwks_hosts: &[String],
    ) -> Result<Self, DiscoveryError> {
        Self::discover_with(fetch, issuer, jwks_hosts, OrgServer::Refused).await
    }

    /// As [`Metadata::discover`], for an issuer that may be an Okta org authorization server.
    pub(crate) async fn discover_with(
        fetch: &Fetch,
        issuer: &Issuer,
        jwks_hosts: &[String],
        org_server: OrgServer,
    ) -> Result<Self, DiscoveryError> {
        let url = issuer.discovery_url();
        let document = fetch
            .document(&url)
            .await
            .map_err(|source| explain(source, issuer, &url))?;
        Self::parse_with(&document.body, issuer, jwks_hosts, org_server)
    }

    /// Checks a document that was fetched.
    ///
    /// # Errors
    ///
    /// As [`Metadata::discover`], without the errors of the network.
    pub fn parse(
        document: &[u8],
        issuer: &Issuer,
        jwks_hosts: &[String],
    ) -> Result<Self, DiscoveryError> {
        Self::parse_with(document, issuer, jwks_hosts, OrgServer::Refused)
    }

    /// As [`Metadata::parse`], for an issuer that may be an Okta org authorization server.
    pub(crate) fn parse_with(
        document: &[u8],
        issuer: &Issuer,
        jwks_hosts: &[String],
        org_server: OrgServer,
    ) -> Result<Self, DiscoveryError> {
        let provider: CoreProviderMetadata =
            serde_json::from_slice(document).map_err(DiscoveryError::MalformedMetadata)?;
        let found = provider.issuer().as_str();
        if found != issuer.as_str() {
            return Err(DiscoveryError::IssuerMismatch {
                expected: issuer.as_str().to_owned(),
                found: found.chars().take(256).collect(),
            });
        }
        let jwks_uri = provider.jwks_uri().url().clone();
        let is_org_server =
            jwks_uri.path() == "/oauth2/v1/keys" && !issuer.as_str().contains("/oauth2");
        if is_org_server && org_server == OrgServer::Refused {
            return Err(DiscoveryError::OktaOrgServer {
                issuer: issuer.as_str().trim_end_matches('/').to_owned(),
            });
        }
        if !is_secure(&jwks_uri) {
            return Err(DiscoveryError::InsecureKeys);
        }
        let host = jwks_uri.host_str().unwrap_or_default();
        let is_allowed = issuer.host() == host
            || jwks_hosts
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(host));
        if !is_allowed {
            return Err(DiscoveryError::KeysElsewhere {
                host: host.to_owned(),
            });
        }
        let endpoints = Endpoints::read(document);
        Ok(Self {
            provider,
            jwks_uri,
            introspection_endpoint: endpoints.introspection_endpoint,
            #[cfg(feature = "service")]
            revocation_endpoint: endpoints.revocation_endpoint,
            is_org_server,
        })
    }

    /// The identifier of the issuer.
    #[cfg(feature = "service")]
    pub(crate) fn issuer(&self) -> &str {
        self.provider.issuer().as_str()
    }

    /// The URL of the keys.
    pub(crate) fn jwks_uri(&self) -> &Url {
        &self.jwks_uri
    }

    /// The URL at which tokens are granted.
    pub(crate) fn token_endpoint(&self) -> Option<&Url> {
        self.provider.token_endpoint().map(TokenUrl::url)
    }

    /// The URL at which tokens are introspected (RFC 8414 section 2).
    pub(crate) fn introspection_endpoint(&self) -> Option<&Url> {
        self.introspection_endpoint.as_ref()
    }

    /// The URL at which tokens are revoked (RFC 8414 section 2).
    #[cfg(feature = "service")]
    pub(crate) fn revocation_endpoint(&self) -> Option<&Url> {
        self.revocation_endpoint.as_ref()
    }

    /// Whether this is an Okta org authorization server, which does not publish the keys for its
    /// access tokens.
    pub(crate) fn is_org_server(&self) -> bool {
        self.is_org_server
    }

    /// The URL at which users sign in.
    pub(crate) fn authorization_endpoint(&self) -> &Url {
        self.provider.authorization_endpoint().url()
    }

    /// The whole document, typed.
    #[cfg(feature = "service")]
    pub(crate) fn provider(&self) -> &CoreProviderMetadata {
        &self.provider
    }
}

/// The members that the typed document does not have. One that is no URL counts as absent.
#[derive(Default)]
struct Endpoints {
    introspection_endpoint: Option<Url>,
    #[cfg(feature = "service")]
    revocation_endpoint: Option<Url>,
}

impl Endpoints {
    fn read(document: &[u8]) -> Self {
        let document: serde_json::Value = serde_json::from_slice(document).unwrap_or_default();
        let url = |name: &str| Url::parse(document.get(name)?.as_str()?).ok();
        Self {
            introspection_endpoint: url("introspection_endpoint"),
            #[cfg(feature = "service")]
            revocation_endpoint: url("revocation_endpoint"),
        }
    }
}

/// Okta answers 404 with E0000007 for a server it does not know, and 401 or 403 with
/// E0000015 or E0000022 where the org lacks API Access Management.
pub(crate) fn explain(source: FetchError, issuer: &Issuer, url: &str) -> DiscoveryError {
    const KNOWN: [&str; 3] = ["E0000007", "E0000015", "E0000022"];
    match &source {
        FetchError::Status {
            okta_error: Some(code),
            ..
        } if KNOWN.contains(&code.as_str()) => DiscoveryError::OktaServerNotFound {
            issuer: issuer.as_str().to_owned(),
        },
        _ => DiscoveryError::Metadata {
            url: url.to_owned(),
            source,
        },
    }
}

#[cfg(test)]
mod tests;
