//! `explain`: what a token says, and how far it comes with the settings in force.

use std::fmt::Write as _;
use std::io::{self, Read};
use std::sync::Arc;

use crate::clock::SystemClock;
use crate::issuer::{RefreshPolicy, RemoteKeySet};
use crate::service;
use crate::service::config::Config;
use crate::token::{KeySet, KeySource, Validation};
use crate::verifier::{REASONS, Verifier};
use futures_util::future::BoxFuture;

use crate::program::command_line::ExplainOptions;
use crate::program::embedded;
use crate::program::failure::Failure;
use crate::program::output;

pub(crate) async fn print(config: Config, options: ExplainOptions) -> Result<(), Failure> {
    let token = token(options.token)?;
    let (issuer, _) = embedded::issuer(&config)?;
    let validation = Validation::new(issuer.as_str(), config.issuer.audience.clone())
        .with_leeway(config.issuer.leeway)
        .with_token_types(config.issuer.token_types.iter().copied());
    let clock = Arc::new(SystemClock::new());
    let keys: Arc<dyn KeySource> = if options.offline {
        Arc::new(Offline)
    } else {
        let fetch = service::fetch(&config.issuer)?;
        let policy = RefreshPolicy {
            jwks_hosts: config.issuer.jwks_hosts.clone(),
            ..RefreshPolicy::default()
        };
        let keys = RemoteKeySet::start(issuer.clone(), fetch, policy, clock.clone());
        let fetched = keys.first_attempt().await;
        fetched.map_err(|source| Failure::Keys {
            issuer: issuer.to_string(),
            source,
        })?;
        Arc::new(keys)
    };
    let verifier = Verifier::new(keys, validation)
        .with_clock(clock)
        .with_cache(None);
    let explanation = verifier.explain(token.trim()).await;
    output::print(&explanation.to_string())?;
    if options.offline {
        output::print("\nOffline: the issuer's keys were not asked for.\n")?;
    }
    match explanation.reason() {
        None => Ok(()),
        // No fault was found by what could be looked at.
        Some("no_keys") if options.offline => Ok(()),
        Some(_) => Err(Failure::Refused),
    }
}

/// No keys, and nobody is asked for them.
#[derive(Debug)]
struct Offline;

impl KeySource for Offline {
    fn current(&self) -> Option<Arc<KeySet>> {
        None
    }

    fn refreshed(&self) -> BoxFuture<'_, Option<Arc<KeySet>>> {
        Box::pin(async { None })
    }
}

/// Every reason with its meaning and its fix, for `docs/reasons.md`: a heading for each, because
/// headings are anchors.
pub(crate) fn reasons() -> String {
    let mut page = String::new();
    for (reason, meaning, fix) in REASONS {
        let _ = writeln!(page, "### `{reason}`\n\n{meaning}\n\n{fix}\n");
    }
    page
}

/// From the argument, else the variable, else standard input.
fn token(argument: Option<String>) -> Result<String, Failure> {
    let token = match argument.as_deref() {
        Some("-") => None,
        Some(_) => argument,
        None => variable(),
    };
    token.map_or_else(standard_input, Ok)
}

/// The token that the shell has at hand.
pub(crate) fn variable() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a token is no setting, and is read nowhere else"
    )]
    std::env::var("OKTA_TOKEN").ok()
}

/// All of standard input, up to more than any token that could be accepted.
pub(crate) fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    io::stdin()
        .take(MAX_INPUT_BYTES)
        .read_to_string(&mut text)
        .map_err(Failure::Input)?;
    Ok(text)
}

const MAX_INPUT_BYTES: u64 = 1024 * 1024;
