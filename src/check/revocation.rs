//! Revokes the good token after everything else, and waits until the API refuses it.
//!
//! 1. The token is revoked at its issuer, by the caller of this module.
//! 2. The request that the API accepted before is repeated until it is refused.
//! 3. If that takes longer than the caller allows, the API keeps tokens too long.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use http::header::AUTHORIZATION;

use crate::clock::Clock;

use super::attempt::{Attempt, Expected};
use super::caller::CallerError;
use super::judge::Judge;
use super::report::{Fault, Outcome, THE_API};

/// How the good token is revoked, and how soon the API has to refuse it.
pub struct Revocation {
    within: Duration,
    revoke: Box<Revoke>,
}

type Revoke = dyn Fn(String) -> Pin<Box<dyn Future<Output = Result<(), String>>>> + Send + Sync;

impl Revocation {
    /// With a function that revokes a token at its issuer, or returns why it could not, in whole
    /// sentences.
    pub fn new<F, R>(within: Duration, revoke: F) -> Self
    where
        F: Fn(String) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), String>> + 'static,
    {
        Self {
            within,
            revoke: Box::new(move |token| Box::pin(revoke(token))),
        }
    }

    /// The time between two requests.
    fn pause(&self) -> Duration {
        (self.within / MAX_REPEATS).max(SHORTEST_PAUSE)
    }
}

impl fmt::Debug for Revocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocation")
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}

/// A request with the token that is revoked, which the API has accepted.
pub(super) struct Accepted {
    pub(super) operation: String,
    pub(super) attempt: Attempt,
}

impl Accepted {
    /// The request, if it has this token, changes nothing, and was accepted.
    pub(super) fn new(outcome: &Outcome, attempt: &Attempt, token: &str) -> Option<Self> {
        let field = attempt.headers.get(AUTHORIZATION)?.to_str().ok()?;
        let is_served = outcome.status.is_some_and(|status| status < 300);
        let is_accepted = attempt.check == "good_token"
            && is_served
            && outcome.faults.is_empty()
            && outcome.not_made.is_none();
        (is_accepted && attempt.method.is_safe() && field.ends_with(token)).then(|| Self {
            operation: outcome.operation.clone(),
            attempt: attempt.clone(),
        })
    }
}

/// What the API answers to the revoked token in the end.
///
/// # Errors
///
/// If no connection is possible.
pub(super) async fn outcome(
    judge: &mut Judge<'_>,
    clock: &dyn Clock,
    revocation: Option<&Revocation>,
    token: &str,
    accepted: Option<&Accepted>,
) -> Result<Outcome, CallerError> {
    let Some(accepted) = accepted else {
        return Ok(not_made(NONE_ACCEPTED.to_owned()));
    };
    let Some(revocation) = revocation else {
        return Ok(not_made(NOT_REQUESTED.to_owned()));
    };
    if let Err(why) = (revocation.revoke)(token.to_owned()).await {
        return Ok(not_made(why));
    }
    judge.begin();
    let start = clock.monotonic();
    let sent = "the good token, after its revocation";
    let attempt = accepted.attempt.trying("revoked", sent, Expected::Refused);
    loop {
        let mut outcome = judge.outcome(&accepted.operation, &attempt).await?;
        let is_served = outcome.status.is_some_and(|status| status < 300);
        let waited = clock.monotonic().saturating_sub(start);
        if !is_served {
            return Ok(outcome);
        }
        if waited >= revocation.within {
            let found = format!(
                "{}: the caller is served, {} s after the token was revoked",
                outcome.status.unwrap_or_default(),
                waited.as_secs()
            );
            outcome.faults.retain(|fault| fault.check != "revoked");
            outcome.faults.push(Fault::new("revoked", found));
            return Ok(outcome);
        }
        let left = revocation.within.saturating_sub(waited);
        let next = clock.monotonic() + revocation.pause().min(left);
        clock.sleep_until(next).await;
    }
}

fn not_made(why: String) -> Outcome {
    Outcome::not_made(THE_API, "revoked", why)
}

/// The maximum number of requests with a revoked token.
pub(super) const MAX_REQUESTS: usize = MAX_REPEATS as usize + 2;
const MAX_REPEATS: u32 = 30;
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

const NOT_REQUESTED: &str = "Only a token that is revoked shows whether the API asks the issuer \
    again. Add --revoke, with a client that may revoke the good token.";
const NONE_ACCEPTED: &str = "No operation that changes nothing accepted the good token, so its \
    revocation would show nothing. Correct `good_token` first.";
