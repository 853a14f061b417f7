//! Adds to a request what decides whether its caller may use a bound token: the host that it used, and
//! its certificate.
//!
//! 1. The certificate is that of the connection, unless the peer is a trusted proxy.
//! 2. A trusted proxy sends the certificate of the caller in a header. See [`CertificateHeader`].
//! 3. The host is read only for a request with a DPoP proof.

use std::sync::Arc;

use http::HeaderMap;
use poem::Request;

use super::certificate_header::{CertificateHeader, MalformedCertificate};
use super::origin::Origin;
use super::proxies::TrustedProxies;
use crate::guard::{ClientCertificate, ReportedHost};

/// Reads what is added to requests.
pub(super) struct PresentedReader {
    proxies: Arc<TrustedProxies>,
    header: Option<CertificateHeader>,
}

/// What is added to a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Presented {
    host: Option<ReportedHost>,
    certificate: Option<ClientCertificate>,
}

impl PresentedReader {
    pub(super) fn new(proxies: Arc<TrustedProxies>, header: Option<CertificateHeader>) -> Self {
        Self { proxies, header }
    }

    /// `certificate` is that of the connection.
    #[inline]
    pub(super) fn read(
        &self,
        headers: &mut HeaderMap,
        peer: &Origin,
        certificate: Option<ClientCertificate>,
    ) -> Result<Presented, MalformedCertificate> {
        if self.proxies.is_empty() {
            return Ok(Presented {
                host: None,
                certificate,
            });
        }
        self.read_behind(headers, peer, certificate)
    }

    fn read_behind(
        &self,
        headers: &mut HeaderMap,
        peer: &Origin,
        certificate: Option<ClientCertificate>,
    ) -> Result<Presented, MalformedCertificate> {
        if !peer.is_one_of(&self.proxies) {
            if let Some(header) = &self.header {
                header.remove(headers);
            }
            return Ok(Presented {
                host: None,
                certificate,
            });
        }
        let certificate = match &self.header {
            Some(header) => header.read(headers)?,
            None => None,
        };
        let host = headers
            .contains_key(DPOP)
            .then(|| peer.reported_host(&self.proxies, headers));
        Ok(Presented {
            host: host.flatten(),
            certificate,
        })
    }
}

impl Presented {
    pub(super) fn add_to(self, request: &mut Request) {
        if let Some(host) = self.host {
            request.set_data(host);
        }
        if let Some(certificate) = self.certificate {
            request.set_data(certificate);
        }
    }
}

/// RFC 9449 section 4.1.
const DPOP: &str = "dpop";

#[cfg(test)]
mod tests {
    use http::uri::Scheme;
    use http::{HeaderName, HeaderValue};

    use super::super::certificate_header::CertificateFormat;
    use super::super::proxies::ForwardedHeader;
    use super::*;

    const ENVOY: &str = "x-forwarded-client-cert";

    fn reader(header: ForwardedHeader) -> PresentedReader {
        let proxy = "192.0.2.0/24".parse().unwrap();
        let proxies = TrustedProxies::new(vec![proxy], false).reading(header);
        let certificate = CertificateHeader {
            name: HeaderName::from_static(ENVOY),
            format: CertificateFormat::Envoy,
        };
        PresentedReader::new(Arc::new(proxies), Some(certificate))
    }

    fn peer(address: &str) -> Origin {
        Origin {
            address: Some(format!("{address}:9").parse().unwrap()),
            scheme: Scheme::HTTP,
        }
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let lines = lines.iter();
        let line = |(name, value): &(&'static str, &str)| {
            let value = HeaderValue::from_str(value).unwrap();
            (HeaderName::from_static(name), value)
        };
        lines.map(line).collect()
    }

