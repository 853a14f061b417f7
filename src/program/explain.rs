//! `explain`: what a token says, whether a service with the same settings accepts it, and which
//! operations it may call.

mod input;
mod page;

use std::fmt::Write as _;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::clock::{Clock, SystemClock};
use crate::issuer::{DiscoveryError, RemoteKeySet};
use crate::service;
use crate::service::application::Hosted;
use crate::service::config::Config;
use crate::service::{BuildError, KnownDenials};
use crate::token::{KeySet, KeySource};
use crate::verifier::{REASONS, Verifier};

use crate::program::command_line::ExplainOptions;
use crate::program::embedded;
use crate::program::failure::Failure;
use crate::program::operations;
use crate::program::output;

pub(crate) use input::{standard_input, variable};

pub(crate) async fn print(
    application: &dyn Hosted,
    mut config: Config,
    options: ExplainOptions,
) -> Result<(), Failure> {
    let token = input::token(options.token.as_deref())?;
    let (issuer, _) = embedded::issuer(&config)?;
    config.issuer.url = Some(issuer.clone());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let (keys, missing) = if options.offline {
        config.denylist.redis_url = None;
        (Arc::new(NoKeys) as Arc<dyn KeySource>, None)
    } else {
        keys(&config, &clock).await?
    };
    let denials = KnownDenials::read(&config.denylist, &clock).await;
    let denials = denials.map_err(BuildError::from)?;
    let verifier = Verifier::new(keys, service::validation(&config)?)
        .with_clock(clock.clone())
        .with_cache(None)
        .with_denylist(denials.list);
    let explanation = verifier.explain(&token).await;
    let outline = application.outline();
    let operations = operations::may_call(outline, &config, explanation.unverified(), clock.now())?;
    let mut notes = Vec::new();
    if options.offline {
        notes.push(OFFLINE.to_owned());
    }
    if !denials.is_complete {
        notes.push(NO_SHARED_DENIALS.to_owned());
    }
    output::print_styled(&page::text(&explanation, &operations, &notes))?;
    let protected = || operations.iter().filter(|it| it.reads_token);
    if explanation.is_refused() {
        return Err(Failure::Refused);
    }
    if let Some(source) = missing {
        let issuer = issuer.to_string();
        return Err(Failure::Keys { issuer, source });
    }
    if protected().next().is_some() && protected().all(|it| !it.lacks.is_empty()) {
        return Err(Failure::NothingToCall);
    }
    if explanation.is_accepted() || options.offline {
        return Ok(());
    }
    // The issuer's key set has no key.
    Err(Failure::Refused)
}

/// The issuer's keys, or why there are none.
async fn keys(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<(Arc<dyn KeySource>, Option<Arc<DiscoveryError>>), Failure> {
    let (issuer, _) = embedded::issuer(config)?;
    let fetch = service::fetch(&config.issuer)?;
    let policy = service::refresh_policy(&config.issuer);
    let keys = RemoteKeySet::start(issuer, fetch, policy, clock.clone());
    Ok(match keys.first_attempt().await {
        Ok(()) => (Arc::new(keys), None),
        Err(error) => (Arc::new(NoKeys), Some(error)),
    })
}

/// No keys, and no request for them.
#[derive(Debug)]
struct NoKeys;

impl KeySource for NoKeys {
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

const OFFLINE: &str = "Offline: no request was sent.";
const NO_SHARED_DENIALS: &str =
    "The denylist that replicas share could not be read from Redis: denials there are unknown.";
