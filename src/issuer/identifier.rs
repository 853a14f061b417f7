//! The identifier of an authorization server, checked before any request to it.
//!
//! An issuer is compared byte for byte (OIDC Discovery 1.0 section 4.3,
//! RFC 9068 section 4), so it is kept as given and never normalized. A string that
//! cannot be an issuer is refused here, with the fix, rather than later by an error
//! from the network.
//!
//! Does not use the network: see [`crate::issuer`].

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::loopback::is_loopback;
use crate::token::okta_organization;

/// An issuer identifier whose metadata can be fetched.
///
/// ```
/// use poem_resource_server::issuer::Issuer;
///
/// let issuer = Issuer::parse("https://dev-1.okta.com/oauth2/default")?;
/// assert_eq!(issuer.as_str(), "https://dev-1.okta.com/oauth2/default");
/// # Ok::<(), poem_resource_server::issuer::IssuerError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Issuer {
    text: String,
    url: Url,
}

/// Why a string cannot be an issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("issuer {}; {}", self.fault(), self.fix())]
#[non_exhaustive]
pub enum IssuerError {
    /// It is not an absolute URL, or it contains characters that no URL has.
    NotAUrl,
    /// It is copied from a page of documentation, and a part of it was not filled in.
    Placeholder,
    /// It contains a user name or a password.
    UserInfo,
    /// Its scheme is not `https`, and it is not `http` on a loopback host.
    #[non_exhaustive]
    NotHttps {
        /// The same issuer with `https`.
        https: String,
    },
    /// It has a query or a fragment (OIDC Discovery 1.0 section 3).
    QueryOrFragment,
    /// Its host is the one of Okta's administration console.
    #[non_exhaustive]
    AdminDomain {
        /// The domain that issues tokens.
        domain: String,
    },
    /// It is the address of a metadata document.
    #[non_exhaustive]
    Document {
        /// The issuer that the document describes.
        issuer: String,
    },
    /// It is the address of an endpoint below an issuer.
    #[non_exhaustive]
    Endpoint {
        /// The issuer that the endpoint belongs to.
        issuer: String,
    },
    /// It is an Okta org authorization server, whose access tokens only
    /// Okta can read.
    #[non_exhaustive]
    OrgServer {
        /// The Okta domain.
        domain: String,
    },
}

impl Issuer {
    /// Checks an issuer and keeps it byte for byte.
    ///
    /// # Errors
    ///
    /// The first fault found, in the order of the variants of [`IssuerError`].
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let issuer = Self::parse_any(text)?;
        issuer.refuse_org_server()?;
        Ok(issuer)
    }

    /// As [`Issuer::parse`], and accepts an Okta org authorization server. Nobody but Okta can verify
    /// its access tokens, but they can be introspected, and it signs other statements.
    pub(crate) fn parse_any(text: &str) -> Result<Self, IssuerError> {
        if has_placeholder(text) {
            return Err(IssuerError::Placeholder);
        }
        // The URL parser removes spaces and corrects slashes, but issuers are compared byte for byte.
        let readable = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        let (scheme, rest) = text.split_once("://").ok_or(IssuerError::NotAUrl)?;
        let url = Url::parse(text).map_err(|_| IssuerError::NotAUrl)?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if !readable || authority.is_empty() || !scheme.eq_ignore_ascii_case(url.scheme()) {
            return Err(IssuerError::NotAUrl);
        }
        if authority.contains('@') {
            return Err(IssuerError::UserInfo);
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback(&url)) {
            let https = format!("https://{rest}");
            return Err(IssuerError::NotHttps { https });
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(IssuerError::QueryOrFragment);
        }
        let issuer = Self {
            text: text.to_owned(),
            url,
        };
        issuer.refuse_admin_domain()?;
        issuer.refuse_document()?;
        issuer.refuse_endpoint()?;
        Ok(issuer)
    }

    /// The issuer, byte for byte as given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host in lower case, IPv6 addresses in brackets.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The URL of the issuer's metadata: one trailing slash is removed and the well-known
    /// path is appended.
    ///
    /// OIDC Discovery 1.0 section 4.1.
    pub fn discovery_url(&self) -> String {
        let base = self.text.strip_suffix('/').unwrap_or(&self.text);
        format!("{base}{OPENID_CONFIGURATION}")
    }

    /// The scheme, the host and the port.
    #[cfg(feature = "service")]
    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Whether the issuer is on this machine, where `http` is accepted.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    fn okta_organization(&self) -> Option<&str> {
        okta_organization(self.host())
    }

    fn refuse_admin_domain(&self) -> Result<(), IssuerError> {
        let Some(organization) = self.okta_organization() else {
            return Ok(());
        };
        let Some(name) = organization.strip_suffix("-admin") else {
            return Ok(());
        };
        let domain = format!("{name}{}", &self.host()[organization.len()..]);
        Err(IssuerError::AdminDomain { domain })
    }

    fn refuse_document(&self) -> Result<(), IssuerError> {
        let issuer = [OPENID_CONFIGURATION, OAUTH_METADATA]
            .iter()
            .find_map(|path| self.text.trim_end_matches('/').strip_suffix(path));
        match issuer {
            Some(issuer) => Err(IssuerError::Document {
                issuer: issuer.to_owned(),
            }),
            None => Ok(()),
        }
    }

    fn refuse_endpoint(&self) -> Result<(), IssuerError> {
        let path: Vec<&str> = self.url.path().split('/').skip(1).collect();
        let server = match path.as_slice() {
            ["oauth2", "v1", _, ..] => "default",
            ["oauth2", server, "v1", _, ..] => server,
            _ => return Ok(()),
        };
        let origin = self.url.origin().ascii_serialization();
        let issuer = format!("{origin}/oauth2/{server}");
        Err(IssuerError::Endpoint { issuer })
    }

    pub(crate) fn refuse_org_server(&self) -> Result<(), IssuerError> {
        if self.okta_organization().is_some() && self.url.path() == "/" {
            let domain = self.host().to_owned();
            return Err(IssuerError::OrgServer { domain });
        }
        Ok(())
    }
}

