//! `[http.tls]`: the files of the certificate.

use std::path::PathBuf;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The files of a certificate, in PEM form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The certificate chain, the service's own first.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities that must have issued the certificates of callers.
    pub client_ca: Option<PathBuf>,
}

impl TlsConfig {
    /// `None` if no certificate is configured.
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut file =
            |key| reader.read_optional(key, |it| value::filled_text(it).map(PathBuf::from));
        let (cert, key) = (file("http.tls.cert"), file("http.tls.key"));
        let client_ca = file("http.tls.client_ca");
        match (cert, key) {
            (Some(cert), Some(key)) => Some(Self {
                cert,
                key,
                client_ca,
            }),
            (None, None) if client_ca.is_none() => None,
            (cert, _) => {
                let missing = if cert.is_none() { "cert" } else { "key" };
                let fault = Fault::new("must be set together with the other files of `http.tls`")
                    .found("")
                    .fix("name a file in PEM form, or remove the other settings of `http.tls`");
                reader.note_conflict(&format!("http.tls.{missing}"), &[], fault);
                None
            }
        }
    }
}
