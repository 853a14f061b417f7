//! Reads the certificate of the caller from the header in which a trusted proxy sends it.
//!
//! 1. The header of a peer that is not a trusted proxy is removed, and not read.
//! 2. A trusted proxy sends the header at most once, with one certificate in exactly the configured
//!    form. Anything else is refused, because part of it may come from the caller: it is never
//!    corrected or shortened.
//! 3. A missing header is a caller without a certificate. Its connection may have the certificate of
//!    the proxy, which says nothing about the caller.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, StatusCode};
use percent_encoding::percent_decode;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;

use crate::guard::{ClientCertificate, Problem};
use crate::token::Thumbprint;

/// The header in which trusted proxies send the certificate of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateHeader {
    /// Its name.
    pub name: HeaderName,
    /// The form of its value.
    pub format: CertificateFormat,
}

/// The form of a certificate in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateFormat {
    /// `:base64:`, a byte sequence of RFC 9440.
    Rfc9440,
    /// PEM, percent-encoded: `$ssl_client_escaped_cert` of nginx.
    Nginx,
    /// The base64 of the DER: `ssl_c_der,base64` of `HAProxy`.
    Haproxy,
    /// The base64 of a PEM without its first and last line, and percent-encoded by some versions:
    /// `X-Forwarded-Tls-Client-Cert` of Traefik.
    Traefik,
    /// One element of `X-Forwarded-Client-Cert` of Envoy, with `Cert` or `Hash`.
    Envoy,
}

/// The value of the header does not have its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MalformedCertificate;

impl CertificateFormat {
    /// The format with this name in the settings.
    pub(in crate::service) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "rfc9440" => Self::Rfc9440,
            "nginx" => Self::Nginx,
            "haproxy" => Self::Haproxy,
            "traefik" => Self::Traefik,
            "envoy" => Self::Envoy,
            _ => return None,
        })
    }

    fn read(self, value: &[u8]) -> Option<ClientCertificate> {
        match self {
            Self::Rfc9440 => {
                let base64 = value.strip_prefix(b":")?.strip_suffix(b":")?;
                certificate(&STANDARD.decode(base64).ok()?)
            }
            Self::Nginx => pem(&percent_decoded(value)?),
            Self::Haproxy => certificate(&STANDARD.decode(value).ok()?),
            Self::Traefik => certificate(&STANDARD.decode(percent_decoded(value)?).ok()?),
            Self::Envoy => element(value),
        }
    }
}

impl CertificateHeader {
    /// Removes what somebody who is not a trusted proxy sends.
    pub(super) fn remove(&self, headers: &mut HeaderMap) {
        headers.remove(&self.name);
        if self.format == CertificateFormat::Rfc9440 {
            headers.remove(CLIENT_CERT_CHAIN);
        }
    }

    /// The certificate that a trusted proxy sends; `None` without the header.
    pub(super) fn read(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<ClientCertificate>, MalformedCertificate> {
        let mut fields = headers.get_all(&self.name).iter();
        let Some(field) = fields.next() else {
            return Ok(None);
        };
        // These proxies also set the header for a caller without a certificate.
        let may_be_empty = self.format != CertificateFormat::Rfc9440;
        if field.is_empty() && may_be_empty && fields.next().is_none() {
            return Ok(None);
        }
        if fields.next().is_some() || field.len() > MAX_BYTES {
            return Err(MalformedCertificate);
        }
        let certificate = self.format.read(field.as_bytes());
        certificate.map(Some).ok_or(MalformedCertificate)
    }
}

/// A certificate in DER form, and nothing after it.
fn certificate(der: &[u8]) -> Option<ClientCertificate> {
    // Bytes after the certificate are an error.
    CertificateInner::<Raw>::from_der(der).ok()?;
    Some(ClientCertificate::from_der(der))
}

/// One certificate in PEM form, and nothing before or after it.
fn pem(text: &[u8]) -> Option<ClientCertificate> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let lines = text.strip_prefix(b"-----BEGIN CERTIFICATE-----\n")?;
    let lines = lines.strip_suffix(b"\n-----END CERTIFICATE-----")?;
    let base64: Vec<u8> = lines
        .iter()
        .copied()
        .filter(|byte| *byte != b'\n')
        .collect();
    certificate(&STANDARD.decode(base64).ok()?)
}

/// The bytes without percent-encoding. `None` if a percent sign begins no encoding.
fn percent_decoded(value: &[u8]) -> Option<Vec<u8>> {
    let mut rest = value;
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let digits = rest.get(at + 1..at + 3)?;
        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
        rest = &rest[at + 3..];
    }
    Some(percent_decode(value).collect())
}

/// One element of `X-Forwarded-Client-Cert`: pairs separated by semicolons, whose values may be
/// quoted. An unquoted comma would begin the element of another proxy.
fn element(value: &[u8]) -> Option<ClientCertificate> {
    let (mut by_certificate, mut by_hash) = (None, None);
    for pair in pairs(value)? {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (&pair[..equals], unquoted(&pair[equals + 1..])?);
        let (known, found) = match name {
            name if name.eq_ignore_ascii_case(b"cert") => {
                (&mut by_certificate, pem(&percent_decoded(value)?)?)
            }
            name if name.eq_ignore_ascii_case(b"hash") => (&mut by_hash, hash(value)?),
            _ => continue,
        };
        if known.replace(found).is_some() {
            return None;
        }
    }
    match (by_certificate, by_hash) {
        (Some(one), Some(other)) => (one == other).then_some(one),
        (one, other) => one.or(other),
    }
}

fn pairs(value: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut pairs, mut begin, mut is_quoted) = (Vec::new(), 0, false);
    let mut bytes = value.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\\' if is_quoted => drop(bytes.next()?),
            b',' if !is_quoted => return None,
            b';' if !is_quoted => {
                pairs.push(&value[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    pairs.push(&value[begin..]);
    (!is_quoted).then_some(pairs)
}

/// The value without its quotes. `None` if a quote has no partner, or if the quotes may enclose the
/// element of a proxy: it appended it to a quote that the caller left open, and Envoy writes `Hash=`
/// into each element.
fn unquoted(value: &[u8]) -> Option<&[u8]> {
    let [b'"', inner @ .., b'"'] = value else {
        return (!value.contains(&b'"')).then_some(value);
    };
    let mut bytes = inner.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return None,
            b'\\' => drop(bytes.next()?),
            _ => {}
        }
    }
    let mut names = inner.windows(HASH.len());
    (!names.any(|name| name.eq_ignore_ascii_case(HASH))).then_some(inner)
}

/// A SHA-256 hash in hexadecimal digits.
fn hash(value: &[u8]) -> Option<ClientCertificate> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let (pairs, rest) = value.as_chunks::<2>();
    let mut bytes = [0; 32];
    if !rest.is_empty() || pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?;
    }
    Some(ClientCertificate::from_thumbprint(Thumbprint::from_bytes(
        bytes,
    )))
}

/// The refusal of a request with such a header.
pub(super) const MALFORMED: Problem = Problem {
    status: StatusCode::BAD_REQUEST,
    detail: "The header with the certificate of the caller does not contain one certificate in the \
             form that this service expects.",
    reason: "malformed_client_certificate",
};
/// A certificate has about 1 to 4 KiB, and its encodings up to three times that.
const MAX_BYTES: usize = 16 * 1024;
/// The beginning of a hash in an element.
const HASH: &[u8] = b"hash=";
/// RFC 9440 section 2.3.
const CLIENT_CERT_CHAIN: HeaderName = HeaderName::from_static("client-cert-chain");

#[cfg(test)]
mod tests;
