//! Tokens of the embedded issuer, for an API that trusts it in development.
//!
//! 1. The issuer is the one of a service that runs in profile `dev`. If there is none, the check
//!    runs it itself, at the same address, so that the API reaches it at the same URL.
//! 2. Its token endpoint signs whatever claims are requested: good tokens, and tokens that are
//!    expired, not valid yet, or for another audience or issuer. All have the real key.

use crate::check::{Target, Tokens};
use crate::issuer::ProofMaker;
use crate::service::config::Config;

use crate::program::command_line::CheckOptions;
use crate::program::failure::Failure;

use super::found::Found;

#[cfg(feature = "dev")]
mod mint;

/// Tokens of the embedded issuer, which is started if it does not run.
#[cfg_attr(
    not(feature = "dev"),
    expect(clippy::unused_async, reason = "the same shape as with the feature")
)]
pub(super) async fn started(
    config: &Config,
    options: &CheckOptions,
    target: &Target,
    holder: ProofMaker,
) -> Result<Found, Failure> {
    #[cfg(feature = "dev")]
    return mint::started(config, options, target, &holder).await;
    #[cfg(not(feature = "dev"))]
    {
        let _ = (config, options, target, holder);
        Err(Failure::NoEmbeddedIssuer)
    }
}

/// Tokens of the embedded issuer if it runs; otherwise none.
#[cfg_attr(
    not(feature = "dev"),
    expect(clippy::unused_async, reason = "the same shape as with the feature")
)]
pub(super) async fn running(
    config: &Config,
    options: &CheckOptions,
    target: &Target,
    tokens: Tokens,
    holder: ProofMaker,
) -> Result<Found, Failure> {
    #[cfg(feature = "dev")]
    if let Some(found) = mint::running(config, options, target, tokens.clone(), &holder).await? {
        return Ok(found);
    }
    #[cfg(not(feature = "dev"))]
    let _ = (config, options, target, holder);
    let mut tokens = tokens;
    NO_ISSUER.clone_into(&mut tokens.why_no_good);
    NO_ISSUER.clone_into(&mut tokens.why_no_lesser);
    Ok(Found {
        tokens,
        ..Found::default()
    })
}

const NO_ISSUER: &str = "There is no good token, because no issuer is set and the embedded issuer \
    does not run. Add a token with --token @FILE, or name the issuer with --issuer and a client \
    with --client-id, or use --with-embedded-issuer for an API that trusts the embedded issuer.";
