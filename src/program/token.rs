//! `token`: requests an access token with the client-credentials grant, as Okta's guide does with
//! Postman.

use std::fmt::Write as _;

use crate::issuer::{ClientCredentials, GRANT_ERRORS, GrantError, Metadata};
use crate::service;
use crate::service::application::{Hosted, Outline};
use crate::service::config::Config;
use crate::token::{Scope, ScopeToken};

use crate::program::command_line::TokenOptions;
use crate::program::embedded;
use crate::program::failure::Failure;
use crate::program::operations;
use crate::program::output;

pub(crate) async fn print(
    application: &dyn Hosted,
    config: Config,
    options: TokenOptions,
) -> Result<(), Failure> {
    let scope = if options.scope.is_empty() {
        config.client.scope.clone()
    } else {
        parse(&options.scope)?
    };
    let requests_no_scope = scope.is_empty();
    let credentials = credentials(&config, scope)?;
    let metadata = discover(&config).await?;
    let fetch = service::fetch(&config.issuer)?;
    match credentials.request(&fetch, &metadata).await {
        Ok(token) => output::print(&format!("{}\n", token.secret())),
        Err(source) if requests_no_scope && is_about_scopes(&source) => {
            let scopes = scopes(application.outline(), &config);
            Err(Failure::NoScope { source, scopes })
        }
        Err(source) => Err(source.into()),
    }
}

fn is_about_scopes(error: &GrantError) -> bool {
    matches!(error, GrantError::Refused { error, .. } if error == "invalid_scope")
}

/// The scopes with which a token may call the operations: those that settings or code require,
/// else those that the embedded issuer offers.
fn scopes(outline: &Outline, config: &Config) -> Vec<String> {
    let mut scopes = operations::required_scopes(outline, config);
    if scopes.is_empty() {
        scopes = embedded::scope(outline, config);
    }
    scopes
}

/// Every error of a token request that has a known cause, for `docs/doctor.md`.
pub(crate) fn errors() -> String {
    let mut table = "| error | what it means | what to do |\n| --- | --- | --- |\n".to_owned();
    for (error, meaning, fix) in GRANT_ERRORS {
        let _ = writeln!(table, "| `{error}` | {meaning} | {fix} |");
    }
    table
}

/// The scopes of a command line.
pub(crate) fn parse(scopes: &[String]) -> Result<Scope, Failure> {
    let scopes = scopes.iter().map(|text| ScopeToken::parse(text));
    Ok(scopes.collect::<Result<_, _>>()?)
}

/// The discovery document of the issuer in use.
pub(crate) async fn discover(config: &Config) -> Result<Metadata, Failure> {
    let (issuer, is_embedded) = embedded::issuer(config)?;
    let fetch = service::fetch(&config.issuer)?;
    Metadata::discover(&fetch, &issuer, &config.issuer.jwks_hosts)
        .await
        .map_err(|source| Failure::Discovery {
            issuer: issuer.to_string(),
            hint: if is_embedded {
                "; it is the embedded issuer, so start the service first"
            } else {
                ""
            },
            source,
        })
}

/// The client of the settings, or the one that the embedded issuer knows.
pub(crate) fn credentials(config: &Config, scope: Scope) -> Result<ClientCredentials, Failure> {
    let configured = match (&config.client.id, &config.client.secret) {
        (Some(id), Some(secret)) => Some((id.clone(), secret.reveal().to_owned())),
        (None, None) => embedded::client(config),
        _ => None,
    };
    let (client_id, client_secret) = configured.ok_or(Failure::NoClient)?;
    Ok(ClientCredentials::new(client_id, client_secret)
        .with_scope(scope)
        .with_token_hosts(config.client.token_hosts.clone())
        .with_authentication(config.client.auth)
        .with_resources(config.client.resource.clone())
        .with_audience(config.client.audience.clone()))
}
