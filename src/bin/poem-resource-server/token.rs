//! `token`: what Okta's guide does with Postman, the client-credentials grant.

use poem_resource_server::issuer::{ClientCredentials, Metadata};
use poem_resource_server::service;
use poem_resource_server::service::config::Config;
use poem_resource_server::token::{Scope, ScopeToken};

use crate::command_line::TokenOptions;
use crate::embedded;
use crate::failure::Failure;

pub(crate) async fn print(config: Config, options: TokenOptions) -> Result<(), Failure> {
    let (_, is_embedded) = embedded::issuer(&config)?;
    let asked = if options.scope.is_empty() {
        config.client.scope.clone()
    } else {
        options.scope
    };
    let mut scope = Scope::none();
    for text in &asked {
        scope.insert(ScopeToken::parse(text)?);
    }
    let credentials = credentials(&config, is_embedded, scope)?;
    let metadata = discover(&config).await?;
    let fetch = service::fetch(&config.issuer)?;
    let token = credentials.request(&fetch, &metadata).await?;
    println!("{}", token.secret());
    Ok(())
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

fn credentials(
    config: &Config,
    is_embedded: bool,
    scope: Scope,
) -> Result<ClientCredentials, Failure> {
    let (client_id, client_secret) = match (&config.client.id, &config.client.secret) {
        (Some(id), Some(secret)) => (id.clone(), secret.reveal().to_owned()),
        #[cfg(feature = "dev")]
        (None, None) if is_embedded => {
            use poem_resource_server::dev::{CLIENT_ID, CLIENT_SECRET};
            (CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned())
        }
        _ => return Err(Failure::NoClient),
    };
    Ok(ClientCredentials {
        client_id,
        client_secret,
        scope,
    })
}
