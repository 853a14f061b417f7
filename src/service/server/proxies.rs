//! The proxies that are believed when they name the caller that they forward.

use std::net::IpAddr;

use ipnet::IpNet;

/// Addresses and networks of proxies, and the header that they write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    has_unix: bool,
    header: ForwardedHeader,
}

/// The one header in which trusted proxies name the caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, with the scheme in `X-Forwarded-Proto`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl TrustedProxies {
    /// Trusts these networks, and with `has_unix` also every peer on a Unix socket.
    pub(in crate::service) fn new(networks: Vec<IpNet>, has_unix: bool) -> Self {
        Self {
            networks,
            has_unix,
            header: ForwardedHeader::default(),
        }
    }

    /// The same proxies, which write `header`.
    pub(in crate::service) fn reading(self, header: ForwardedHeader) -> Self {
        Self { header, ..self }
    }

    /// The header that they write.
    pub fn header(&self) -> ForwardedHeader {
        self.header
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.has_unix
    }

    /// Whether the proxy at this address is one of them; `None` is the Unix socket.
    pub fn contain(&self, address: Option<IpAddr>) -> bool {
        match address {
            Some(address) => {
                let address = address.to_canonical();
                (self.networks.iter()).any(|network| network.contains(&address))
            }
            None => self.has_unix,
        }
    }
}
