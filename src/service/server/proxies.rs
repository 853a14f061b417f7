//! The proxies that are believed when they name the caller that they forward.

use std::net::IpAddr;

use ipnet::IpNet;

/// Addresses and networks of proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    has_unix: bool,
}

impl TrustedProxies {
    /// Trusts these networks, and with `has_unix` also whoever connects to a Unix socket.
    pub(in crate::service) fn new(networks: Vec<IpNet>, has_unix: bool) -> Self {
        Self { networks, has_unix }
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
