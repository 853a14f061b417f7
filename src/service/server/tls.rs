//! TLS by rustls on aws-lc-rs: 1.2 and 1.3, HTTP/2 by ALPN, and certificates of callers by setting.
//!
//! A reload replaces the certificate for new connections. Open connections keep theirs.
//!
//! A client resumes its session with a ticket, which only this configuration can decrypt. No
//! session is kept in memory, so any number of clients can resume theirs. After a reload, each
//! client needs a full handshake, so that its certificate is checked by the authorities in force.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{CipherSuite, RootCertStore, ServerConfig, ServerConnection, SupportedCipherSuite};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tracing::warn;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;

use super::any_certificate::AnyCertificate;
use crate::guard::ClientCertificate;

/// The certificate in force. Clones share it.
#[derive(Clone)]
pub(in crate::service) struct Tls(Arc<ArcSwap<Certificate>>);

/// A certificate that was read and fits its key.
pub(in crate::service) struct Certificate {
    server: Arc<ServerConfig>,
    /// When the first certificate of the chain ends, in seconds since 1970; `None` where that
    /// cannot be read.
    end_secs: Option<i64>,
}

/// The files of `http.tls`, in PEM form.
#[derive(Clone, Copy)]
pub(in crate::service) struct TlsFiles<'a> {
    pub(in crate::service) cert: &'a Path,
    pub(in crate::service) key: &'a Path,
    pub(in crate::service) client_ca: Option<&'a Path>,
    pub(in crate::service) client_auth: ClientAuth,
    pub(in crate::service) suites: Suites,
}

/// The cipher suites that the service accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::service) enum Suites {
    /// Those of rustls, all of which have forward secrecy and authenticated encryption.
    #[default]
    All,
    /// With TLS 1.2, only the four that BCP 195 recommends (RFC 9325 section 4.2), as FAPI 2.0
    /// requires (section 5.2.2).
    Recommended,
}

impl Suites {
    /// The names of those of TLS 1.2 in [`Suites::Recommended`].
    pub(in crate::service) fn recommended() -> impl Iterator<Item = &'static str> {
        RECOMMENDED.iter().filter_map(CipherSuite::as_str)
    }

    fn provider(self) -> CryptoProvider {
        let mut provider = aws_lc_rs::default_provider();
        if self == Self::Recommended {
            let is_recommended = |suite: &SupportedCipherSuite| match suite {
                SupportedCipherSuite::Tls12(_) => RECOMMENDED.contains(&suite.suite()),
                SupportedCipherSuite::Tls13(_) => true,
            };
            provider.cipher_suites.retain(is_recommended);
        }
        provider
    }
}

/// Whether callers need a certificate for the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuth {
    /// No certificate is requested.
    #[default]
    Off,
    /// Every caller needs a certificate of the authorities.
    Require,
    /// A caller may have a certificate of the authorities.
    Optional,
    /// A caller may have any certificate, also a self-signed one.
    Any,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`{key}`: {} cannot be read; name a file that this service may read", path.display())]
    #[non_exhaustive]
    File {
        /// The setting's key.
        key: &'static str,
        /// What it names.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("`{key}`: {} contains no {what} in PEM form", path.display())]
    #[non_exhaustive]
    Content {
        /// The setting's key.
        key: &'static str,
        /// What it names.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// Certificate and key are not of one pair, or of a kind that cannot be used.
    #[error("`http.tls.cert` and `http.tls.key` do not match")]
    Pair(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No authority of `http.tls.client_ca` can be used.
    #[error("`http.tls.client_ca` has no authority that can be used")]
    Authorities(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Tls {
    pub(in crate::service) fn new(certificate: Certificate) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(certificate)))
    }

    /// Puts another certificate in force.
    pub(in crate::service) fn renew(&self, certificate: Certificate) {
        self.0.store(Arc::new(certificate));
    }

    /// How many days the certificate in force lasts; negative when it has expired.
    pub(in crate::service) fn days_left(&self, now: SystemTime) -> Option<f64> {
        self.0.load().days_left(now)
    }

    pub(super) async fn handshake<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let acceptor = TlsAcceptor::from(self.0.load().server.clone());
        let limit = |session: &mut ServerConnection| session.set_buffer_limit(Some(MAX_UNWRITTEN));
        acceptor.accept_with(stream, limit).await
    }
}

