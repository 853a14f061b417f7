//! Why a service cannot be built.

use crate::guard::RuleError;
use crate::issuer::{FetchError, IssuerError};

use super::application::{HookError, StartError};
use super::audit::AuditError;
use super::denylist::DenylistError;
use super::server::TlsError;
use super::traces::TracesError;
use super::used_proofs::UsedProofsError;

/// Why a service cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// No issuer is configured.
    #[error("`issuer.url` is not set")]
    NoIssuer,
    /// The identifier of an issuer cannot be used.
    #[error("an issuer is not usable")]
    Issuer(#[source] IssuerError),
    /// The settings do not fit the API.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Two things would be at the same path.
    #[error(
        "{what} of the application would be at `{path}`, but `{at}` belongs to {by}; \
         give it another path"
    )]
    #[non_exhaustive]
    PathTaken {
        /// What the application has there.
        what: &'static str,
        /// Its path.
        path: String,
        /// Whose path it is.
        by: String,
        /// The path that is taken.
        at: String,
    },
    /// The path of plain routes has parameters.
    #[error("plain routes must be at a path as in `/reports`, without parameters, found `{path}`")]
    #[non_exhaustive]
    NotAPath {
        /// What was given.
        path: String,
    },
    /// The settings allow more XML than is safe to read.
    #[error(
        "`operations.{operation}.max_body_size` is more than 16KiB, but the operation `{operation}` \
         reads XML, and the parser takes time that grows with the square of the size \
         (RUSTSEC-2026-0194); write 16KiB or less, or let the operation read JSON"
    )]
    #[non_exhaustive]
    LargeXml {
        /// The operation id.
        operation: String,
    },
    /// The startup hook failed.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The application cannot make its operations with these settings.
    #[error("the application cannot make its operations")]
    Application(#[source] HookError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The audit log cannot be written.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// No issuer whose tokens a sign-out denies.
    #[error(
        "a sign-out would deny the tokens of no issuer: `logout.issuers` names `{names}`, and the \
         settings have the issuers {known}; name those whose tokens a sign-out by `logout.issuer` denies"
    )]
    #[non_exhaustive]
    Logout {
        /// The names in the setting, or none.
        names: String,
        /// The names of the issuers.
        known: String,
    },
    /// The denylist cannot be used.
    #[error(transparent)]
    Denylist(#[from] DenylistError),
    /// Used proofs cannot be remembered.
    #[error(transparent)]
    UsedProofs(#[from] UsedProofsError),
    /// Traces cannot be sent.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] FetchError),
}
