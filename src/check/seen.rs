//! Answers of one operation that the answers to hostile requests are compared with.

use std::time::Duration;

use http::StatusCode;

use super::answer::Answer;
use super::attempt::{Attempt, Expected};
use super::forge::CANARY;
use super::report::Fault;
use super::verdict::{Judged, served};

/// What is known of an operation so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    good: Option<Kept>,
    anonymous: Option<Kept>,
    bound: Option<StatusCode>,
}

#[derive(Debug)]
struct Kept {
    status: StatusCode,
    body: Vec<u8>,
    took: Duration,
}

impl Seen {
    /// Remembers the answer to the good token.
    pub(super) fn keep_good(&mut self, answer: &Answer) {
        self.good = Some(Kept::from_answer(answer));
    }

    /// Remembers the answer to a bound token with its proof.
    pub(super) fn keep_bound(&mut self, answer: &Answer) {
        self.bound = Some(answer.status);
    }

    /// Whether the API refuses bound tokens: with 401, or as it refuses callers without a token,
    /// which may be the wrong status.
    pub(super) fn is_bound_refused(&self) -> bool {
        let anonymous = self.anonymous.as_ref().map(|anonymous| anonymous.status);
        self.bound.is_some_and(|status| {
            status == StatusCode::UNAUTHORIZED
                || (!status.is_success() && Some(status) == anonymous)
        })
    }

    /// Remembers the answer to a caller without a token.
    pub(super) fn keep_anonymous(&mut self, answer: &Answer) {
        self.anonymous
            .get_or_insert_with(|| Kept::from_answer(answer));
    }

    /// The time that the operation takes to answer a good token.
    pub(super) fn time(&self) -> Option<Duration> {
        self.good.as_ref().map(|good| good.took)
    }

    pub(super) fn is_good_refused(&self) -> bool {
        let good = self.good.as_ref();
        good.is_some_and(|good| good.status == StatusCode::UNAUTHORIZED)
    }

    /// What the comparison shows; `None` if the answer has to be judged on its own.
    ///
    /// 1. 403 to a hostile token, as to the good one, means that the API accepted it.
    /// 2. An operation that serves everybody may have ignored the token or believed it.
    pub(super) fn compared(&self, attempt: &Attempt, answer: &Answer) -> Option<Judged> {
        let good = self.good.as_ref();
        let is_forbidden = good.is_some_and(|good| good.status == StatusCode::FORBIDDEN);
        if is_forbidden
            && answer.status == StatusCode::FORBIDDEN
            && matches!(
                attempt.expected,
                Expected::Refused | Expected::Unproven | Expected::Unbound
            )
        {
            let found = "403, as for the good token: the API accepts the token";
            return Some(Ok(vec![Fault::new(attempt.check, found)]));
        }
        if !(attempt.is_optional && answer.is_served()) {
            return None;
        }
        let is_as = |kept: Option<&Kept>| kept.is_some_and(|kept| kept.body == answer.body);
        let (as_good, as_anonymous) = (is_as(good), is_as(self.anonymous.as_ref()));
        Some(match (as_good, as_anonymous) {
            _ if answer.holds(CANARY) => Ok(vec![Fault::new(attempt.check, served(answer))]),
            (true, false) => Ok(vec![Fault::new(
                attempt.check,
                format!("{} as the holder of the good token", served(answer)),
            )]),
            (false, true) => Ok(vec![Fault::warning(
                attempt.check,
                format!("{} as one without a token", served(answer)),
            )]),
            _ => Err(UNDECIDED.to_owned()),
        })
    }
}

impl Kept {
    fn from_answer(answer: &Answer) -> Self {
        Self {
            status: answer.status,
            body: answer.body.clone(),
            took: answer.took,
        }
    }
}

const UNDECIDED: &str = "The operation serves every caller, and its answers do not show whether it \
    believed the token. Answer a bad token with 401, or leave the operation out with --skip.";
