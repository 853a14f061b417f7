//! `token`: requests an access token with the client-credentials grant, as Okta's guide does with
//! Postman.

use std::fmt::Write as _;

use crate::issuer::{GRANT_ERRORS, GrantError};
use crate::service;
use crate::service::application::Hosted;
use crate::service::config::Config;
use crate::token::{Scope, ScopeToken};

use crate::program::command_line::TokenOptions;
use crate::program::failure::Failure;
use crate::program::issuers::Issuers;
use crate::program::operations;
use crate::program::output;

pub(crate) async fn print(
    application: &dyn Hosted,
    config: Config,
    options: TokenOptions,
) -> Result<(), Failure> {
    let issuers = Issuers::new(config)?;
    let issuer = issuers.select(options.client.issuer_name.as_deref())?;
    let scope = issuer.scope(parse(&options.scope)?);
    let requests_no_scope = scope.is_empty();
    let credentials = issuer.credentials(scope)?;
    let metadata = issuer.discover().await?;
    let fetch = service::fetch(&issuers.config().issuer)?;
    match credentials.request(&fetch, &metadata).await {
        Ok(token) => output::print(&format!("{}\n", token.secret())),
        Err(source) if requests_no_scope && is_about_scopes(&source) => {
            let mut scopes = operations::required_scopes(application.outline(), issuers.config());
            if scopes.is_empty() {
                scopes = issuer.offered_scope(application.outline());
            }
            Err(Failure::NoScope { source, scopes })
        }
        Err(source) => Err(source.into()),
    }
}

fn is_about_scopes(error: &GrantError) -> bool {
    matches!(error, GrantError::Refused { error, .. } if error == "invalid_scope")
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
