//! Sends requests to the API that is checked, and to nothing else.
//!
//! It follows no redirect, each exchange has a deadline, and it reads only as much of a body
//! as the check examines. Unlike [`Fetch`](crate::issuer::Fetch) it uses plain http with any
//! host: an API that is reachable that way is a finding of the check.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderMap, Method};
use url::Url;

use crate::clock::Clock;
use crate::issuer::is_loopback;

use super::answer::Answer;

/// An HTTP client with limits.
#[derive(Debug)]
pub struct Caller {
    client: reqwest::Client,
    /// Opens a connection for each request.
    unpooled: reqwest::Client,
    /// Whether the next request may be sent on a connection that was used before.
    may_reuse: AtomicBool,
}

impl Caller {
    /// A client for the API at `base`, which waits for an answer at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`CallerError::Setup`] if TLS cannot be set up.
    pub fn new(base: &Url, timeout: Duration) -> Result<Self, CallerError> {
        let client = |idle_connections| {
            #[expect(
                clippy::disallowed_methods,
                reason = "its requests are hostile, and its answers may be: no document of an issuer"
            )]
            let builder = reqwest::Client::builder();
            let builder = builder
                .redirect(reqwest::redirect::Policy::none())
                .timeout(timeout)
                .pool_max_idle_per_host(idle_connections)
                .user_agent(concat!(
                    env!("CARGO_PKG_NAME"),
                    "-check/",
                    env!("CARGO_PKG_VERSION")
                ));
            let builder = if is_loopback(base) {
                builder.no_proxy()
            } else {
                builder
            };
            builder.build().map_err(CallerError::Setup)
        };
        Ok(Self {
            client: client(1)?,
            unpooled: client(0)?,
            may_reuse: AtomicBool::new(true),
        })
    }

    /// Sends one request and reads the answer, the first [`MAX_BODY_BYTES`] of its body.
    ///
    /// If the API has closed the connection of the request before, it is sent once more on a new
    /// one. Some servers close a connection after an answer without announcing it.
    pub(super) async fn send(
        &self,
        clock: &dyn Clock,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Option<String>,
    ) -> Result<Answer, CallerError> {
        let request = |client: &reqwest::Client| {
            let request = client.request(method.clone(), url.clone());
            let request = request.headers(headers.clone());
            match &body {
                Some(body) => request.body(body.clone()),
                None => request,
            }
        };
        let was_used = self.may_reuse.swap(false, Ordering::Relaxed);
        let answer = match Self::exchange(clock, request(&self.client)).await {
            Err(CallerError::Broken(_)) if was_used => {
                Self::exchange(clock, request(&self.unpooled)).await
            }
            answer => answer,
        };
        self.may_reuse.store(answer.is_ok(), Ordering::Relaxed);
        answer
    }

    async fn exchange(
        clock: &dyn Clock,
        request: reqwest::RequestBuilder,
    ) -> Result<Answer, CallerError> {
        let sent = clock.monotonic();
        let mut response = request.send().await?;
        let mut body = Vec::new();
        while body.len() < MAX_BODY_BYTES
            && let Some(chunk) = response.chunk().await?
        {
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body,
            took: clock.monotonic().saturating_sub(sent),
        })
    }

    /// Fetches a whole document of at most 16 MiB.
    pub(super) async fn document(&self, url: &Url) -> Result<Vec<u8>, CallerError> {
        let mut response = self.client.get(url.clone()).send().await?;
        if !response.status().is_success() {
            return Err(CallerError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_DOCUMENT_BYTES {
                return Err(CallerError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Whether others on the network path can read what is sent: plain http to another machine.
pub fn is_exposed(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}

/// Why the API cannot be called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallerError {
    /// The client could not be set up.
    #[error("cannot set up TLS")]
    Setup(#[source] reqwest::Error),
    /// The listener for links in tokens could not be set up.
    #[error("cannot listen on loopback")]
    Trap(#[source] io::Error),
    /// No connection, or no TLS.
    #[error("cannot connect")]
    Connect(#[source] reqwest::Error),
    /// A deadline passed.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended before the answer did.
    #[error("the connection ended without a whole answer")]
    Broken(#[source] reqwest::Error),
    /// The status of the document's answer is not a success.
    #[error("the answer has status {0}")]
    Status(u16),
    /// The document is larger than 16 MiB.
    #[error("the document is longer than {MAX_DOCUMENT_BYTES} bytes")]
    TooLarge,
}

impl From<reqwest::Error> for CallerError {
    fn from(error: reqwest::Error) -> Self {
        // Its URL would repeat the request, including a token in the query.
        let error = error.without_url();
        if error.is_timeout() {
            Self::Timeout
        } else if error.is_connect() {
            Self::Connect(error)
        } else {
            Self::Broken(error)
        }
    }
}

/// Enough of an answer to search for what it must not contain.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// The maximum size of an OpenAPI document.
const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;
