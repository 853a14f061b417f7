//! The issuers that a command can be about.
//!
//! 1. They are those of the settings, or else the embedded ones of a service that runs beside us.
//! 2. `--issuer-name` selects one of them.
//! 3. Without it, the issuer `default` is selected, or the only one.

use crate::issuer::{ClientCredentials, Issuer, Metadata};
use crate::program::embedded;
use crate::program::failure::Failure;
use crate::service;
use crate::service::application::Outline;
use crate::service::config::{ClientConfig, Config};
use crate::token::{Scope, Validation};
use crate::verifier::DEFAULT_ISSUER;

/// The issuers in force, with the settings that they belong to.
pub(crate) struct Issuers {
    config: Config,
    are_embedded: bool,
}

/// One of them.
#[derive(Clone, Copy)]
pub(crate) struct NamedIssuer<'a> {
    pub(crate) name: &'a str,
    config: &'a Config,
    pub(crate) is_embedded: bool,
}

impl Issuers {
    /// Those of the settings. If there are none, the embedded ones are added to the settings.
    ///
    /// # Errors
    ///
    /// `Failure::NoEmbeddedIssuer` for a build without them.
    pub(crate) fn new(mut config: Config) -> Result<Self, Failure> {
        let are_embedded = !config.has_issuer();
        if are_embedded {
            let address = config.dev.listen;
            embedded::assume(&mut config, address)?;
        }
        Ok(Self {
            config,
            are_embedded,
        })
    }

    /// Those of settings that are complete, after an option has replaced the URL of one of them.
    pub(crate) fn replaced(config: Config, are_embedded: bool) -> Self {
        Self {
            config,
            are_embedded,
        }
    }

    /// The settings, with these issuers.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The settings, with these issuers.
    pub(crate) fn into_config(self) -> Config {
        self.config
    }

    /// All of them: `default` first, then in the order of their names.
    pub(crate) fn all(&self) -> Vec<NamedIssuer<'_>> {
        let default = self.config.issuer.url.as_ref().map(|_| DEFAULT_ISSUER);
        let others = self.config.issuers.keys().map(String::as_str);
        default
            .into_iter()
            .chain(others)
            .map(|name| self.named(name))
            .collect()
    }

    /// The issuer of `--issuer-name`, or else `default`, or else the only one.
    ///
    /// # Errors
    ///
    /// [`Failure::NoSuchIssuer`], [`Failure::WhichIssuer`].
    pub(crate) fn select(&self, name: Option<&str>) -> Result<NamedIssuer<'_>, Failure> {
        let all = self.all();
        let names = || all.iter().map(|it| it.name).collect::<Vec<_>>().join(", ");
        if let Some(name) = name {
            let found = all.iter().find(|it| it.name == name);
            return found.copied().ok_or_else(|| Failure::NoSuchIssuer {
                name: name.chars().filter(|c| !c.is_control()).take(64).collect(),
                known: names(),
            });
        }
        let default = all.iter().find(|it| it.name == DEFAULT_ISSUER);
        match (default, &*all) {
            (Some(issuer), _) | (None, [issuer]) => Ok(*issuer),
            _ => Err(Failure::WhichIssuer { names: names() }),
        }
    }

    /// The issuer with this name, whether it has a URL or not.
    pub(crate) fn named<'a>(&'a self, name: &'a str) -> NamedIssuer<'a> {
        NamedIssuer {
            name,
            config: &self.config,
            is_embedded: self.are_embedded,
        }
    }
}

