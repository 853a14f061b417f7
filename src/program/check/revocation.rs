//! Revokes the good token of a check with the client of the settings.

use std::time::Duration;

use crate::check::Revocation;
use crate::program::command_line::CheckOptions;
use crate::program::failure::Failure;
use crate::program::issuers::{Issuers, NamedIssuer};
use crate::service;
use crate::service::config::Config;
use crate::token::Scope;

use super::found;

/// How the good token is revoked; `None` without `--revoke`.
pub(super) fn wanted(config: &Config, options: &CheckOptions) -> Option<Revocation> {
    let within = Duration::from_secs(options.revoked_within);
    let config = config.clone();
    let name = options.client.issuer_name.clone();
    options.revoke.then(|| {
        Revocation::new(within, move |token| {
            let (config, name) = (config.clone(), name.clone());
            async move {
                let revoked = revoke(config, name.as_deref(), &token).await;
                revoked.map_err(|why| {
                    format!(
                        "The token was not revoked: {why}. Name the client that it was granted to \
                         with --client-id, or leave out --revoke."
                    )
                })
            }
        })
    })
}

async fn revoke(config: Config, name: Option<&str>, token: &str) -> Result<(), String> {
    let chain = |failure: Failure| failure.chain();
    let issuers = Issuers::new(config).map_err(chain)?;
    let named = found::issuer(token);
    let all = issuers.all();
    let own =
        |it: &&NamedIssuer<'_>| named.is_some() && it.issuer().map(ToString::to_string) == named;
    let issuer = match all.iter().find(own).filter(|_| name.is_none()) {
        Some(issuer) => *issuer,
        None => issuers.select(name).map_err(chain)?,
    };
    let credentials = issuer.credentials(Scope::none()).map_err(chain)?;
    let metadata = issuer.discover().await.map_err(chain)?;
    let fetch = service::fetch(&issuers.config().issuer).map_err(|it| it.to_string())?;
    eprintln!("revokes the good token");
    let revoked = credentials.revoke(&fetch, &metadata, token).await;
    revoked.map_err(|error| match std::error::Error::source(&error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    })
}
