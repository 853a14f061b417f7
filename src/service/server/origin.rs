//! Who calls, and over what: the peer itself, or whom a trusted proxy calls for.
//!
//! 1. A peer that is no trusted proxy is the caller, whatever it says of others.
//! 2. `Forwarded` (RFC 7239) comes before `X-Forwarded-For` and `X-Forwarded-Proto`.
//! 3. Of the addresses named, the last one that is no trusted proxy is the caller: those to
//!    the left of it are hearsay.
//! 4. What cannot be read ends the search: the caller is then the last proxy known.

use std::net::{IpAddr, SocketAddr};

use http::uri::Scheme;
use http::{HeaderMap, HeaderName, header};

use super::proxies::TrustedProxies;

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    /// The caller; `None` on a Unix socket without a proxy that is believed.
    pub(super) address: Option<SocketAddr>,
    pub(super) scheme: Scheme,
}

impl Origin {
    /// What is true of the caller behind any trusted proxies.
    pub(super) fn behind(self, proxies: &TrustedProxies, headers: &HeaderMap) -> Self {
        if !proxies.contain(self.address.map(|address| address.ip())) {
            return self;
        }
        let hops = if headers.contains_key(header::FORWARDED) {
            forwarded(headers)
        } else {
            x_forwarded(headers)
        };
        let mut origin = self;
        for hop in hops.iter().rev() {
            if let Some(scheme) = &hop.scheme {
                origin.scheme = scheme.clone();
            }
            let Some(address) = hop.address else { break };
            origin.address = Some(address);
            if !proxies.contain(Some(address.ip())) {
                break;
            }
        }
        origin
    }
}

/// One proxy's word on whom it got the request from.
struct Hop {
    address: Option<SocketAddr>,
    scheme: Option<Scheme>,
}

fn forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let element = |element: &str| {
        let mut hop = Hop {
            address: None,
            scheme: None,
        };
        for pair in element.split(';') {
            let (name, value) = pair.split_once('=').unwrap_or_default();
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "for" => hop.address = node(value),
                "proto" => hop.scheme = scheme(value),
                _ => {}
            }
        }
        hop
    };
    elements(headers, &header::FORWARDED).map(element).collect()
}

fn x_forwarded(headers: &HeaderMap) -> Vec<Hop> {
    let scheme = elements(headers, &X_FORWARDED_PROTO)
        .last()
        .and_then(scheme);
    elements(headers, &X_FORWARDED_FOR)
        .map(|address| Hop {
            address: node(address),
            scheme: scheme.clone(),
        })
        .collect()
}

/// The elements of a list that may stand in several header lines; at most as many as any
/// chain of proxies has.
fn elements<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let all: Vec<_> = headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.to_str().unwrap_or_default().split(','))
        .map(str::trim)
        .collect();
    let first = all.len().saturating_sub(MAX_HOPS);
    all.into_iter().skip(first)
}

/// An address, with or without a port; the port of one without is 0.
fn node(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let host = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 0))
}

fn scheme(text: &str) -> Option<Scheme> {
    match text.to_ascii_lowercase().as_str() {
        "http" => Some(Scheme::HTTP),
        "https" => Some(Scheme::HTTPS),
        _ => None,
    }
}

const MAX_HOPS: usize = 32;
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

#[cfg(test)]
mod tests;