impl<'a> NamedIssuer<'a> {
    /// The settings that it belongs to.
    pub(crate) fn config(&self) -> &'a Config {
        self.config
    }

    /// Its identifier; `None` for one that an option replaced by a string that is no issuer.
    pub(crate) fn issuer(&self) -> Option<&'a Issuer> {
        match self.config.issuers.get(self.name) {
            Some(rules) => rules.url.as_ref(),
            None => self.config.issuer.url.as_ref(),
        }
    }

    /// The rules for its tokens.
    pub(crate) fn rules(&self) -> Option<Validation> {
        let rules = service::rules_by_issuer(self.config).unwrap_or_default();
        let mut rules = rules.into_iter();
        rules.find_map(|(name, rules)| (name == self.name).then_some(rules))
    }

    /// Other hosts that may serve its keys.
    pub(crate) fn jwks_hosts(&self) -> &'a [String] {
        match self.config.issuers.get(self.name) {
            Some(rules) => &rules.jwks_hosts,
            None => &self.config.issuer.jwks_hosts,
        }
    }

    /// The client of the commands at this issuer. All embedded issuers know the same clients.
    pub(crate) fn client(&self) -> &'a ClientConfig {
        match self.config.issuers.get(self.name) {
            Some(rules) if !self.is_embedded => &rules.client,
            _ => &self.config.client,
        }
    }

    /// Whether a token can be requested: there is a client.
    pub(crate) fn has_client(&self) -> bool {
        self.is_embedded || self.client().id.is_some()
    }

    /// The client of the settings, or the one that an embedded issuer knows.
    ///
    /// # Errors
    ///
    /// [`Failure::NoClient`] without a client, or with only half of one.
    pub(crate) fn credentials(&self, scope: Scope) -> Result<ClientCredentials, Failure> {
        let client = self.client();
        let configured = match (&client.id, &client.secret) {
            (Some(id), Some(secret)) => Some((id.clone(), secret.reveal().to_owned())),
            (None, None) if self.is_embedded => embedded::known_client(),
            _ => None,
        };
        let (id, secret) = configured.ok_or_else(|| Failure::NoClient {
            issuer: self.name.to_owned(),
            fix: self.client_fix(),
        })?;
        Ok(ClientCredentials::new(id, secret)
            .with_scope(scope)
            .with_token_hosts(client.token_hosts.clone())
            .with_authentication(client.auth)
            .with_resources(client.resource.clone())
            .with_audience(client.audience.clone()))
    }

    /// How to set its client.
    pub(crate) fn client_fix(&self) -> String {
        let variable = match self.config.issuers.contains_key(self.name) && !self.is_embedded {
            false => "RESOURCE_SERVER_CLIENT__SECRET".to_owned(),
            // No variable can name a key with a hyphen.
            true if self.name.contains('-') => {
                return format!(
                    "give --client-id, and set `issuers.{}.client.secret` in a file",
                    self.name
                );
            }
            true => {
                let name = self.name.to_ascii_uppercase();
                format!("RESOURCE_SERVER_ISSUERS__{name}__CLIENT__SECRET")
            }
        };
        format!("give --client-id and set {variable}")
    }

    /// The scopes of `--scope`, or else of the settings.
    pub(crate) fn scope(&self, requested: Scope) -> Scope {
        if requested.is_empty() {
            self.client().scope.clone()
        } else {
            requested
        }
    }

    /// The scopes with which a token of an embedded issuer may call what the application offers.
    pub(crate) fn offered_scope(&self, outline: &Outline) -> Vec<String> {
        if self.is_embedded {
            embedded::offered_scope(outline)
        } else {
            Vec::new()
        }
    }

    /// Its discovery document.
    ///
    /// # Errors
    ///
    /// [`Failure::Discovery`].
    pub(crate) async fn discover(&self) -> Result<Metadata, Failure> {
        let fetch = service::fetch(&self.config.issuer)?;
        let Some(issuer) = self.issuer() else {
            return Err(service::BuildError::NoIssuer.into());
        };
        Metadata::discover(&fetch, issuer, self.jwks_hosts())
            .await
            .map_err(|source| Failure::Discovery {
                issuer: issuer.to_string(),
                is_embedded: self.is_embedded,
                source,
            })
    }
}

#[cfg(test)]
mod tests;
