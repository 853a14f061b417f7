//! Sends an attempt and judges its answer.
//!
//! 1. Without an answer, or after a server error, nothing else is judged.
//! 2. Every answer must be free of stack traces and credentials, and must not be slow.
//! 3. The answer must be what the attempt expects: accepted, refused, or readable.

use std::collections::HashMap;
use std::time::Duration;

use http::{Method, StatusCode};

use crate::clock::Clock;

use super::answer::Answer;
use super::attempt::{Attempt, Expected};
use super::caller::{Caller, CallerError};
use super::own_key::Trap;
use super::paths;
use super::presented::Support;
use super::report::{Fault, Outcome};
use super::seen::Seen;
use super::sender::{MAX_PAUSES, Sender};
use super::traces;
use super::verdict::{
    Judged, find_echo, judge_forbidden, judge_good, judge_malformed, judge_open, judge_preflight,
    judge_readable, judge_refusal, judge_unproven, judge_unreadable, served,
};

pub(super) struct Judge<'a> {
    sender: Sender<'a>,
    trap: Option<&'a Trap>,
    repeats: usize,
    /// The number of slow requests that were not repeated.
    unrepeated: usize,
    /// The number of attempts in a row without an answer.
    silent: usize,
    /// Whether paths that do not exist are answered with a success; `None` if that is unknown.
    strays: HashMap<(Method, String), Option<bool>>,
    /// The answers of the current operation that others are compared with.
    seen: Seen,
    /// The request with the good token, which may be sent again.
    good: Option<Attempt>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(caller: &'a Caller, clock: &'a dyn Clock, trap: Option<&'a Trap>) -> Self {
        Self {
            sender: Sender::new(caller, clock),
            trap,
            repeats: 0,
            unrepeated: 0,
            silent: 0,
            strays: HashMap::new(),
            seen: Seen::default(),
            good: None,
        }
    }

    /// Begins another operation, whose answers are not known yet.
    pub(super) fn begin(&mut self) {
        self.seen = Seen::default();
        self.good = None;
    }

    /// How many requests were sent.
    pub(super) fn requests(&self) -> usize {
        self.sender.requests()
    }

    /// Why no more requests are sent, once the API has stopped answering.
    pub(super) fn silence(&self) -> Option<String> {
        (self.silent == MAX_SILENT).then(|| {
            format!(
                "{MAX_SILENT} requests in a row had no answer, and no more were sent. Look in the \
                 API's log for what closes its connections."
            )
        })
    }

    /// Why it is unknown whether some refusals are slow.
    pub(super) fn unrepeated(&self) -> Option<String> {
        let slow = self.unrepeated;
        (slow > 0).then(|| {
            format!(
                "{slow} slow answers were not requested again, because {MAX_REPEATS} were. Run \
                 the check again when the machine of the API is less busy."
            )
        })
    }

    /// Whether there is nothing at the place of the attempt.
    ///
    /// # Errors
    ///
    /// If no connection is possible.
    pub(super) async fn is_missing(&mut self, attempt: &Attempt) -> Result<bool, CallerError> {
        match self.sender.send(attempt).await {
            Ok(answer) => Ok(answer.status == StatusCode::NOT_FOUND),
            Err(error @ CallerError::Connect(_)) => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// Sends one attempt.
    ///
    /// # Errors
    ///
    /// If no connection is possible. Then no answer means anything.
    pub(super) async fn outcome(
        &mut self,
        operation: &str,
        attempt: &Attempt,
    ) -> Result<Outcome, CallerError> {
        let mut outcome = Outcome::new(operation, attempt.check, &attempt.sent);
        if attempt.is_derived && self.seen.is_good_refused() {
            outcome.not_made = Some(GOOD_IS_REFUSED.to_owned());
            return Ok(outcome);
        }
        let answer = match self.sender.send(attempt).await {
            Ok(answer) => answer,
            Err(error @ CallerError::Connect(_)) => return Err(error),
            Err(error) => {
                outcome
                    .faults
                    .push(Fault::new("no_answer", error.to_string()));
                self.silent += 1;
                return Ok(outcome);
            }
        };
        self.silent = 0;
        let status = answer.status;
        outcome.status = Some(status.as_u16());
        if status == StatusCode::TOO_MANY_REQUESTS {
            outcome.not_made = Some(TOO_MANY_REQUESTS.to_owned());
            return Ok(outcome);
        }
        if self.trap.is_some_and(Trap::was_requested) {
            let found = "the API fetched a link in the token";
            outcome.faults.push(Fault::new("linked_key", found));
        }
        outcome.faults.extend(find_trace(&answer));
        if status.is_server_error() {
            outcome
                .faults
                .push(Fault::new("server_error", status.as_str()));
            return Ok(outcome);
        }
        if attempt.check == "good_token" {
            self.seen.keep_good(&answer);
            self.good = attempt.method.is_safe().then(|| attempt.clone());
        } else if let Some(fault) = self.slowness(attempt, answer.took).await {
            outcome.faults.push(fault);
        }
        if attempt.check == "bound_token" {
            self.seen.keep_bound(&answer);
        }
        if attempt.check == "no_credentials" {
            self.seen.keep_anonymous(&answer);
        }
        if !answer.is_served() {
            outcome.faults.extend(find_echo(attempt, &answer));
        }
        match self.faults(attempt, &answer).await {
            Ok(faults) => outcome.faults.extend(faults),
            Err(why) => outcome.not_made = Some(why),
        }
        Ok(outcome)
    }

    /// Whether the attempt shows nothing: the API accepts no bound tokens, so it reads no proofs. A
    /// bound token as a bearer token shows something in any case.
    pub(super) fn is_pointless(&self, attempt: &Attempt) -> bool {
        attempt.support == Some(Support::Tried)
            && attempt.check != "bound_as_bearer"
            && self.seen.is_bound_refused()
    }

    /// Takes the best of three requests, because a busy machine may delay one of them. It delays
    /// good requests as well, so the good token is timed again next to each repeated request.
    async fn slowness(&mut self, attempt: &Attempt, took: Duration) -> Option<Fault> {
        let mut good = self.seen.time()?;
        let mut best = took;
        for _ in 0..2 {
            if best <= limit(good) {
                return None;
            }
            if self.repeats == MAX_REPEATS {
                self.unrepeated += 1;
                return None;
            }
            self.repeats += 1;
            if let Some(attempt) = self.good.clone() {
                good = good.max(self.sender.send(&attempt).await.ok()?.took);
            }
            best = best.min(self.sender.send(attempt).await.ok()?.took);
        }
        let found = format!(
            "{} ms, a good answer {} ms",
            best.as_millis(),
            good.as_millis()
        );
        (best > limit(good)).then(|| Fault::new("slow", found))
    }

    /// The faults that the answer shows, or why it shows nothing.
    async fn faults(&mut self, attempt: &Attempt, answer: &Answer) -> Judged {
        if attempt.expected.is_refusal()
            && let Some(judged) = self.seen.compared(attempt, answer)
        {
            return judged;
        }
        match &attempt.expected {
            Expected::Open => Ok(judge_open(attempt, answer)),
            Expected::Accepted => judge_good(attempt, answer),
            Expected::Challenge => judge_refusal(attempt, answer, &[401], None),
            Expected::Refused => judge_refusal(attempt, answer, &[401], Some("invalid_token")),
            Expected::Unproven => judge_unproven(attempt, answer, self.seen.is_bound_refused()),
            Expected::Unbound if self.seen.is_good_refused() && !answer.is_served() => {
                Err(GOOD_IS_REFUSED.to_owned())
            }
            Expected::Unbound => judge_unproven(attempt, answer, false),
            Expected::Malformed => judge_malformed(attempt, answer),
            Expected::Forbidden(scope) => judge_forbidden(attempt, answer, scope),
            Expected::NotServed => self.judge_other_name(attempt, answer).await,
            Expected::Unreadable(origin) => Ok(judge_unreadable(attempt, answer, origin)),
            Expected::Preflight(origin) => Ok(judge_preflight(attempt, answer, origin)),
            Expected::Readable(origin) => Ok(judge_readable(attempt, answer, origin)),
        }
    }

    /// A success is not a fault if paths that do not exist succeed as well.
    async fn judge_other_name(&mut self, attempt: &Attempt, answer: &Answer) -> Judged {
        if !answer.is_served() {
            return Ok(Vec::new());
        }
        let stray = paths::stray(attempt);
        let known = self.strays.get(&stray.place()).copied();
        let is_page = match known {
            Some(known) => known,
            None => self.is_page(&stray).await,
        };
        match is_page {
            Some(true) => Ok(Vec::new()),
            Some(false) => Ok(vec![Fault::new(attempt.check, served(answer))]),
            None => Err(TOO_MANY_REQUESTS.to_owned()),
        }
    }

    /// Whether there is a page for this name too. Requested once each: the plan has counted that.
    async fn is_page(&mut self, stray: &Attempt) -> Option<bool> {
        let is_page = match self.sender.send(stray).await {
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => None,
            Ok(answer) => Some(answer.is_served()),
            // Without an answer, the success counts as a fault.
            Err(_) => Some(false),
        };
        self.strays.insert(stray.place(), is_page);
        is_page
    }
}

/// The time above which an answer is slow, compared with a good one.
fn limit(good: Duration) -> Duration {
    (good * 10).max(SHORTEST_SLOWNESS)
}

/// A stack trace in a success may be what the operation is for.
fn find_trace(answer: &Answer) -> Option<Fault> {
    let language = traces::language(&String::from_utf8_lossy(&answer.body))?;
    let found = format!(
        "{} with a stack trace of {language}",
        answer.status.as_u16()
    );
    Some(if answer.is_served() {
        Fault::warning("stack_trace", found)
    } else {
        Fault::new("stack_trace", found)
    })
}

const TOO_MANY_REQUESTS: &str =
    "The API answers 429, too many requests. Raise its limit for this machine.";
const GOOD_IS_REFUSED: &str = "The API refuses the good token too, so a refusal shows nothing. \
    Correct `good_token` first.";
/// More than the malformed headers of one operation, because an API may close the connection on
/// those and answer the rest.
const MAX_SILENT: usize = 25;
/// The maximum number of requests that are repeated because they were slow.
const MAX_REPEATS: usize = 20;
/// The maximum number of requests that are sent again: slow ones, each with one of the good token,
/// and those for which the API asked for a pause.
pub(super) const MAX_REPEATED_REQUESTS: usize = 2 * MAX_REPEATS + MAX_PAUSES;
/// A faster answer is never slow, whatever a good answer takes.
const SHORTEST_SLOWNESS: Duration = Duration::from_millis(100);
