//! Determines the caller and the scheme: the peer itself, or the caller that a trusted proxy names.
//!
//! 1. A peer that is not a trusted proxy is the caller, whatever its headers say.
//! 2. One header is read, the one that `http.forwarded_header` names. The other form is ignored,
//!    because a proxy that does not write it passes on what the client sent.
//! 3. Its elements are read from the right, as bytes. The first address that is not a trusted
//!    proxy is the caller: whatever is to the left of it may be invented.
//! 4. An element that cannot be read ends the search. The caller is then the last proxy known.
//! 5. The scheme and the host come from the same proxy: `proto` and `host` of its element of
//!    `Forwarded`, else the last values of `X-Forwarded-Proto` and `X-Forwarded-Host`.

use std::net::{IpAddr, SocketAddr};

use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::proxies::{ForwardedHeader, TrustedProxies};
use crate::guard::ReportedHost;

/// The origin of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The caller; `None` on a Unix socket without a proxy that is believed.
    pub(super) address: Option<SocketAddr>,
    pub(super) scheme: Scheme,
}

impl Origin {
    /// What is true of the caller behind any trusted proxies.
    pub(super) fn behind(mut self, proxies: &TrustedProxies, headers: &HeaderMap) -> Self {
        if !self.is_one_of(proxies) {
            return self;
        }
        match proxies.header() {
            ForwardedHeader::XForwardedFor => {
                let proto = elements(headers, X_FORWARDED_PROTO).next().and_then(scheme);
                self.scheme = proto.unwrap_or(self.scheme);
                let hops = elements(headers, X_FORWARDED_FOR).map(|element| Hop {
                    address: node(element),
                    ..Hop::default()
                });
                self.follow(proxies, hops)
            }
            ForwardedHeader::Forwarded => {
                let hops = elements(headers, header::FORWARDED).map(Hop::parse);
                self.follow(proxies, hops)
            }
        }
    }

    /// The host that the caller used, if this is a trusted proxy that reports it.
    pub(super) fn reported_host(
        &self,
        proxies: &TrustedProxies,
        headers: &HeaderMap,
    ) -> Option<ReportedHost> {
        if !self.is_one_of(proxies) {
            return None;
        }
        let host = match proxies.header() {
            ForwardedHeader::XForwardedFor => elements(headers, X_FORWARDED_HOST).next()?,
            ForwardedHeader::Forwarded => {
                let mut host = None;
                for hop in elements(headers, header::FORWARDED).map(Hop::parse) {
                    host = hop.host.or(host);
                    let next = hop.address.map(|address| address.ip());
                    if next.is_none() || !proxies.contain(next) {
                        break;
                    }
                }
                host?
            }
        };
        Some(ReportedHost(str::from_utf8(host).ok()?.into()))
    }

    /// Whether the peer is a trusted proxy.
    pub(super) fn is_one_of(&self, proxies: &TrustedProxies) -> bool {
        proxies.contain(self.address.map(|address| address.ip()))
    }

    /// Follows the trusted proxies, as far as they name each other.
    fn follow<'a>(mut self, proxies: &TrustedProxies, hops: impl Iterator<Item = Hop<'a>>) -> Self {
        for hop in hops {
            self.scheme = hop.scheme.unwrap_or(self.scheme);
            let Some(address) = hop.address else { break };
            self.address = Some(address);
            if !proxies.contain(Some(address.ip())) {
                break;
            }
        }
        self
    }
}

/// What one proxy says about the peer that it got the request from.
#[derive(Default)]
struct Hop<'a> {
    address: Option<SocketAddr>,
    scheme: Option<Scheme>,
    host: Option<&'a [u8]>,
}

impl<'a> Hop<'a> {
    /// Reads an element of `Forwarded` (RFC 7239 section 4); one that breaks its grammar or
    /// repeats a parameter says nothing.
    fn parse(element: &'a [u8]) -> Self {
        Self::try_parse(element).unwrap_or_default()
    }