    #[test]
    fn only_a_trusted_proxy_sends_the_certificate_of_the_caller() {
        let reader = reader(ForwardedHeader::XForwardedFor);
        let of_connection = Some(ClientCertificate::from_der(b"connection"));
        let hash = "ab".repeat(32);
        let read = |address: &str, lines: &[(&'static str, &str)]| {
            let mut headers = headers(lines);
            let presented = reader.read(&mut headers, &peer(address), of_connection);
            (
                presented.map(|it| it.certificate),
                headers.contains_key(ENVOY),
            )
        };
        let sent = format!("Hash={hash}");

        let (by_proxy, _) = read("192.0.2.1", &[(ENVOY, &sent)]);
        assert!(by_proxy.is_ok_and(|it| it.is_some() && it != of_connection));
        // The certificate of the connection is the proxy's own.
        assert_eq!(read("192.0.2.1", &[]), (Ok(None), false));
        assert_eq!(
            read("192.0.2.1", &[(ENVOY, "Hash=ab")]).0,
            Err(MalformedCertificate)
        );
        assert_eq!(
            read("198.51.100.7", &[(ENVOY, &sent)]),
            (Ok(of_connection), false)
        );
        assert_eq!(
            read("198.51.100.7", &[(ENVOY, "Hash=ab")]),
            (Ok(of_connection), false)
        );
    }

    #[test]
    fn the_host_is_the_one_that_the_last_trusted_proxy_reports() {
        #[expect(clippy::type_complexity, reason = "a table")]
        #[rustfmt::skip] // A row a line.
        let rows: &[(&str, ForwardedHeader, &str, &[(&str, &str)], Option<&str>)] = &[
            ("a trusted proxy", ForwardedHeader::XForwardedFor, "192.0.2.1", &[("x-forwarded-host", "a.example")], Some("a.example")),
            ("with a port", ForwardedHeader::XForwardedFor, "192.0.2.1", &[("x-forwarded-host", "a.example:8443")], Some("a.example:8443")),
            ("another peer", ForwardedHeader::XForwardedFor, "198.51.100.7", &[("x-forwarded-host", "a.example")], None),
            ("a list", ForwardedHeader::XForwardedFor, "192.0.2.1", &[("x-forwarded-host", "evil.example, a.example")], Some("a.example")),
            ("two lines", ForwardedHeader::XForwardedFor, "192.0.2.1", &[("x-forwarded-host", "evil.example"), ("x-forwarded-host", "a.example")], Some("a.example")),
            ("nothing", ForwardedHeader::XForwardedFor, "192.0.2.1", &[], None),
            ("the other header", ForwardedHeader::XForwardedFor, "192.0.2.1", &[("forwarded", "for=198.51.100.7;host=a.example")], None),
            ("Forwarded", ForwardedHeader::Forwarded, "192.0.2.1", &[("forwarded", "for=198.51.100.7;host=a.example")], Some("a.example")),
            ("Forwarded, quoted", ForwardedHeader::Forwarded, "192.0.2.1", &[("forwarded", "for=198.51.100.7;host=\"a.example:8443\"")], Some("a.example:8443")),
            ("Forwarded, hidden caller", ForwardedHeader::Forwarded, "192.0.2.1", &[("forwarded", "for=_hidden;host=a.example")], Some("a.example")),
            ("Forwarded through two", ForwardedHeader::Forwarded, "192.0.2.1", &[("forwarded", "host=evil.example, for=198.51.100.7;host=a.example, for=192.0.2.5;host=b.example")], Some("a.example")),
            ("Forwarded through two, named by the second", ForwardedHeader::Forwarded, "192.0.2.1", &[("forwarded", "for=198.51.100.7, for=192.0.2.5;host=b.example")], Some("b.example")),
            ("Forwarded by a client before", ForwardedHeader::Forwarded, "192.0.2.1", &[("forwarded", "host=evil.example, for=198.51.100.7")], None),
            ("Forwarded, the other header", ForwardedHeader::Forwarded, "192.0.2.1", &[("x-forwarded-host", "a.example")], None),
            ("Forwarded twice", ForwardedHeader::Forwarded, "192.0.2.1", &[("forwarded", "for=198.51.100.7;host=a.example;host=b.example")], None),
        ];
        for (row, header, address, lines, expected) in rows {
            let mut with_proof = headers(lines);
            let mut without = with_proof.clone();
            with_proof.insert(DPOP, HeaderValue::from_static("x"));

            let presented = reader(*header).read(&mut with_proof, &peer(address), None);
            let plain = reader(*header).read(&mut without, &peer(address), None);

            let host = presented.unwrap().host;
            assert_eq!(host.as_ref().map(|it| &*it.0), *expected, "{row}");
            assert_eq!(plain.unwrap().host, None, "{row}");
        }
    }
}
