//! Where a listener is: a TCP address, or a Unix socket.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use figment::value::Value;

use crate::service::config::problem::Fault;

/// Where the service listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A TCP address and port.
    Address(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Listen {
    /// The TCP address and port, unless it is a Unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Address(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Whether only this machine can connect.
    pub fn is_of_this_machine(&self) -> bool {
        (self.address()).is_none_or(|address| address.ip().to_canonical().is_loopback())
    }

    pub(in crate::service::config) fn parse(value: &Value) -> Result<Self, Fault> {
        let path = value.as_str().and_then(|text| text.strip_prefix("unix:"));
        let Some(path) = path else {
            return address(value).map(Self::Address);
        };
        let path = PathBuf::from(path);
        if !path.is_absolute() {
            return Err(Fault::new("must be an absolute path")
                .fix("write it as \"unix:/run/poem-resource-server/http.sock\""));
        }
        Ok(Self::Unix(path))
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

pub(super) fn address(value: &Value) -> Result<SocketAddr, Fault> {
    let address = value.as_str().and_then(|text| text.parse().ok());
    address.ok_or_else(|| {
        Fault::new("must be an address and a port").fix(
            "write \"127.0.0.1:3000\" for this machine only, or \"0.0.0.0:3000\" for every address",
        )
    })
}

/// The mode of a socket's file. It is a string, because a number in TOML would be decimal.
pub(super) fn socket_mode(value: &Value) -> Result<u32, Fault> {
    let digits = value.as_str().filter(|text| matches!(text.len(), 3 | 4));
    let mode = digits
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| u32::from_str_radix(text, 8).ok());
    mode.filter(|mode| *mode <= 0o777).ok_or_else(|| {
        Fault::new("must be the mode of a file")
            .fix("write it in quotes and in octal digits, as \"0660\" or \"0666\"")
    })
}