impl FromStr for Issuer {
    type Err = IssuerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({:?})", self.text)
    }
}

impl IssuerError {
    /// What is wrong, to be read after the name of the setting.
    pub fn fault(&self) -> &'static str {
        match self {
            Self::NotAUrl => "must be a URL",
            Self::Placeholder => "must be filled in: a part of it is still a placeholder",
            Self::NotHttps { .. } => "must be https",
            Self::UserInfo => "must not carry a user name or a password",
            Self::QueryOrFragment => "must have neither query nor fragment",
            Self::AdminDomain { .. } => "must not name Okta's administration console",
            Self::OrgServer { .. } => {
                "must not be an Okta org authorization server, whose tokens cannot be verified locally"
            }
            Self::Document { .. } => "must not be the address of a discovery document",
            Self::Endpoint { .. } => "must not be the address of an endpoint",
        }
    }

    /// What to do about it.
    pub fn fix(&self) -> String {
        match self {
            Self::NotAUrl => {
                "write the complete URL, as in https://dev-1.okta.com/oauth2/default".into()
            }
            Self::Placeholder => "replace the placeholder by the domain of your org, as in \
                 https://dev-1.okta.com/oauth2/default"
                .into(),
            Self::NotHttps { https } => {
                format!("write {https} (http is accepted on a loopback host only)")
            }
            Self::UserInfo => "remove everything between :// and @".into(),
            Self::QueryOrFragment => "end it before the ? or #".into(),
            Self::AdminDomain { domain } => {
                format!("use the domain without -admin, {domain}")
            }
            Self::OrgServer { domain } => {
                format!("use https://{domain}/oauth2/default, which needs API Access Management")
            }
            Self::Document { issuer } => {
                format!("give the issuer, not the document: {issuer}")
            }
            Self::Endpoint { issuer } => {
                format!("give the issuer, not the endpoint: {issuer}")
            }
        }
    }
}

/// Whether it has a placeholder of documentation: `{yourOktaDomain}`, `${DOMAIN}`,
/// `<domain>`, or a host such as `your-domain.okta.com`.
fn has_placeholder(text: &str) -> bool {
    const FIRST_LABELS: [&str; 4] = ["yourdomain", "youroktadomain", "yourtenant", "yourorg"];
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let label = host.split('.').next().unwrap_or_default();
    let label = label.replace(['-', '_'], "").to_ascii_lowercase();
    // No issuer has these characters, and a user name or password is refused elsewhere.
    let has_brackets = text.contains(['{', '}', '<', '>', '$']) && !host.contains('@');
    has_brackets || FIRST_LABELS.contains(&label.as_str())
}

const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";

#[cfg(test)]
mod tests;
