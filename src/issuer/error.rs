//! Why an issuer's metadata or keys could not be fetched.

use std::error::Error as _;
use std::fmt::Write;
use std::sync::Arc;

use crate::token::{AudienceError, KeyError};

use super::{CertificateFault, FetchError, IssuerError};

/// Why there are no keys of an issuer. Most messages end with what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoveryError {
    /// The issuer identifier is not valid.
    #[error("the issuer is not usable")]
    Issuer(#[from] IssuerError),
    /// Two issuers of a list have the same identifier or the same name.
    #[error("two issuers have the same identifier or the same name; remove one of them")]
    RepeatedIssuer,
    /// The audience is not valid.
    #[error("the audience is not usable")]
    Audience(#[from] AudienceError),
    /// The HTTP client could not be set up.
    #[error("the HTTP client is not usable")]
    Client(#[source] FetchError),
    /// The discovery document could not be fetched.
    #[error("cannot fetch {url}")]
    #[non_exhaustive]
    Metadata {
        /// The URL of the document.
        url: String,
        /// What went wrong.
        source: FetchError,
    },
    /// Okta knows no authorization server of this name.
    #[error(
        "Okta knows no authorization server at {issuer}: use the server's id, not its name \
         (Admin Console, Security > API > Authorization Servers, column \"Issuer URI\"), or \
         `/oauth2/default`; custom authorization servers need API Access Management"
    )]
    #[non_exhaustive]
    OktaServerNotFound {
        /// The configured issuer.
        issuer: String,
    },
    /// An Okta org authorization server, whose tokens only Okta can verify.
    #[error(
        "{issuer} is an Okta org authorization server, whose access tokens cannot be verified \
         locally: use `{issuer}/oauth2/default` (it needs API Access Management)"
    )]
    #[non_exhaustive]
    OktaOrgServer {
        /// The configured issuer.
        issuer: String,
    },
    /// The response is not a discovery document.
    #[error("the discovery document is malformed")]
    MalformedMetadata(#[source] serde_json::Error),
    /// The discovery document is another issuer's (OpenID Connect Discovery section 4.3).
    #[error(
        "the discovery document names the issuer {found:?}, not {expected:?}: \
         set the issuer to exactly what the document names, if you trust it"
    )]
    #[non_exhaustive]
    IssuerMismatch {
        /// The configured issuer.
        expected: String,
        /// The issuer in the document.
        found: String,
    },
    /// `jwks_uri` is not https.
    #[error("the discovery document's jwks_uri is not https")]
    InsecureKeys,
    /// `jwks_uri` is on a host that has not been allowed.
    #[error(
        "the discovery document's jwks_uri is on the host {host:?}, which is not the issuer's: \
         add it to `issuer.jwks_hosts`, if you trust it"
    )]
    #[non_exhaustive]
    KeysElsewhere {
        /// That host.
        host: String,
    },
    /// The keys could not be fetched.
    #[error("cannot fetch the keys from {url}")]
    #[non_exhaustive]
    Keys {
        /// The URL of the keys.
        url: String,
        /// What went wrong.
        source: FetchError,
    },
    /// The response is not a key set.
    #[error("the issuer's keys are malformed")]
    MalformedKeys(#[source] KeyError),
    /// The set has no key that we can use.
    #[error("the issuer publishes no key that can be used ({left_out} left out)")]
    #[non_exhaustive]
    NoUsableKeys {
        /// The number of keys in the set.
        left_out: usize,
    },
    /// The first attempt failed. Further attempts follow.
    #[error(transparent)]
    FirstAttempt(#[from] Arc<DiscoveryError>),
    /// The fetch panicked. This is a fault of this program.
    #[error("the fetch panicked")]
    Panicked,
}

impl DiscoveryError {
    /// A stable word for logs, metrics and tests; never reworded.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Issuer(_) => "bad_issuer",
            Self::Audience(_) => "bad_audience",
            Self::RepeatedIssuer => "repeated_issuer",
            Self::Client(_) => "client_setup",
            Self::Metadata { .. } => "metadata_unavailable",
            Self::OktaServerNotFound { .. } => "okta_server_not_found",
            Self::OktaOrgServer { .. } => "okta_org_server",
            Self::MalformedMetadata(_) => "malformed_metadata",
            Self::IssuerMismatch { .. } => "issuer_mismatch",
            Self::InsecureKeys => "insecure_keys",
            Self::KeysElsewhere { .. } => "keys_elsewhere",
            Self::Keys { .. } => "keys_unavailable",
            Self::MalformedKeys(_) => "malformed_keys",
            Self::NoUsableKeys { .. } => "no_usable_keys",
            Self::FirstAttempt(error) => error.reason(),
            Self::Panicked => "panicked",
        }
    }

    /// Whether the issuer was unreachable, as opposed to a wrong response.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Metadata { source, .. } | Self::Keys { source, .. } => source.is_outage(),
            _ => false,
        }
    }

    /// What is wrong with the issuer's certificate, if that is the cause.
    pub fn certificate_fault(&self) -> Option<CertificateFault> {
        match self {
            Self::Metadata { source, .. } | Self::Keys { source, .. } => match source {
                FetchError::Certificate { fault } => Some(*fault),
                _ => None,
            },
            Self::FirstAttempt(error) => error.certificate_fault(),
            _ => None,
        }
    }

    /// The message with those of its causes, joined by colons.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        text
    }
}
