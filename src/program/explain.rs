//! `explain`: what a token says, whether a service with the same settings accepts it, and which
//! operations it may call.

mod input;
mod page;
mod proof;

use std::fmt::Write as _;
use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::service;
use crate::service::application::Hosted;
use crate::service::config::Config;
use crate::service::{BuildError, KnownDenials};
use crate::verifier::{REASONS, Verifier};

use crate::program::command_line::ExplainOptions;
use crate::program::failure::Failure;
use crate::program::issuers::Issuers;
use crate::program::operations;
use crate::program::output;

pub(crate) use input::{standard_input, token, variable};

pub(crate) async fn print(
    application: &dyn Hosted,
    config: Config,
    options: ExplainOptions,
) -> Result<(), Failure> {
    let token = input::token(options.token.as_deref())?;
    let is_embedded = !config.has_issuer();
    let mut config = Issuers::new(config)?.into_config();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut issuers = Arc::new(service::issuers_without_keys(&config));
    if options.offline {
        config.denylist.redis_url = None;
    } else if let Some(judge) = Verifier::for_issuers(issuers.clone()).judge(&token) {
        // Nothing is fetched from the others: their keys do not verify this token.
        let fetch = service::fetch(&config.issuer)?;
        let with_keys = service::issuers_with_keys_of(&config, judge.name(), &fetch, &clock)?;
        issuers = Arc::new(with_keys);
    }
    let denials = KnownDenials::read(&config.denylist, &config.logout.email_claims, &clock).await;
    let denials = denials.map_err(BuildError::from)?;
    let verifier = Verifier::for_issuers(issuers)
        .with_clock(clock.clone())
        .with_cache(None)
        .with_denylist(denials.list);
    let judge = verifier.judge(&token);
    let missing = match judge.as_ref().and_then(|judge| judge.remote_keys()) {
        Some(keys) => keys.first_attempt().await.err(),
        None => None,
    };
    let unasked = opaque_issuer(&config, &token).filter(|_| options.offline);
    let unasked = unasked.and_then(|name| {
        let all = verifier.issuers().all();
        all.iter().find(|issuer| issuer.name() == name).cloned()
    });
    let explanation = match unasked {
        Some(issuer) => verifier.explain_unasked(&issuer),
        None => verifier.explain(&token).await,
    };
    let outline = application.outline();
    let operations = operations::may_call(outline, &config, explanation.unverified(), clock.now())?;
    let mut notes = Vec::new();
    if explanation.is_unknown() {
        notes.push(OFFLINE_OPAQUE.to_owned());
    } else if options.offline {
        notes.push(OFFLINE.to_owned());
    }
    if !denials.is_complete {
        notes.push(NO_SHARED_DENIALS.to_owned());
    }
    let trusted = verifier.issuers().all();
    let trusted = trusted
        .iter()
        .map(|it| (it.name().to_owned(), it.identifier().to_owned()));
    let trusted: Vec<_> = trusted.collect();
    let proof = proof::explained(&verifier, &options.proof, &token)?;
    let mut page = page::text(&explanation, &trusted, &operations, &notes);
    if let Some(proof) = &proof {
        page = page + "\n" + &proof::text(proof);
    }
    output::print_styled(&page)?;
    let protected = || operations.iter().filter(|it| it.reads_token);
    if explanation.is_refused() {
        return Err(Failure::Refused);
    }
    if explanation.is_unknown() {
        return Err(Failure::OnlyIssuerKnows);
    }
    if let Some(source) = missing {
        let issuer = judge.map_or_else(String::new, |judge| judge.identifier().to_owned());
        return Err(Failure::Keys {
            issuer,
            is_embedded,
            source,
        });
    }
    if protected().next().is_some() && protected().all(|it| !it.lacks.is_empty()) {
        return Err(Failure::NothingToCall);
    }
    if proof.is_some_and(|proof| proof.is_refused()) {
        return Err(Failure::ProofRefused);
    }
    if explanation.is_accepted() || options.offline {
        return Ok(());
    }
    // The issuer's key set has no key.
    Err(Failure::Refused)
}

/// The name of the issuer that a service asks about this token, if the token is opaque.
fn opaque_issuer(config: &Config, token: &str) -> Option<String> {
    if !Verifier::is_opaque(token) {
        return None;
    }
    let rules = service::rules_by_issuer(config).ok()?;
    let fits = rules.iter().filter_map(|(name, _)| {
        let policy = config.introspection(name)?;
        policy.fits(token).then_some((name, policy.prefix.len()))
    });
    fits.max_by_key(|(_, length)| *length)
        .map(|(name, _)| (*name).to_owned())
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
const OFFLINE_OPAQUE: &str = "Offline: no request was sent. The token is opaque, so nothing is \
    known of it: whether it is active, when it expires, which client and user it was issued to, \
    which API it is for, and what it allows. Without --offline, the issuer is asked with the \
    client of `issuer.introspection.client_id`.";
const NO_SHARED_DENIALS: &str =
    "The denylist that replicas share could not be read from Redis: denials there are unknown.";
