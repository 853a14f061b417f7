//! `[client]` and `[issuers.<name>.client]`: the client with which the commands `token`, `doctor` and
//! `check` request a token of an issuer.

use figment::value::Value;
use url::Url;

use crate::issuer::ClientAuthentication;
use crate::service::config::placeholder;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::secret::Secret;
use crate::service::config::value;
use crate::token::Scope;

/// The client of the commands `token`, `doctor` and `check` at one issuer. The service itself needs
/// none.
#[derive(Debug, Clone, Default)]
pub struct ClientConfig {
    /// The client id.
    pub id: Option<String>,
    /// The client secret.
    pub secret: Option<Secret>,
    /// How the secret is sent; `None` follows the issuer's metadata.
    pub auth: Option<ClientAuthentication>,
    /// The requested scopes. Without a scope, the issuer chooses.
    pub scope: Scope,
    /// The APIs that the token is for, as absolute URIs (RFC 8707).
    pub resource: Vec<String>,
    /// The parameter `audience` of the token request.
    pub audience: Option<String>,
    /// Other hosts that may receive the secret, in lower case. The issuer's own host always may.
    pub token_hosts: Vec<String>,
}

impl ClientConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            id: reader.read_optional("client.id", placeholder::filled_in),
            secret: reader.read_optional("client.secret", secret),
            auth: reader.read_optional("client.auth", authentication),
            scope: reader.read("client.scope", value::scope),
            resource: reader.read("client.resource", resources),
            audience: reader.read_optional("client.audience", placeholder::filled_in),
            token_hosts: reader.read("client.token_hosts", value::hosts),
        }
    }

    /// Sets the setting of this name, without its section. An unknown name has no effect, because
    /// the layers contain only settings.
    pub(super) fn set(&mut self, setting: &str, value: &Value) -> Result<(), Fault> {
        match setting {
            "id" => self.id = optional(value, placeholder::filled_in)?,
            "secret" => self.secret = optional(value, secret)?,
            "auth" => self.auth = optional(value, authentication)?,
            "scope" => self.scope = value::scope(value)?,
            "resource" => self.resource = resources(value)?,
            "audience" => self.audience = optional(value, placeholder::filled_in)?,
            "token_hosts" => self.token_hosts = value::hosts(value)?,
            _ => {}
        }
        Ok(())
    }
}

/// `""` means that the setting is not set.
fn optional<T>(
    value: &Value,
    read: impl Fn(&Value) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    match value.as_str() {
        Some("") => Ok(None),
        _ => read(value).map(Some),
    }
}

pub(super) fn secret(value: &Value) -> Result<Secret, Fault> {
    let secret = Secret::read(value)?;
    placeholder::refuse_whole(secret.reveal())?;
    Ok(secret)
}

pub(super) fn authentication(value: &Value) -> Result<ClientAuthentication, Fault> {
    let method = value.as_str().and_then(ClientAuthentication::find);
    method.ok_or_else(|| {
        Fault::new("must be a method of client authentication")
            .fix("write \"client_secret_basic\" or \"client_secret_post\"")
    })
}

/// RFC 8707 section 2: absolute URIs without a fragment.
fn resources(value: &Value) -> Result<Vec<String>, Fault> {
    let resources = value::list(value, &[',', ' '])?;
    for resource in &resources {
        placeholder::refuse(resource)?;
        let is_resource = Url::parse(resource).is_ok_and(|url| url.fragment().is_none());
        if !is_resource {
            return Err(Fault::new("must list absolute URIs without a fragment")
                .found(resource)
                .fix("write each as in \"https://api.example.com\" or \"urn:example:api\""));
        }
    }
    Ok(resources)
}
