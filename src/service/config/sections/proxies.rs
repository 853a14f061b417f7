//! `http.trusted_proxies`: the proxies whose forwarding headers are believed.

use std::net::IpAddr;

use figment::value::Value;
use ipnet::IpNet;

use crate::service::config::problem::Fault;
use crate::service::config::value;

pub use crate::service::server::TrustedProxies;

impl TrustedProxies {
    pub(in crate::service::config) fn parse(value: &Value) -> Result<Self, Fault> {
        let (mut networks, mut has_unix) = (Vec::new(), false);
        for item in value::list(value, &[',', ' '])? {
            if item == "unix" {
                has_unix = true;
                continue;
            }
            let network = item.parse::<IpNet>().ok();
            let network = network.or_else(|| item.parse::<IpAddr>().map(IpNet::from).ok());
            networks.push(network.ok_or_else(|| {
                Fault::new("must list addresses and networks")
                    .found(&item)
                    .fix("write them as \"10.0.0.7\", \"10.0.0.0/8\" or \"unix\"")
            })?);
        }
        Ok(Self::new(networks, has_unix))
    }
}
