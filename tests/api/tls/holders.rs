//! The certificates of callers, and the tokens that are bound to them.

use std::net::SocketAddr;
use std::sync::Arc;

use poem_resource_server::testing::{Issuer, TestApplication};
use poem_resource_server::token::Thumbprint;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{ClientConfig, HandshakeKind, SignatureScheme, SupportedProtocolVersion, version};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Authority, connect};
use crate::guide_api;

const VERSIONS: [&SupportedProtocolVersion; 2] = [&version::TLS12, &version::TLS13];

/// A certificate of a caller, and a key that need not be its own.
#[derive(Debug)]
struct Holder {
    certificate: CertificateDer<'static>,
    key: Arc<dyn SigningKey>,
}

impl Holder {
    /// With a certificate of this authority.
    fn new(authority: &Authority) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let params = CertificateParams::new(["caller".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        Self {
            certificate: certificate.der().clone(),
            key: any_supported_type(&key).unwrap(),
        }
    }

    /// The certificate of somebody else, with the own key.
    fn with_certificate_of(self, other: &Self) -> Self {
        Self {
            certificate: other.certificate.clone(),
            ..self
        }
    }

    fn token(&self, issuer: &Issuer) -> String {
        let thumbprint = Thumbprint::digest(&self.certificate).to_string();
        let token = issuer.access_token("profile:read");
        issuer.sign(&token.claim("cnf", json!({ "x5t#S256": thumbprint })))
    }
}

/// rustls itself refuses to build a client whose key and certificate do not match.
impl ResolvesClientCert for Holder {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let chain = vec![self.certificate.clone()];
        Some(Arc::new(CertifiedKey::new(chain, self.key.clone())))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A client that remembers sessions, with the certificate of `holder` if there is one.
fn client(
    authority: &Authority,
    version: &'static SupportedProtocolVersion,
    holder: Option<Holder>,
) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_protocol_versions(&[version])
        .with_root_certificates(authority.roots());
    let mut client = match holder {
        Some(holder) => builder.with_client_cert_resolver(Arc::new(holder)),
        None => builder.with_no_client_auth(),
    };
    client.resumption = Resumption::in_memory_sessions(4);
    Arc::new(client)
}

/// What one call on a new connection got: the status and the reason.
#[derive(Debug, PartialEq)]
struct Got(u16, String, HandshakeKind);

fn got(status: u16, reason: &str, handshake: HandshakeKind) -> Got {
    Got(status, reason.to_owned(), handshake)
}

/// Calls whoami with these header fields. An error is one of TLS.
async fn call(
    client: &Arc<ClientConfig>,
    address: SocketAddr,
    fields: &str,
) -> std::io::Result<Got> {
    let mut stream = connect(client.clone(), address).await?;
    let request =
        format!("GET /api/whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let problem: Value = serde_json::from_str(body).unwrap();
    Ok(Got(
        head.split(' ').nth(1).unwrap().parse().unwrap(),
        problem["reason"].as_str().unwrap_or("none").to_owned(),
        stream.get_ref().1.handshake_kind().unwrap(),
    ))
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

/// The guide over TLS, with these settings.
async fn listen(
    authority: &Authority,
    issuer: &Issuer,
    settings: &[(&'static str, &str)],
) -> poem_resource_server::testing::Listening {
    let mut test = TestApplication::new(guide_api::application())
        .with_setting("http.tls.cert", authority.file("cert.pem"))
        .with_setting("http.tls.key", authority.file("key.pem"));
    for (key, value) in settings {
        test = test.with_setting(key, *value);
    }
    test.listen(issuer).await.unwrap()
}

#[tokio::test]
async fn the_certificate_of_somebody_else_without_its_key_ends_the_handshake() {
    let (authority, issuer) = (Authority::new(), Issuer::new());
    authority.certify();
    let ca = authority.file("ca.pem");
    let of_authority = ("http.tls.client_ca", ca.as_str());
    for settings in [
        &[("http.tls.client_auth", "any")][..],
        &[of_authority, ("http.tls.client_auth", "optional")],
        &[of_authority, ("http.tls.client_auth", "require")],
    ] {
        let listening = listen(&authority, &issuer, settings).await;
        for version in VERSIONS {
            let row = format!("{settings:?} {:?}", version.version);
            let owner = Holder::new(&authority);
            let token = bearer(&owner.token(&issuer));
            let thief = Holder::new(&authority).with_certificate_of(&owner);

            let thief = client(&authority, version, Some(thief));
            let stolen = call(&thief, listening.address(), &token).await;
            let owner = client(&authority, version, Some(owner));
            let own = call(&owner, listening.address(), &token).await;

            let error = stolen.unwrap_err().to_string();
            assert!(error.contains("DecryptError"), "{row}: {error}");
            assert_eq!(own.unwrap(), got(200, "none", HandshakeKind::Full), "{row}");
        }
        listening.stop().await;
    }
}

#[tokio::test]
async fn a_resumed_session_has_the_certificate_with_which_it_began() {
    let (authority, issuer) = (Authority::new(), Issuer::new());
    authority.certify();
    let any = [("http.tls.client_auth", "any")];
    let listening = listen(&authority, &issuer, &any).await;
    for version in VERSIONS {
        let holder = Holder::new(&authority);
        let token = bearer(&holder.token(&issuer));
        let with = client(&authority, version, Some(holder));
        let without = client(&authority, version, None);
        let other = client(&authority, version, Some(Holder::new(&authority)));
        for handshake in [HandshakeKind::Full, HandshakeKind::Resumed] {
            for (client, status, reason) in [
                (&with, 200, "none"),
                (&without, 401, "certificate_required"),
                (&other, 401, "wrong_certificate"),
            ] {
                let answer = call(client, listening.address(), &token).await.unwrap();
                let expected = got(status, reason, handshake);
                assert_eq!(answer, expected, "{:?}", version.version);
            }
        }
    }
    listening.stop().await;
}

#[tokio::test]
async fn the_certificate_of_a_proxy_is_not_that_of_its_caller() {
    let (authority, issuer) = (Authority::new(), Issuer::new());
    authority.certify();
    let any = ("http.tls.client_auth", "any");
    let holder = Holder::new(&authority);
    let token = bearer(&holder.token(&issuer));
    let client = client(&authority, &version::TLS13, Some(holder));
    for (row, proxies, status, reason) in [
        ("the proxy", "127.0.0.1", 401, "certificate_required"),
        ("a caller of its own", "192.0.2.1", 200, "none"),
    ] {
        let settings = [any, ("http.trusted_proxies", proxies)];
        let listening = listen(&authority, &issuer, &settings).await;

        let answer = call(&client, listening.address(), &token).await.unwrap();

        assert_eq!(answer, got(status, reason, HandshakeKind::Full), "{row}");
        listening.stop().await;
    }
}

#[tokio::test]
async fn fapi_2_accepts_a_token_that_is_bound_to_the_certificate_of_the_connection() {
    let (authority, issuer) = (Authority::new(), Issuer::new());
    authority.certify();
    let settings = [
        ("http.tls.client_auth", "any"),
        ("profile_security", "fapi2"),
    ];
    let listening = listen(&authority, &issuer, &settings).await;
    for version in VERSIONS {
        let holder = Holder::new(&authority);
        let bound = bearer(&holder.token(&issuer));
        let unbound = bearer(&issuer.token("profile:read"));
        let with = client(&authority, version, Some(holder));
        let without = client(&authority, version, None);
        let other = client(&authority, version, Some(Holder::new(&authority)));
        for (client, token, status, reason) in [
            (&with, &bound, 200, "none"),
            (&without, &bound, 401, "certificate_required"),
            (&other, &bound, 401, "wrong_certificate"),
            (&with, &unbound, 401, "bearer_token_not_accepted"),
        ] {
            let answer = call(client, listening.address(), token).await.unwrap();
            let Got(found, word, _) = answer;
            assert_eq!((found, &*word), (status, reason), "{:?}", version.version);
        }
    }
    listening.stop().await;
}

#[tokio::test]
async fn fapi_2_refuses_what_a_proxy_got_without_tls_also_if_the_proxy_itself_uses_tls() {
    let (authority, issuer) = (Authority::new(), Issuer::new());
    authority.certify();
    let settings = [
        ("http.trusted_proxies", "127.0.0.1"),
        ("profile_security", "fapi2"),
    ];
    let listening = listen(&authority, &issuer, &settings).await;
    let client = client(&authority, &version::TLS13, None);
    for (fields, status, reason) in [
        ("X-Forwarded-Proto: http\r\n", 400, "tls_required"),
        ("X-Forwarded-Proto: https\r\n", 401, "missing_credentials"),
        ("", 401, "missing_credentials"),
    ] {
        let answer = call(&client, listening.address(), fields).await.unwrap();
        let Got(found, word, _) = answer;
        assert_eq!((found, &*word), (status, reason), "{fields}");
    }
    listening.stop().await;
}
