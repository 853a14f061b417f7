//! Why an exchange failed.

use http::StatusCode;

use super::certificate::CertificateFault;
use super::policy::MAX_BODY_BYTES;

/// Why a document could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The client could not be set up.
    #[error("cannot set up TLS")]
    Setup(#[source] TransportError),
    /// Not a URL that can be requested.
    #[error("the URL cannot be requested")]
    Url,
    /// Plain http to another machine.
    #[error("plain http is only used with this machine; use https")]
    Insecure,
    /// A deadline passed.
    #[error("no answer in time")]
    Timeout,
    /// The server's certificate is not trusted.
    #[error("the server's certificate is not trusted: {}", fault.as_str())]
    #[non_exhaustive]
    Certificate {
        /// What is wrong with it.
        fault: CertificateFault,
    },
    /// No connection, or no TLS.
    #[error("cannot connect")]
    Connect(#[source] TransportError),
    /// The connection ended before the answer did.
    #[error("the exchange failed")]
    Transport(#[source] TransportError),
    /// A redirect, which is never followed.
    #[error("the answer is a redirect, which is not followed")]
    Redirect,
    /// Another status than 200.
    #[error("the answer has status {status}{}", okta_error.as_ref().map(|code| format!(" and Okta's error {code}")).unwrap_or_default())]
    #[non_exhaustive]
    Status {
        /// The status.
        status: StatusCode,
        /// Okta's `errorCode`, when the body has one.
        okta_error: Option<String>,
    },
    /// The body does not say that it is JSON.
    #[error("the answer's content type is not JSON")]
    ContentType,
    /// The body is larger than [`MAX_BODY_BYTES`].
    #[error("the answer is longer than {MAX_BODY_BYTES} bytes")]
    TooLarge,
}

/// The error of the HTTP client, which only its message and its causes describe.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct TransportError(reqwest::Error);

impl FetchError {
    pub(super) fn from_setup(error: reqwest::Error) -> Self {
        Self::Setup(TransportError(error))
    }

    /// Whether the issuer did not answer or could not. A later attempt may succeed.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Timeout | Self::Certificate { .. } | Self::Connect(_) | Self::Transport(_) => {
                true
            }
            Self::Status { status, .. } => status.is_server_error(),
            _ => false,
        }
    }

    pub(super) fn from_reqwest(error: reqwest::Error) -> Self {
        // The caller's message contains the URL already, and here it would include the query.
        let error = error.without_url();
        if error.is_timeout() {
            Self::Timeout
        } else if let Some(fault) = CertificateFault::find(&error) {
            Self::Certificate { fault }
        } else if error.is_connect() {
            Self::Connect(TransportError(error))
        } else {
            Self::Transport(TransportError(error))
        }
    }
}
