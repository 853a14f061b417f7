//! What operators see of the calls, and how long to wait after a failure.
//!
//! 1. A failure that concerns every token (refused credentials, a limit, no connection) pauses the
//!    calls at once. Another failure may be the fault of one token, so only the third in a row does.
//! 2. A pause is twice as long as the one before. A limit lasts as long as the issuer says.
//! 3. The first failure is logged, and then the second, the fourth and so on, and the recovery.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{error, info, warn};

use super::error::{CallResult, IntrospectionError};

/// The state of the calls of one issuer.
#[derive(Debug)]
pub(crate) struct Health {
    issuer: Box<str>,
    state: Mutex<HealthState>,
}

#[derive(Debug, Default)]
struct HealthState {
    calls: [u64; CallResult::ALL.len()],
    budget_spent: u64,
    /// Failures in a row, those at the same moment as one.
    failures: u32,
    last_error: Option<LastError>,
    last_answer: Option<Duration>,
    paused_until: Option<Duration>,
    budget_logged: Option<Duration>,
}

/// Why the last call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastError {
    /// The stable word.
    pub(crate) reason: &'static str,
    /// The whole message.
    #[cfg_attr(not(feature = "service"), allow(dead_code))]
    pub(crate) message: String,
}

/// No call was made, or it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoAnswer {
    pub(crate) reason: &'static str,
    pub(crate) retry_after: Duration,
}

