//! Connections to the program, with TLS or without it.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::program::Protocol;

/// A connection of whatever kind.
pub type Connection = Box<dyn Stream>;

pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where the program listens, and how to connect to it.
#[derive(Clone)]
pub struct Target {
    address: SocketAddr,
    /// For HTTP/1.1, and for HTTP/2.
    tls: Option<[TlsConnector; 2]>,
}

/// A certificate and its key, in files of a directory of their own.
pub struct Files {
    directory: PathBuf,
    certificate: CertificateDer<'static>,
}

impl Target {
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    pub async fn open(&self, protocol: Protocol) -> io::Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        let Some([http1, http2]) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let connector = match protocol {
            Protocol::Handshake => return Ok(Box::new(stream)),
            Protocol::Http1 => http1,
            Protocol::Http2 => http2,
        };
        let name = ServerName::try_from("localhost").unwrap();
        Ok(Box::new(connector.connect(name, stream).await?))
    }
}

impl Files {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("poem-resource-server-siege-{}-{number}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(directory.join("cert.pem"), cert.pem()).unwrap();
        fs::write(directory.join("key.pem"), signing_key.serialize_pem()).unwrap();
        Self {
            directory,
            certificate: cert.der().clone(),
        }
    }

    /// The settings that name the files, by their variables.
    pub fn settings(&self) -> [(&'static str, String); 2] {
        let file = |name: &str| self.directory.join(name).display().to_string();
        [
            ("HTTP__TLS__CERT", file("cert.pem")),
            ("HTTP__TLS__KEY", file("key.pem")),
        ]
    }

    pub fn target(&self, address: SocketAddr) -> Target {
        let connector = |protocol: &[u8]| {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.clone()).unwrap();
            let mut config = ClientConfig::builder()
                .with_root_certificates(roots)
                .with_no_client_auth();
            config.alpn_protocols = vec![protocol.to_vec()];
            TlsConnector::from(Arc::new(config))
        };
        Target {
            address,
            tls: Some([connector(b"http/1.1"), connector(b"h2")]),
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}