    fn try_parse(element: &'a [u8]) -> Option<Self> {
        let (mut for_, mut proto, mut host) = (None, None, None);
        for pair in split_from_right(element, b';').filter(|pair| !pair.is_empty()) {
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            let (name, value) = (pair[..equals].trim_ascii(), &pair[equals + 1..]);
            let value = unquoted(value.trim_ascii())?;
            let parameter = match name {
                name if name.eq_ignore_ascii_case(b"for") => &mut for_,
                name if name.eq_ignore_ascii_case(b"proto") => &mut proto,
                name if name.eq_ignore_ascii_case(b"host") => &mut host,
                _ => continue,
            };
            if parameter.replace(value).is_some() {
                return None;
            }
        }
        Some(Self {
            address: for_.and_then(node),
            scheme: proto.and_then(scheme),
            host,
        })
    }
}

/// The elements of a list that may be spread over several header lines, from the right; at most
/// as many as any chain of proxies has.
fn elements(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    let lines = headers.get_all(name).iter().rev();
    lines
        .flat_map(|line| split_from_right(HeaderValue::as_bytes(line), b','))
        .take(MAX_HOPS)
        .filter(|element| !element.is_empty())
}

/// The parts of `text` between separators that are not within a quoted string, from the right,
/// so that nothing that a client sent can reach into what a proxy added.
fn split_from_right(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let at = last_unquoted(text, separator);
        rest = at.map(|at| &text[..at]);
        Some(text[at.map_or(0, |at| at + 1)..].trim_ascii())
    })
}

fn last_unquoted(text: &[u8], wanted: u8) -> Option<usize> {
    let mut is_quoted = false;
    (0..text.len()).rev().find(|&at| {
        if text[at] == b'"' && !(is_quoted && is_escaped(text, at)) {
            is_quoted = !is_quoted;
        }
        !is_quoted && text[at] == wanted
    })
}

fn is_escaped(text: &[u8], at: usize) -> bool {
    let backslashes = text[..at].iter().rev().take_while(|byte| **byte == b'\\');
    backslashes.count() % 2 == 1
}

/// The value without its quotes; `None` where a quote has no partner.
fn unquoted(value: &[u8]) -> Option<&[u8]> {
    match value {
        [b'"', inner @ .., b'"'] => Some(inner),
        value => (!value.contains(&b'"')).then_some(value),
    }
}

/// An address, with or without a port; the port of one without is 0.
fn node(text: &[u8]) -> Option<SocketAddr> {
    let text = str::from_utf8(text).ok()?;
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let host = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 0))
}

fn scheme(text: &[u8]) -> Option<Scheme> {
    match text {
        text if text.eq_ignore_ascii_case(b"http") => Some(Scheme::HTTP),
        text if text.eq_ignore_ascii_case(b"https") => Some(Scheme::HTTPS),
        _ => None,
    }
}

/// The caller and the scheme that a request from a trusted proxy at 192.0.2.1 has with one line
/// of the header. Only a fuzzer calls it.
#[cfg(fuzzing)]
pub fn caller_behind_proxy(header: ForwardedHeader, line: &[u8]) -> Option<(SocketAddr, Scheme)> {
    let proxy = IpAddr::from([192, 0, 2, 1]);
    let name = match header {
        ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
        ForwardedHeader::Forwarded => header::FORWARDED,
    };
    let headers = HeaderMap::from_iter([(name, HeaderValue::from_bytes(line).ok()?)]);
    let peer = Origin {
        address: Some(SocketAddr::new(proxy, 9)),
        scheme: Scheme::HTTP,
    };
    let proxies = TrustedProxies::new(vec![proxy.into()], false).reading(header);
    let origin = peer.behind(&proxies, &headers);
    origin.address.map(|address| (address, origin.scheme))
}

const MAX_HOPS: usize = 32;
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

#[cfg(test)]
mod tests;
