//! `http.trusted_proxies`, `http.forwarded_header` and `http.client_certificate_*`: the proxies that are
//! trusted to name the caller, and the headers that they write.

use std::net::IpAddr;

use figment::value::Value;
use http::HeaderName;
use ipnet::IpNet;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

pub use crate::service::server::{
    CertificateFormat, CertificateHeader, ForwardedHeader, TrustedProxies,
};

impl TrustedProxies {
    pub(in crate::service::config) fn parse(value: &Value) -> Result<Self, Fault> {
        let mut items = value::list(value, &[',', ' '])?;
        let has_unix = items.iter().any(|item| item == UNIX);
        items.retain(|item| item != UNIX);
        let networks = value::each(&items, |item| {
            let network = item.parse::<IpNet>().ok();
            let network = network.or_else(|| item.parse::<IpAddr>().map(IpNet::from).ok());
            network.ok_or_else(|| {
                Fault::new("must list addresses and networks")
                    .found(item)
                    .fix("write them as \"10.0.0.7\", \"10.0.12.0/24\" or \"unix\"")
            })
        })?;
        Ok(Self::new(networks, has_unix))
    }
}

impl ForwardedHeader {
    pub(in crate::service::config) fn parse(value: &Value) -> Result<Self, Fault> {
        let name = value::text(value)?;
        match name.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err(Fault::new("must be `X-Forwarded-For` or `Forwarded`")
                .fix("write the header that your proxy sets on every request")),
        }
    }
}

/// How the proxies send the certificate of the caller.
pub(super) fn client_certificate(
    reader: &mut Reader<'_>,
    proxies: &TrustedProxies,
) -> Option<CertificateHeader> {
    let format = reader.read("http.client_certificate_format", certificate_format);
    let name = reader.read_optional("http.client_certificate_header", header_name)?;
    if proxies.is_empty() {
        let fault = Fault::new("needs proxies that are trusted to send it");
        let fault = fault.fix("set `http.trusted_proxies`, or remove the setting");
        reader.note_conflict(
            "http.client_certificate_header",
            &["http.trusted_proxies"],
            fault,
        );
    }
    Some(CertificateHeader { name, format })
}

fn header_name(value: &Value) -> Result<HeaderName, Fault> {
    let name = value::filled_text(value)?;
    let parsed = HeaderName::try_from(&*name).map_err(|_| {
        Fault::new("must be the name of a header field").fix("write it as \"Client-Cert\"")
    })?;
    let is_taken = TAKEN.contains(&parsed.as_str())
        || TAKEN_BEGINNINGS
            .iter()
            .any(|it| parsed.as_str().starts_with(it))
            && !OF_CERTIFICATES.contains(&parsed.as_str());
    if is_taken {
        let fault = Fault::new("must not be a header that has another meaning").found(&name);
        return Err(fault.fix(
            "write the name of the header in which your proxy sends the certificate, as in \
             \"Client-Cert\"",
        ));
    }
    Ok(parsed)
}

fn certificate_format(value: &Value) -> Result<CertificateFormat, Fault> {
    let name = value::text(value)?;
    CertificateFormat::find(&name).ok_or_else(|| {
        Fault::new("must be `rfc9440`, `nginx`, `haproxy`, `traefik` or `envoy`")
            .fix("write the form in which your proxy sends certificates")
    })
}

/// Headers that a caller sends, or that decide how a request is read. The service removes the header
/// of the certificate from requests of other peers, and reads it as nothing else.
const TAKEN: [&str; 24] = [
    "accept",
    "authorization",
    "connection",
    "cookie",
    "date",
    "dpop",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "origin",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "traceparent",
    "tracestate",
    "upgrade",
    "user-agent",
    "via",
    "x-request-id",
];
const TAKEN_BEGINNINGS: [&str; 6] = [
    "accept-",
    "access-control-",
    "content-",
    "if-",
    "sec-",
    "x-forwarded-",
];
/// The names that Traefik and Envoy use.
const OF_CERTIFICATES: [&str; 2] = ["x-forwarded-tls-client-cert", "x-forwarded-client-cert"];

/// The entry for callers on the Unix socket.
const UNIX: &str = "unix";
