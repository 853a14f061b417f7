//! `http.trusted_proxies`: who is believed when he says for whom he calls.

use std::net::IpAddr;

use figment::value::Value;
use ipnet::IpNet;

use crate::service::config::problem::Fault;
use crate::service::config::value;

/// Addresses and networks of proxies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    has_unix: bool,
}

impl TrustedProxies {
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

    /// This machine.
    #[cfg(test)]
    pub(in crate::service) fn loopback() -> Self {
        Self {
            networks: vec!["127.0.0.0/8".parse().expect("a network")],
            has_unix: false,
        }
    }

    pub(in crate::service::config) fn parse(value: &Value) -> Result<Self, Fault> {
        let mut proxies = Self::default();
        for item in value::list(value, &[',', ' '])? {
            if item == "unix" {
                proxies.has_unix = true;
                continue;
            }
            let network = item.parse::<IpNet>().ok();
            let network = network.or_else(|| item.parse::<IpAddr>().map(IpNet::from).ok());
            proxies.networks.push(network.ok_or_else(|| {
                Fault::new("must list addresses and networks")
                    .found(&item)
                    .fix("write them as \"10.0.0.7\", \"10.0.0.0/8\" or \"unix\"")
            })?);
        }
        Ok(proxies)
    }
}
