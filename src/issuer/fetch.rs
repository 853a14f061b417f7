//! The only outbound HTTP.
//!
//! 1. `https` only; `http` to a loopback host, for an issuer on the same machine.
//! 2. No redirect is followed, because it could lead a request anywhere.
//! 3. A deadline for the connection and one for the whole exchange.
//! 4. At most [`MAX_BODY_BYTES`] of body, counted while it arrives.
//!
//! It does not retry: see [`RemoteKeySet`](super::RemoteKeySet) for when to fetch again.

mod authorities;
mod certificate;
mod client;
mod error;
mod headers;
mod observer;
mod policy;

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, HeaderMap};
use http::{Method, Request, Response, StatusCode};
use url::Url;

use super::loopback::is_loopback;
use headers::max_age;

pub use authorities::{Authorities, AuthoritiesError};
pub use certificate::CertificateFault;
pub use error::{FetchError, TransportError};
pub(super) use headers::is_json;
pub use observer::{EndOfExchange, ExchangeObserver};
pub use policy::{FetchPolicy, MAX_BODY_BYTES};

/// An HTTP client that follows no redirect and uses https, except with this machine.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// For issuers on this machine. A proxy from the environment would connect to its own loopback.
    direct: reqwest::Client,
    client: reqwest::Client,
    observer: Option<Arc<dyn ExchangeObserver>>,
    /// Whether plain http may leave this machine.
    speaks_plainly: bool,
}

impl Fetch {
    /// A client with these deadlines and authorities.
    ///
    /// # Errors
    ///
    /// [`FetchError::Setup`] if the system's trust store or TLS cannot be set up.
    pub fn new(policy: &FetchPolicy) -> Result<Self, FetchError> {
        let builder = || {
            let builder = client::builder()
                .connect_timeout(policy.connect_timeout)
                .timeout(policy.timeout);
            match &policy.authorities {
                Some(authorities) => builder.tls_certs_merge(authorities.certificates()),
                None => builder,
            }
        };
        Ok(Self {
            direct: builder()
                .no_proxy()
                .build()
                .map_err(FetchError::from_setup)?,
            client: builder().build().map_err(FetchError::from_setup)?,
            observer: None,
            speaks_plainly: false,
        })
    }

    /// The same client, which notifies `observer` of each exchange.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn ExchangeObserver>) -> Self {
        Self {
            observer: Some(observer),
            ..self
        }
    }

    /// The same client, which also uses plain http with other machines, for telemetry within a cluster.
    /// Do not use it for an issuer, whose keys anybody on the network path could replace.
    #[must_use]
    pub fn with_plain_http(self) -> Self {
        Self {
            speaks_plainly: true,
            ..self
        }
    }

    /// Notifies the observer that the current task waits for the next exchange.
    pub(super) fn notify_want(&self) {
        if let Some(observer) = &self.observer {
            observer.exchange_awaited();
        }
    }

    /// Fetches a JSON document with `GET`.
    ///
    /// # Errors
    ///
    /// A [`FetchError`] for every answer except a 200 with JSON within the limits.
    pub async fn document(&self, url: &str) -> Result<FetchedDocument, FetchError> {
        let request = Request::builder()
            .method(Method::GET)
            .uri(url)
            .header(ACCEPT, "application/json")
            .body(Vec::new())
            .map_err(|_| FetchError::Url)?;
        let response = self.exchange(request).await?;
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status {
                status: response.status(),
                okta_error: okta_error(response.body()),
            });
        }
        if !is_json(response.headers()) {
            return Err(FetchError::ContentType);
        }
        let certificate = response.extensions().get::<PeerCertificate>().cloned();
        Ok(FetchedDocument {
            max_age: max_age(response.headers()),
            headers: response.headers().clone(),
            certificate: certificate.map(|PeerCertificate(der)| der),
            body: response.into_body(),
        })
    }

    /// Sends one request within the limits, whatever the answer's status.
    ///
    /// # Errors
    ///
    /// A [`FetchError`] other than for status and content type.
    pub async fn exchange(
        &self,
        mut request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        let Some(observer) = &self.observer else {
            return self.send(request).await;
        };
        let end = observer.exchange_begins(&mut request);
        let outcome = self.send(request).await;
        end(outcome.as_ref().map(Response::status));
        outcome
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, FetchError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| FetchError::Url)?;
        let is_plain = self.speaks_plainly && url.scheme() == "http";
        if !(is_plain || is_secure(&url)) {
            return Err(FetchError::Insecure);
        }
        let client = if is_loopback(&url) {
            &self.direct
        } else {
            &self.client
        };
        let request = reqwest::Request::try_from(request).map_err(|_| FetchError::Url)?;
        let mut response = client
            .execute(request)
            .await
            .map_err(FetchError::from_reqwest)?;
        if response.status().is_redirection() {
            return Err(FetchError::Redirect);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(FetchError::from_reqwest)? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Response::new(body);
        *answer.status_mut() = response.status();
        let tls = response.extensions().get::<reqwest::tls::TlsInfo>();
        if let Some(der) = tls.and_then(|tls| tls.peer_certificate()) {
            answer
                .extensions_mut()
                .insert(PeerCertificate(der.to_vec()));
        }
        std::mem::swap(answer.headers_mut(), response.headers_mut());
        Ok(answer)
    }
}

/// A JSON document and how long its sender allows it to be cached.
#[derive(Debug)]
#[non_exhaustive]
pub struct FetchedDocument {
    /// The bytes, at most [`MAX_BODY_BYTES`].
    pub body: Vec<u8>,
    /// From `Cache-Control`: `max-age`, zero for `no-cache` or `no-store`, otherwise `None`.
    pub max_age: Option<Duration>,
    /// The header fields of the answer.
    pub headers: HeaderMap,
    /// The certificate of the sender in DER; `None` without TLS.
    pub certificate: Option<Vec<u8>>,
}

/// The certificate of an answer's sender, in DER.
#[derive(Clone)]
struct PeerCertificate(Vec<u8>);

/// `https`, or `http` that does not leave this machine.
pub(super) fn is_secure(url: &Url) -> bool {
    match url.scheme() {
        "https" => true,
        "http" => is_loopback(url),
        _ => false,
    }
}

/// `errorCode` of Okta's error body: `E` and seven digits.
fn okta_error(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(rename = "errorCode")]
        code: String,
    }
    let code = serde_json::from_slice::<Body>(body).ok()?.code;
    let digits = code.strip_prefix('E')?;
    (digits.len() == 7 && digits.bytes().all(|digit| digit.is_ascii_digit())).then_some(code)
}

#[cfg(test)]
mod tests;
