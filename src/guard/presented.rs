//! Reads from a request how its caller presents a bound token: the URL, the DPoP proof and the
//! certificate.

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderName, HeaderValue};
use poem::Request;

use crate::token::{ProofError, RequestTarget, Thumbprint};
use crate::verifier::Presentation;

use super::Guard;

/// The certificate of the caller, which a server adds to the data of a request.
///
/// Add it only after the handshake has proved that the caller has its private key, or when a proxy
/// that you trust says so.
///
/// ```
/// use poem::Request;
/// use poem_resource_server::guard::ClientCertificate;
///
/// fn add(request: &mut Request, der: &[u8]) {
///     request.set_data(ClientCertificate::from_der(der));
/// }
/// ```
///
/// RFC 8705 section 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientCertificate(Thumbprint);

impl ClientCertificate {
    /// The certificate with this DER encoding.
    pub fn from_der(der: &[u8]) -> Self {
        Self(Thumbprint::digest(der))
    }

    /// The certificate whose DER encoding has this SHA-256 digest, which some proxies send in its
    /// place.
    pub fn from_thumbprint(thumbprint: Thumbprint) -> Self {
        Self(thumbprint)
    }

    /// Its thumbprint, which tokens contain as `x5t#S256`.
    pub fn thumbprint(&self) -> &Thumbprint {
        &self.0
    }
}

/// The host that a trusted proxy reports, with a port that is not the default one. A server adds it
/// to the data of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportedHost(pub(crate) Box<str>);

/// The URI of a request that a walk builds. Poem keeps the original one only of requests from a
/// connection.
#[derive(Debug, Clone)]
pub(crate) struct WalkedUri(pub(crate) http::Uri);

impl Guard {
    pub(super) fn present<'a>(&'a self, request: &'a Request, token: &'a str) -> Presentation<'a> {
        Presentation {
            method: request.method().as_str(),
            target: self.target(request),
            token,
            proof: proof(request),
            certificate: certificate(request).copied(),
        }
    }

    /// The URL that the caller used: below the public URL, or as the request says.
    pub(super) fn target<'a>(&'a self, request: &'a Request) -> RequestTarget<'a> {
        let uri = match request.original_uri().path() {
            // A request that a test builds has no other URI than the current one, or that of a walk.
            "/" => request
                .extensions()
                .get::<WalkedUri>()
                .map_or(request.uri(), |it| &it.0),
            // A route may have removed the beginning of the current one.
            _ => request.original_uri(),
        };
        let path = uri.path();
        let public = self.public_url.as_deref();
        if let Some(target) = public.and_then(|base| RequestTarget::below(base, path)) {
            return target;
        }
        let authority = uri.authority().map(Authority::as_str);
        let authority = match request.extensions().get::<ReportedHost>() {
            Some(reported) => &reported.0,
            // No URL names an empty host.
            None => authority.or_else(|| host(request)).unwrap_or_default(),
        };
        RequestTarget::new(request.scheme().as_str(), authority, path)
    }
}

pub(super) fn certificate(request: &Request) -> Option<&Thumbprint> {
    let certificate = request.extensions().get::<ClientCertificate>();
    certificate.map(ClientCertificate::thumbprint)
}

fn host(request: &Request) -> Option<&str> {
    let mut fields = request.headers().get_all(HOST).iter();
    let host = fields.next()?.to_str().ok()?;
    fields.next().is_none().then_some(host)
}

/// RFC 9449 section 4.3, item 1.
pub(super) fn proof(request: &Request) -> Result<&str, ProofError> {
    let mut fields = request.headers().get_all(DPOP).iter();
    let proof = fields.next().ok_or(ProofError::Missing)?;
    if fields.next().is_some() {
        return Err(ProofError::Repeated);
    }
    HeaderValue::to_str(proof).map_err(|_| ProofError::Malformed)
}

/// The header with the proof.
const DPOP: HeaderName = HeaderName::from_static("dpop");
