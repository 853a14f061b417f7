//! `[client]`: who the command `token` signs in as.

use std::fmt;

use figment::value::Value;

use super::access;
use crate::service::config::problem::{Fault, MASK};
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The client of the command `token`; the service itself needs none.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The client id.
    pub id: Option<String>,
    /// The client secret.
    pub secret: Option<Secret>,
    /// The scopes to ask for; none leaves the choice to the issuer.
    pub scope: Vec<String>,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl ClientConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            id: reader.read_optional("client.id", value::filled_text),
            secret: reader.read_optional("client.secret", Secret::read),
            scope: reader.read("client.scope", access::scopes),
        }
    }
}

impl Secret {
    pub(in crate::service::config) fn read(value: &Value) -> Result<Self, Fault> {
        value::filled_text(value).map(Self)
    }

    /// The text itself, to be sent to whom it is meant for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}
