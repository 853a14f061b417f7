//! `http.trusted_proxies` and `http.forwarded_header`: the proxies that are trusted to name the
//! caller, and the header that they write.

use std::net::IpAddr;

use figment::value::Value;
use ipnet::IpNet;

use crate::service::config::problem::Fault;
use crate::service::config::value;

pub use crate::service::server::{ForwardedHeader, TrustedProxies};

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

/// The entry for callers on the Unix socket.
const UNIX: &str = "unix";
