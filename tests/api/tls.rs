//! TLS: the certificate that is shown, who may come, and another one without a restart.

mod certificates;
mod holders;
mod resumption;

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{CipherSuite, ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::world::World;

/// An authority, and the files of what it certified.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: PathBuf,
}

impl Authority {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("poem-resource-server-tls-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        fs::write(directory.join("ca.pem"), issuer.pem()).unwrap();
        Self { issuer, directory }
    }

    fn file(&self, name: &str) -> String {
        self.directory.join(name).to_str().unwrap().to_owned()
    }

    /// Writes a new certificate and its key.
    fn certify(&self) -> CertificateDer<'static> {
        self.certify_until(4000)
    }

    /// The same, until the beginning of this year.
    fn certify_until(&self, year: i32) -> CertificateDer<'static> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 1, 1);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.file("cert.pem"), certificate.pem()).unwrap();
        fs::write(self.file("key.pem"), key.serialize_pem()).unwrap();
        certificate.der().clone()
    }

    async fn world(&self, more: &[(&'static str, &str)]) -> World {
        let (cert, key) = (self.file("cert.pem"), self.file("key.pem"));
        let mut settings = vec![("http.tls.cert", &*cert), ("http.tls.key", &*key)];
        settings.extend(more);
        World::secure(&settings, &self.issuer.pem()).await
    }

    async fn reload(&self, world: &World) -> Result<(), String> {
        let (cert, key) = (self.file("cert.pem"), self.file("key.pem"));
        let settings = [("http.tls.cert", &*cert), ("http.tls.key", &*key)];
        let reloaded = world.reload(&settings).await;
        reloaded.map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            cause.unwrap_or_default()
        })
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        roots
    }

    /// A connection of a client that offers these protocols.
    async fn connect(&self, address: SocketAddr, alpn: &[&[u8]]) -> TlsStream<TcpStream> {
        let mut client = ClientConfig::builder()
            .with_root_certificates(self.roots())
            .with_no_client_auth();
        client.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        connect(client, address).await.unwrap()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

async fn connect(
    client: impl Into<Arc<ClientConfig>>,
    address: SocketAddr,
) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(client.into())
        .connect(name, stream)
        .await
}

fn shown(stream: &TlsStream<TcpStream>) -> CertificateDer<'static> {
    let chain = stream.get_ref().1.peer_certificates().unwrap();
    chain[0].clone().into_owned()
}

async fn status(stream: &mut TlsStream<TcpStream>) -> String {
    let request = b"GET /api/hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut line = String::new();
    while !line.ends_with('}') {
        line.push(char::from(stream.read_u8().await.unwrap()));
    }
    line.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn the_guide_works_over_tls_and_sends_strict_transport_security() {
    let authority = Authority::new();
    authority.certify();
    let world = authority.world(&[]).await;
    let token = world.sign(&world.token());

    let allowed = world.whoami(&token).await;
    let refused = world.get("/api/whoami").await;

    assert_eq!(allowed.status, 200);
    let policy = allowed.header("strict-transport-security");
    assert_eq!(policy, Some("max-age=31536000"));
    assert_eq!(refused.status, 401);
    let challenge = refused.header("www-authenticate").unwrap();
    let metadata = format!("resource_metadata=\"https://{}", world.address);
    assert!(challenge.contains(&metadata), "{challenge}");
}

#[tokio::test]
async fn a_client_without_tls_is_not_answered() {
    let authority = Authority::new();
    authority.certify();
    let world = authority.world(&[]).await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();

    stream
        .write_all(b"GET /api/hello HTTP/1.0\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;

    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

/// What a client offers, and what is chosen.
type Offer = (&'static [&'static [u8]], Option<&'static [u8]>);

#[tokio::test]
async fn http_2_is_used_with_clients_that_offer_it() {
    let authority = Authority::new();
    authority.certify();
    let world = authority.world(&[]).await;
    let rows: [Offer; 3] = [
        (&[b"h2", b"http/1.1"], Some(b"h2")),
        (&[b"http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ];
    for (offered, expected) in rows {
        let stream = authority.connect(world.address, offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), expected);
    }
}

/// Connects with TLS 1.2 and this cipher suite alone.
async fn with_suite(
    authority: &Authority,
    address: SocketAddr,
    suite: CipherSuite,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|it| it.suite() == suite);
    assert_eq!(provider.cipher_suites.len(), 1);
    let client = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(authority.roots())
        .with_no_client_auth();
    connect(client, address).await
}

#[tokio::test]
async fn fapi_2_accepts_only_recommended_cipher_suites() {
    let authority = Authority::new();
    authority.certify();
    let usual = authority.world(&[]).await;
    let fapi = authority.world(&[("profile_security", "fapi2")]).await;
    for (suite, is_recommended) in [
        (CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, true),
        (CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, true),
        (
            CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            false,
        ),
    ] {
        let by_fapi = with_suite(&authority, fapi.address, suite).await;
        let by_default = with_suite(&authority, usual.address, suite).await;

        assert_eq!(by_fapi.is_ok(), is_recommended, "{suite:?}");
        if let Err(error) = by_fapi {
            assert!(error.to_string().contains("HandshakeFailure"), "{error}");
        }
        assert!(by_default.is_ok(), "{suite:?}");
    }
    let newer = authority.connect(fapi.address, &[]).await;
    let version = newer.get_ref().1.protocol_version();
    assert_eq!(version, Some(rustls::ProtocolVersion::TLSv1_3));
}

#[tokio::test]
async fn callers_need_a_certificate_where_an_authority_for_them_is_set() {
    let (authority, theirs) = (Authority::new(), Authority::new());
    authority.certify();
    let client = theirs.certify();
    let ca = theirs.file("ca.pem");
    let (cert, key) = (authority.file("cert.pem"), authority.file("key.pem"));
    let settings = [
        ("http.tls.cert", &*cert),
        ("http.tls.key", &*key),
        ("http.tls.client_ca", &*ca),
    ];
    let world = World::unasked(&settings).await;
    let builder = || ClientConfig::builder().with_root_certificates(authority.roots());
    let private = PrivateKeyDer::from_pem_file(theirs.file("key.pem")).unwrap();

    let with = builder()
        .with_client_auth_cert(vec![client], private)
        .unwrap();
    let mut known = connect(with, world.address).await.unwrap();
    assert_eq!(status(&mut known).await, "200");

    // In TLS 1.3 the refusal comes with the first read.
    let mut anonymous = connect(builder().with_no_client_auth(), world.address)
        .await
        .unwrap();
    let _ = anonymous
        .write_all(b"GET /api/hello HTTP/1.0\r\n\r\n")
        .await;
    assert!(anonymous.read_u8().await.is_err());
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}
