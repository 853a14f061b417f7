//! `[client]`: the client with which `token`, `doctor` and `check` request tokens.

use super::issuer::hosts;
use crate::service::config::reader::Reader;
use crate::service::config::secret::Secret;
use crate::service::config::value;
use crate::token::Scope;

/// The client of the command `token`; the service itself needs none.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// The client id.
    pub id: Option<String>,
    /// The client secret.
    pub secret: Option<Secret>,
    /// The scopes to request; with none, the issuer decides.
    pub scope: Scope,
    /// Hosts, besides the issuer's own, that may receive the secret; in lower case.
    pub token_hosts: Vec<String>,
}

impl ClientConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            id: reader.read_optional("client.id", value::filled_text),
            secret: reader.read_optional("client.secret", Secret::read),
            scope: reader.read("client.scope", value::scope),
            token_hosts: reader.read("client.token_hosts", hosts),
        }
    }
}
