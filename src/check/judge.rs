//! Sends an attempt and judges its answer.
//!
//! 1. A server's own fault, or no answer at all, hides the rest.
//! 2. What goes for every answer: it repeats nothing of the credentials, and is not slow.
//! 3. What the attempt expects: let through, refused how, readable by whom.

use std::time::Duration;

use http::StatusCode;

use crate::clock::Clock;

use super::answer::Answer;
use super::attempt::{Attempt, Expected};
use super::caller::{Caller, CallerError};
use super::forge::CANARY;
use super::own_key::Trap;
use super::report::{Fault, Outcome};
use super::verdict::{
    let_in, of_echo, of_forbidden, of_good, of_malformed, of_open, of_preflight, refusal,
};

pub(super) struct Judge<'a> {
    caller: &'a Caller,
    clock: &'a dyn Clock,
    trap: Option<&'a Trap>,
    requests: usize,
    repeats: usize,
    /// How long the operation takes to answer a good token.
    good: Option<Duration>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(caller: &'a Caller, clock: &'a dyn Clock, trap: Option<&'a Trap>) -> Self {
        Self {
            caller,
            clock,
            trap,
            requests: 0,
            repeats: 0,
            good: None,
        }
    }

    /// Another operation: what it takes is not known yet.
    pub(super) fn begin(&mut self) {
        self.good = None;
    }

    /// How many requests were sent.
    pub(super) fn requests(&self) -> usize {
        self.requests
    }

    /// Sends one attempt.
    ///
    /// # Errors
    ///
    /// When there is nobody to connect to: then no answer means anything.
    pub(super) async fn outcome(
        &mut self,
        operation: &str,
        attempt: &Attempt,
    ) -> Result<Outcome, CallerError> {
        let mut outcome = Outcome {
            operation: operation.to_owned(),
            check: attempt.check,
            sent: attempt.sent.clone(),
            status: None,
            faults: Vec::new(),
            not_made: None,
        };
        let answer = match self.send(attempt).await {
            Ok(answer) => answer,
            Err(error @ CallerError::Connect(_)) => return Err(error),
            Err(error) => {
                outcome
                    .faults
                    .push(Fault::new("no_answer", error.to_string()));
                return Ok(outcome);
            }
        };
        let status = answer.status;
        outcome.status = Some(status.as_u16());
        if status == StatusCode::TOO_MANY_REQUESTS {
            outcome.not_made = Some("the API answers 429, too many requests".to_owned());
            return Ok(outcome);
        }
        if self.trap.is_some_and(Trap::has_sprung) {
            outcome.faults.push(Fault::new(
                "linked_key",
                "the API fetched a link out of the token",
            ));
        }
        if status.is_server_error() {
            outcome
                .faults
                .push(Fault::new("server_error", status.as_str()));
            return Ok(outcome);
        }
        if attempt.check == "good_token" {
            self.good = Some(answer.took);
        } else if let Some(fault) = self.slowness(attempt, answer.took).await {
            outcome.faults.push(fault);
        }
        if !status.is_success() {
            outcome.faults.extend(of_echo(attempt, &answer));
        }
        let faults = self.faults(attempt, &answer).await;
        outcome.faults.extend(faults);
        Ok(outcome)
    }

    async fn send(&mut self, attempt: &Attempt) -> Result<Answer, CallerError> {
        self.requests += 1;
        let (method, url) = (attempt.method.clone(), attempt.url.clone());
        let (headers, body) = (attempt.headers.clone(), attempt.body.clone());
        self.caller
            .send(self.clock, method, url, headers, body)
            .await
    }

    /// The best of three counts, so that a busy machine is not taken for a slow refusal.
    async fn slowness(&mut self, attempt: &Attempt, took: Duration) -> Option<Fault> {
        let limit = (self.good? * 10).max(SHORTEST_SLOWNESS);
        let mut best = took;
        for _ in 0..2 {
            if best <= limit || self.repeats == MAX_REPEATS {
                return None;
            }
            self.repeats += 1;
            best = best.min(self.send(attempt).await.ok()?.took);
        }
        let found = format!(
            "{} ms, a good answer {} ms",
            best.as_millis(),
            self.good?.as_millis()
        );
        (best > limit).then(|| Fault::new("slow", found))
    }

    async fn faults(&mut self, attempt: &Attempt, answer: &Answer) -> Vec<Fault> {
        match &attempt.expected {
            Expected::Open => of_open(attempt, answer),
            Expected::Through => of_good(attempt, answer),
            Expected::Challenge => refusal(attempt, answer, &[401], None),
            Expected::Refused => refusal(attempt, answer, &[401], Some("invalid_token")),
            Expected::Malformed => of_malformed(attempt, answer),
            Expected::Forbidden(scope) => of_forbidden(attempt, answer, scope),
            Expected::NotThrough => self.of_other_name(attempt, answer).await,
            Expected::Unreadable(origin) if answer.lets_read(origin) => {
                vec![Fault::new(
                    attempt.check,
                    format!("pages of {origin} may read the answer"),
                )]
            }
            Expected::Preflight(origin) => of_preflight(attempt, answer, origin),
            Expected::Readable(origin) if !answer.lets_read(origin) => {
                let status = answer.status.as_u16();
                vec![Fault::new(
                    attempt.check,
                    format!("{status} without `Access-Control-Allow-Origin`"),
                )]
            }
            Expected::Unreadable(_) | Expected::Readable(_) => Vec::new(),
        }
    }

    /// A page for all that is not there is no operation.
    async fn of_other_name(&mut self, attempt: &Attempt, answer: &Answer) -> Vec<Fault> {
        if !answer.status.is_success() || self.repeats == MAX_REPEATS {
            return Vec::new();
        }
        let mut stray = attempt.clone();
        let path = attempt.url.path().trim_end_matches('/');
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        stray.url.set_path(&format!("{parent}/{CANARY}"));
        self.repeats += 1;
        match self.send(&stray).await {
            Ok(of_nothing) if of_nothing.status.is_success() => Vec::new(),
            _ => vec![Fault::new(attempt.check, let_in(answer))],
        }
    }
}

/// How many requests may be sent besides those planned.
pub(super) const MAX_REPEATS: usize = 20;
/// What is quicker is not slow, whatever a good answer takes.
const SHORTEST_SLOWNESS: Duration = Duration::from_millis(100);
