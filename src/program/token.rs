//! `token`: what Okta's guide does with Postman, the client-credentials grant.

use crate::issuer::{ClientCredentials, Metadata};
use crate::service;
use crate::service::config::Config;
use crate::token::{Scope, ScopeToken};

use crate::program::command_line::TokenOptions;
use crate::program::embedded;
use crate::program::failure::Failure;
use crate::program::output;

pub(crate) async fn print(config: Config, options: TokenOptions) -> Result<(), Failure> {
    let scope = if options.scope.is_empty() {
        config.client.scope.clone()
    } else {
        parse(&options.scope)?
    };
    let credentials = credentials(&config, scope)?;
    let metadata = discover(&config).await?;
    let fetch = service::fetch(&config.issuer)?;
    let token = credentials.request(&fetch, &metadata).await?;
    output::print(&format!("{}\n", token.secret()))
}

/// The scopes of a command line.
pub(crate) fn parse(scopes: &[String]) -> Result<Scope, Failure> {
    let scopes = scopes.iter().map(|text| ScopeToken::parse(text));
    Ok(scopes.collect::<Result<_, _>>()?)
}

/// The discovery document of the issuer in force.
pub(crate) async fn discover(config: &Config) -> Result<Metadata, Failure> {
    let (issuer, is_embedded) = embedded::issuer(config)?;
    let fetch = service::fetch(&config.issuer)?;
    Metadata::discover(&fetch, &issuer, &config.issuer.jwks_hosts)
        .await
        .map_err(|source| Failure::Discovery {
            issuer: issuer.to_string(),
            hint: if is_embedded {
                "; it is the embedded one, so start the service first"
            } else {
                ""
            },
            source,
        })
}

pub(crate) fn credentials(config: &Config, scope: Scope) -> Result<ClientCredentials, Failure> {
    let configured = match (&config.client.id, &config.client.secret) {
        (Some(id), Some(secret)) => Some((id.clone(), secret.reveal().to_owned())),
        (None, None) => embedded::client(config),
        _ => None,
    };
    let (client_id, client_secret) = configured.ok_or(Failure::NoClient)?;
    Ok(ClientCredentials {
        client_id,
        client_secret,
        scope,
        token_hosts: config.client.token_hosts.clone(),
    })
}
