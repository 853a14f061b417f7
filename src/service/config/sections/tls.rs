//! `[http.tls]`: the files of the certificate.

use std::path::PathBuf;

use figment::value::Value;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;
use crate::service::server::{Suites, TlsFiles};

pub use crate::service::server::ClientAuth;

/// The files of a certificate, in PEM form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The certificate chain, the service's own first.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities that must have issued the certificates of callers.
    pub client_ca: Option<PathBuf>,
    /// Whether callers need a certificate.
    pub client_auth: ClientAuth,
    /// The accepted cipher suites, which the security profile decides.
    pub(in crate::service) suites: Suites,
}

impl TlsConfig {
    /// `None` if no certificate is configured.
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut file =
            |key| reader.read_optional(key, |it| value::filled_text(it).map(PathBuf::from));
        let (cert, key) = (file("http.tls.cert"), file("http.tls.key"));
        let client_ca = file("http.tls.client_ca");
        let written = reader.read_optional("http.tls.client_auth", ClientAuth::parse);
        let client_auth = written.unwrap_or(match client_ca {
            Some(_) => ClientAuth::Require,
            None => ClientAuth::Off,
        });
        client_auth.check(client_ca.is_some(), reader);
        match (cert, key) {
            (Some(cert), Some(key)) => Some(Self {
                cert,
                key,
                client_ca,
                client_auth,
                suites: Suites::All,
            }),
            (None, None) if client_ca.is_none() && client_auth == ClientAuth::Off => None,
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

    /// What the server reads.
    pub(in crate::service) fn files(&self) -> TlsFiles<'_> {
        TlsFiles {
            cert: &self.cert,
            key: &self.key,
            client_ca: self.client_ca.as_deref(),
            client_auth: self.client_auth,
            suites: self.suites,
        }
    }
}

impl ClientAuth {
    fn parse(value: &Value) -> Result<Self, Fault> {
        match value.as_str() {
            Some("require") => Ok(Self::Require),
            Some("optional") => Ok(Self::Optional),
            Some("any") => Ok(Self::Any),
            _ => {
                Err(Fault::new("must be `require`, `optional` or `any`")
                    .fix("write one of the three"))
            }
        }
    }

    fn check(self, has_authorities: bool, reader: &mut Reader<'_>) {
        let fault = match self {
            Self::Require | Self::Optional if !has_authorities => {
                let fault = Fault::new("needs the authorities that issue the certificates");
                fault.fix("set `http.tls.client_ca`, or write `any`")
            }
            Self::Any if has_authorities => {
                let fault = Fault::new("must not be `any` with `http.tls.client_ca`");
                fault.fix("write `optional`, or remove `http.tls.client_ca`")
            }
            _ => return,
        };
        reader.note_conflict("http.tls.client_auth", &["http.tls.client_ca"], fault);
    }
}
