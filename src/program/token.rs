//! `token`: requests an access token with the client-credentials grant, as Okta's guide does with
//! Postman.

use std::fmt::Write as _;
use std::path::Path;

use crate::issuer::{GRANT_ERRORS, GrantError};
use crate::service::application::Hosted;
use crate::service::config::Config;
use crate::service::{self, program_name};
use crate::token::{Scope, ScopeToken};

use crate::program::command_line::TokenOptions;
use crate::program::failure::Failure;
use crate::program::issuers::Issuers;
use crate::program::key_file;
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
    let path = if options.dpop.is_wanted() {
        Some(key_file::path(options.dpop.key.key.as_deref())?)
    } else {
        None
    };
    let key = path.as_deref().map(key_file::read_or_create).transpose()?;
    let credentials = issuer.credentials(scope)?.with_proofs(key);
    let metadata = issuer.discover().await?;
    let fetch = service::fetch(&issuers.config().issuer)?;
    match credentials.request(&fetch, &metadata).await {
        Ok(token) => {
            output::print(&format!("{}\n", token.secret()))?;
            if let Some(path) = &path {
                eprintln!("{}", usage(path));
            }
            Ok(())
        }
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

/// How to call with a token that is bound to the key in this file.
fn usage(path: &Path) -> String {
    let (program, path) = (program_name(), path.display());
    format!(
        "The token is bound to the key in {path}. Send it with the scheme DPoP, and with a new \
         proof for each request:\n  curl -H \"Authorization: DPoP $TOKEN\" \\\n    \
         -H \"DPoP: $({program} proof GET \"$URL\" --token \"$TOKEN\" --key \"{path}\")\" \"$URL\""
    )
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