/// The state of the introspection at one issuer.
#[cfg(feature = "service")]
#[derive(Debug, Clone)]
pub(crate) struct IntrospectionStatus {
    /// The calls by their results.
    pub(crate) calls: [(&'static str, u64); CallResult::ALL.len()],
    /// Tokens that were refused because the budget of calls was spent.
    pub(crate) budget_spent: u64,
    /// Why the last call failed; `None` if it was answered, or there was none.
    pub(crate) last_error: Option<LastError>,
    /// Time since the last answer.
    pub(crate) last_answer: Option<Duration>,
    /// How long an answer is used.
    pub(crate) max_age: Duration,
}

impl Health {
    pub(crate) fn new(issuer: &str) -> Self {
        Self {
            issuer: issuer.into(),
            state: Mutex::default(),
        }
    }

    /// Whether a call may be made now.
    pub(crate) fn check_pause(&self, now: Duration) -> Result<(), NoAnswer> {
        let state = self.lock();
        match (state.paused_until, &state.last_error) {
            (Some(until), Some(error)) if now < until => Err(NoAnswer {
                reason: error.reason,
                retry_after: until.saturating_sub(now),
            }),
            _ => Ok(()),
        }
    }

    /// Notes an answer of the issuer.
    pub(crate) fn answered(&self, result: CallResult, now: Duration) {
        let mut state = self.lock();
        state.count(result);
        state.last_answer = Some(now);
        state.paused_until = None;
        let failures = std::mem::take(&mut state.failures);
        if state.last_error.take().is_some() {
            info!(issuer = %self.issuer, failures, "tokens are introspected again");
        }
    }

    /// Notes a failure, logs it, and decides how long to wait.
    pub(crate) fn failed(&self, failure: &IntrospectionError, now: Duration) -> NoAnswer {
        let mut state = self.lock();
        state.count(failure.result());
        let reason = failure.reason();
        // Calls that were under way when another one failed.
        let is_paused = state.paused_until.is_some_and(|until| now < until);
        if !is_paused {
            state.failures = state.failures.saturating_add(1);
            if state.failures.is_power_of_two() {
                error!(
                    issuer = %self.issuer,
                    reason,
                    error = failure.chain(),
                    failures = state.failures,
                    "tokens cannot be introspected"
                );
            }
            if let Some(pause) = pause(failure, state.failures) {
                state.paused_until = Some(now + pause);
            }
        }
        state.last_error = Some(LastError {
            reason,
            message: failure.chain(),
        });
        let until = state.paused_until.filter(|until| *until > now);
        let retry_after = until.map_or(SHORTEST, |until| until.saturating_sub(now));
        NoAnswer {
            reason,
            retry_after,
        }
    }

    /// Notes that the budget was spent. It is logged once a minute at most.
    pub(crate) fn budget_spent(&self, now: Duration, retry_after: Duration) -> NoAnswer {
        let mut state = self.lock();
        state.budget_spent += 1;
        let is_due = |logged: Duration| now.saturating_sub(logged) >= LOG_INTERVAL;
        if state.budget_logged.is_none_or(is_due) {
            state.budget_logged = Some(now);
            let refused = state.budget_spent;
            warn!(issuer = %self.issuer, refused, "the budget of introspection calls is spent");
        }
        NoAnswer {
            reason: BUDGET_SPENT,
            retry_after,
        }
    }

    #[cfg(feature = "service")]
    pub(crate) fn status(&self, now: Duration, max_age: Duration) -> IntrospectionStatus {
        let state = self.lock();
        let number = |result: CallResult| (result.word(), state.calls[result as usize]);
        IntrospectionStatus {
            calls: CallResult::ALL.map(number),
            budget_spent: state.budget_spent,
            last_error: state.last_error.clone(),
            last_answer: state.last_answer.map(|at| now.saturating_sub(at)),
            max_age,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HealthState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HealthState {
    fn count(&mut self, result: CallResult) {
        self.calls[result as usize] += 1;
    }
}

/// How long to wait after a failure that is this one in a row.
fn pause(failure: &IntrospectionError, failures: u32) -> Option<Duration> {
    let doubled = |first: Duration, failures: u32, longest: Duration| {
        let factor = 1_u32.checked_shl(failures.saturating_sub(1));
        longest.min(first.saturating_mul(factor.unwrap_or(u32::MAX)))
    };
    match failure {
        IntrospectionError::Limited { retry_after } => {
            let pause = retry_after.unwrap_or_else(|| doubled(FIRST_LIMITED, failures, LONGEST));
            Some(pause.clamp(SHORTEST, LONGEST_LIMITED))
        }
        IntrospectionError::Refused { .. } => Some(doubled(FIRST_LIMITED, failures, LONGEST)),
        failure if failure.is_general() => Some(doubled(SHORTEST, failures, LONGEST_OUTAGE)),
        _ if failures >= MANY => Some(doubled(SHORTEST, failures - MANY + 1, LONGEST_OUTAGE)),
        _ => None,
    }
}

/// The reason of a token for which no call was left.
const BUDGET_SPENT: &str = "introspection_budget_spent";
const SHORTEST: Duration = Duration::from_secs(1);
/// An issuer that is available again is noticed within this time.
const LONGEST_OUTAGE: Duration = Duration::from_secs(10);
const FIRST_LIMITED: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);
const LONGEST_LIMITED: Duration = Duration::from_secs(300);
const LOG_INTERVAL: Duration = Duration::from_secs(60);
/// So many failures in a row are not the fault of single tokens.
const MANY: u32 = 3;

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::issuer::FetchError;

    const SECOND: Duration = Duration::from_secs(1);

    fn refused() -> IntrospectionError {
        IntrospectionError::Refused {
            status: StatusCode::UNAUTHORIZED,
            error: None,
        }
    }

    #[test]
    fn a_pause_follows_a_failure_that_concerns_every_token() {
        let limited = |secs: Option<u64>| IntrospectionError::Limited {
            retry_after: secs.map(Duration::from_secs),
        };
        let server = IntrospectionError::Status(StatusCode::INTERNAL_SERVER_ERROR);
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("refused", refused(), 1, Some(5)),
            ("refused again", refused(), 2, Some(10)),
            ("refused for a long time", refused(), 30, Some(60)),
            ("limited", limited(Some(7)), 1, Some(7)),
            ("limited without a time", limited(None), 1, Some(5)),
            ("limited for ever", limited(Some(u64::MAX)), 1, Some(300)),
            ("no connection", IntrospectionError::Fetch(FetchError::Timeout), 1, Some(1)),
            ("no connection for a long time", IntrospectionError::Fetch(FetchError::Timeout), 99, Some(10)),
            ("too large", IntrospectionError::Fetch(FetchError::TooLarge), 1, None),
            ("too large, the third time", IntrospectionError::Fetch(FetchError::TooLarge), 3, Some(1)),
            ("a fault of the server", server, 2, None),
        ];
        for (row, failure, failures, expected) in rows {
            let expected = expected.map(Duration::from_secs);
            assert_eq!(pause(&failure, failures), expected, "{row}");
        }
    }

    #[test]
    fn calls_that_fail_at_the_same_moment_are_one_failure() {
        let health = Health::new("https://id.example");

        for _ in 0..16 {
            health.failed(&refused(), SECOND);
        }

        let NoAnswer {
            reason,
            retry_after,
        } = health.check_pause(SECOND).unwrap_err();
        assert_eq!((reason, retry_after), ("introspection_refused", 5 * SECOND));
        assert_eq!(health.check_pause(6 * SECOND), Ok(()));
    }

    #[test]
    fn an_answer_ends_the_pause() {
        let health = Health::new("https://id.example");
        health.failed(&refused(), SECOND);

        health.answered(CallResult::Active, 2 * SECOND);

        assert_eq!(health.check_pause(2 * SECOND), Ok(()));
    }
}
