//! `[dev]`: the embedded issuer.

use std::net::SocketAddr;

use figment::value::Value;

use super::issuers::{PLAIN_NAME, is_name};
use super::listen::address;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;
use crate::verifier::DEFAULT_ISSUER;

/// The embedded issuer.
#[derive(Debug, Clone)]
pub struct DevConfig {
    /// Its address, which is always a loopback address.
    pub listen: SocketAddr,
    /// The names of further issuers at this address, each of them once.
    pub issuers: Vec<String>,
}

impl DevConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let listen = reader.read("dev.listen", |value| {
            let listen = address(value)?;
            if listen.ip().is_loopback() {
                return Ok(listen);
            }
            let port = listen.port();
            Err(Fault::new("must be a loopback address").fix(format!("write \"127.0.0.1:{port}\"")))
        });
        Self {
            listen,
            issuers: reader.read("dev.issuers", names),
        }
    }
}

fn names(value: &Value) -> Result<Vec<String>, Fault> {
    let names = value::list(value, &[',', ' '])?;
    let mut seen: Vec<String> = Vec::new();
    value::each(names, |name| {
        let fault = if !is_name(&name) {
            Fault::new("must list plain names").fix(PLAIN_NAME)
        } else if name == DEFAULT_ISSUER || name == ORGANIZATION {
            Fault::new("must not list a name that the embedded issuer itself uses")
                .fix("write another name")
        } else if seen.contains(&name) {
            Fault::new("must list each name once").fix("remove the second one")
        } else {
            seen.push(name.clone());
            return Ok(name);
        };
        Err(fault.found(&name))
    })
}

/// The endpoints of the organisation's own server are at `/oauth2/v1`.
const ORGANIZATION: &str = "v1";