impl Certificate {
    /// Reads the files of `http.tls`.
    pub(in crate::service) fn read(files: TlsFiles<'_>) -> Result<Self, TlsError> {
        let provider = Arc::new(files.suites.provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .expect("the provider speaks TLS 1.2 and 1.3");
        let builder = match client_verifier(files, provider)? {
            None => builder.with_no_client_auth(),
            Some(verifier) => builder.with_client_cert_verifier(verifier),
        };
        let chain = certificates("http.tls.cert", files.cert)?;
        let end_secs = chain.iter().filter_map(end_secs).min();
        let mut server = builder
            .with_single_cert(chain, private_key(files.key)?)
            .map_err(|error| TlsError::Pair(error.into()))?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        server.ticketer = aws_lc_rs::Ticketer::new().expect("the library has random bytes");
        Ok(Self {
            server: Arc::new(server),
            end_secs,
        })
    }

    /// Every problem with the files of `http.tls`: of each file, or else of all together.
    pub(in crate::service) fn problems(files: TlsFiles<'_>) -> Vec<TlsError> {
        let client_ca = files.client_ca;
        let client_ca_fault =
            client_ca.and_then(|path| certificates("http.tls.client_ca", path).err());
        let cert_fault = certificates("http.tls.cert", files.cert).err();
        let faults = [cert_fault, private_key(files.key).err(), client_ca_fault];
        let faults: Vec<_> = faults.into_iter().flatten().collect();
        if faults.is_empty() {
            return Self::read(files).err().into_iter().collect();
        }
        faults
    }

    /// Warns of a certificate that has expired. It is used all the same: a service that callers
    /// refuse says more about the cause than one that does not start.
    pub(in crate::service) fn warn_if_expired(&self, now: SystemTime) {
        if let Some(days) = self.days_left(now).filter(|days| *days <= 0.0) {
            warn!(
                days_ago = -days.ceil(),
                "`http.tls.cert` has expired, so clients refuse to connect; renew it and send SIGHUP"
            );
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds are exact to 2^53")]
    fn days_left(&self, now: SystemTime) -> Option<f64> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        let left = self.end_secs? as f64 - now.unwrap_or_default().as_secs_f64();
        Some(left / DAY_SECS)
    }
}

/// The certificate that the caller has proved to have the key of.
pub(super) fn client_certificate<S>(stream: &TlsStream<S>) -> Option<ClientCertificate> {
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates()?.first()?;
    Some(ClientCertificate::from_der(certificate))
}

/// What checks the certificates of callers; `None` if none are requested.
fn client_verifier(
    files: TlsFiles<'_>,
    provider: Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ClientCertVerifier>>, TlsError> {
    let Some(path) = files.client_ca else {
        let is_any = files.client_auth == ClientAuth::Any;
        return Ok(is_any.then(|| AnyCertificate::verifier(&provider)));
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates("http.tls.client_ca", path)?);
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match files.client_auth {
        ClientAuth::Optional => builder.allow_unauthenticated(),
        _ => builder,
    };
    let verifier = builder.build();
    let verifier = verifier.map_err(|error| TlsError::Authorities(error.into()))?;
    Ok(Some(verifier))
}

/// Encrypted bytes that wait for the socket, on each connection.
const MAX_UNWRITTEN: usize = 16 * 1024;

fn certificates(key: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = read(key, path)?;
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .unwrap_or_default();
    if chain.is_empty() {
        return Err(TlsError::Content {
            key,
            path: path.to_owned(),
            what: "certificate",
        });
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let key = "http.tls.key";
    let bytes = read(key, path)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| TlsError::Content {
        key,
        path: path.to_owned(),
        what: "private key",
    })
}

fn end_secs(certificate: &CertificateDer<'_>) -> Option<i64> {
    let certificate = CertificateInner::<Raw>::from_der(certificate).ok()?;
    let end = certificate.tbs_certificate().validity().not_after;
    i64::try_from(end.to_unix_duration().as_secs()).ok()
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::File {
        key,
        path: path.to_owned(),
        source,
    })
}

/// RFC 9325 section 4.2.
const RECOMMENDED: [CipherSuite; 4] = [
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
];

const DAY_SECS: f64 = 24.0 * 60.0 * 60.0;
