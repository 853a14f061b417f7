//! Chooses the tokens that a check is made with.
//!
//! 1. With `--with-embedded-issuer`, the embedded issuer signs them all.
//! 2. A token on the command line or in `OKTA_TOKEN` is used as it is.
//! 3. Without an issuer and a client, a running embedded issuer is used.
//! 4. Otherwise the issuer in force is asked by client credentials.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::check::{Target, Tokens};
use crate::clock::{Clock, SystemClock};
use crate::service::config::Config;

use crate::program::command_line::CheckOptions;
use crate::program::explain;
use crate::program::failure::Failure;

use super::arguments::shown;
use super::found::{Found, payload};
use super::{embedded, issuer};

/// The tokens; it is no error if there are none, because the report says so.
pub(crate) async fn find(
    config: &Config,
    options: &mut CheckOptions,
    target: &Target,
) -> Result<Found, Failure> {
    if options.with_embedded_issuer {
        return embedded::started(config, options, target).await;
    }
    if let Some(claim) = options.claim.first() {
        return Err(Failure::Flag {
            flag: "--claim",
            expected: "used together with --with-embedded-issuer",
            value: shown(claim),
            example: "'roles=[\"admin\"]' --with-embedded-issuer",
        });
    }
    let refused = options.refuse.iter().map(|token| given(token));
    let tokens = Tokens::default().with_refused(refused.collect::<Result<_, _>>()?);
    let argument = options.token.take();
    let argument = argument.map(|token| given(&token)).transpose()?;
    let Some(token) = argument.or_else(explain::variable) else {
        if config.issuer.url.is_none() && config.client.id.is_none() {
            return embedded::running(config, options, target, tokens).await;
        }
        return issuer::granted(config, options, target, tokens).await;
    };
    let tokens = match expiry(&token, SystemClock::new().now()) {
        Some(ago) => {
            let mut tokens = tokens.with_refused(vec![token.clone()]);
            tokens.why_no_good = format!(
                "The given token expired {} min ago. Get a new one and add it with --token @FILE.",
                ago.as_secs().div_ceil(60)
            );
            tokens
        }
        None => tokens.with_good(token.clone()),
    };
    let mut tokens = tokens;
    "Only one token was given, and it has the scope. Name a client with --client-id, or use \
     --with-embedded-issuer."
        .clone_into(&mut tokens.why_no_lesser);
    issuer::with_keys(config, tokens, Some(&token)).await
}

/// A token on the command line: itself, `@FILE`, or `-` for standard input.
fn given(argument: &str) -> Result<String, Failure> {
    let text = match argument.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).map_err(|source| Failure::Read {
            path: path.into(),
            source,
        })?,
        None if argument == "-" => explain::standard_input()?,
        None => argument.to_owned(),
    };
    Ok(text.trim().to_owned())
}

/// How long ago the token expired; `None` if it is in force or cannot be read.
fn expiry(token: &str, now: SystemTime) -> Option<Duration> {
    let end = payload(token)?.get("exp")?.as_u64()?;
    let end = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(end))?;
    now.duration_since(end).ok().filter(|ago| !ago.is_zero())
}
