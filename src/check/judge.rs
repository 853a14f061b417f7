//! Sends an attempt and judges its answer.
//!
//! 1. A server's own fault, or no answer at all, hides the rest.
//! 2. What goes for every answer: it repeats nothing of the credentials, and is not slow.
//! 3. What the attempt expects: let through, refused how, readable by whom.

use std::time::Duration;

use http::StatusCode;
use http::header::AUTHORIZATION;

use crate::clock::Clock;
use crate::description::request::Inputs;
use crate::token::Scope;

use super::answer::Answer;
use super::attempt::{Attempt, Expected};
use super::caller::{Caller, CallerError};
use super::forge::CANARY;
use super::own_key::Trap;
use super::report::{Fault, Outcome};

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

/// Credentials in an answer are given away; names out of them are only somebody's words.
fn of_echo(attempt: &Attempt, answer: &Answer) -> Option<Fault> {
    let status = answer.status.as_u16();
    if attempt.secrets.iter().any(|secret| answer.holds(secret)) {
        return Some(Fault::new(
            "echo",
            format!("{status} repeats the credentials"),
        ));
    }
    let is_named = answer.holds(CANARY);
    is_named.then(|| Fault::warning("echo", format!("{status} repeats a name out of the token")))
}

fn of_open(attempt: &Attempt, answer: &Answer) -> Vec<Fault> {
    let status = answer.status.as_u16();
    if matches!(status, 401 | 403) {
        let found = format!("{status}, though the document asks for nothing");
        return vec![Fault::new("open_operation", found)];
    }
    let is_found = answer.status.is_success() || answer.status.is_redirection();
    let is_bare = !attempt.headers.contains_key(AUTHORIZATION);
    if is_bare && !is_found && !(attempt.inputs == Inputs::MadeUp && is_complaint(answer.status)) {
        return vec![Fault::new("open_operation", answer.status.as_str())];
    }
    if attempt.check == "foreign_origin"
        && answer.lets_credentials()
        && answer.lets_read(&attempt.sent)
    {
        let found = "pages of any origin may call with the visitor's cookies";
        return vec![Fault::new("foreign_origin", found)];
    }
    Vec::new()
}

fn of_good(attempt: &Attempt, answer: &Answer) -> Vec<Fault> {
    let status = answer.status;
    if status.is_success() || (attempt.inputs == Inputs::MadeUp && is_complaint(status)) {
        return Vec::new();
    }
    let challenges = answer.bearer_challenges();
    let code = challenges
        .first()
        .and_then(|challenge| challenge.parameter("error"));
    let code = code.filter(|code| is_word(code)).unwrap_or_default();
    vec![Fault::new(
        "good_token",
        format!("{} {code}", status.as_u16()).trim_end(),
    )]
}

/// 400 says that no token could be made out; then the challenge is none of our business.
fn of_malformed(attempt: &Attempt, answer: &Answer) -> Vec<Fault> {
    match answer.status.as_u16() {
        400 | 431 => Vec::new(),
        // Whether a header without a token is no credentials or bad ones may be seen either way.
        401 => of_challenge(
            answer,
            &[None, Some("invalid_token"), Some("invalid_request")],
        ),
        _ => refusal(attempt, answer, &[401, 400], None),
    }
}

fn of_forbidden(attempt: &Attempt, answer: &Answer, required: &Scope) -> Vec<Fault> {
    let mut faults = refusal(attempt, answer, &[403], Some("insufficient_scope"));
    let challenges = answer.bearer_challenges();
    if let Some(challenge) = challenges.first().filter(|_| answer.status == 403) {
        let named = challenge
            .parameter("scope")
            .and_then(|named| named.parse::<Scope>().ok());
        if !named.is_some_and(|named| named.covers(required)) {
            let found = format!("the challenge does not name `{required}`");
            faults.push(Fault::warning(attempt.check, found));
        }
    }
    faults
}

fn of_preflight(attempt: &Attempt, answer: &Answer, origin: &str) -> Vec<Fault> {
    let status = answer.status;
    let found = if !status.is_success() {
        format!("the preflight is answered {}", status.as_u16())
    } else if !answer.lets_read(origin) {
        "the preflight does not allow the origin".to_owned()
    } else if !answer.lets_authorization() {
        "the preflight does not allow the header `Authorization`".to_owned()
    } else {
        return Vec::new();
    };
    vec![Fault::new(attempt.check, found)]
}

/// Refused with one of these statuses, and for 401 and 403 with a challenge.
fn refusal(
    attempt: &Attempt,
    answer: &Answer,
    due: &[u16],
    error: Option<&'static str>,
) -> Vec<Fault> {
    let status = answer.status.as_u16();
    if due.contains(&status) {
        return of_challenge(answer, &[error]);
    }
    if answer.status.is_success() {
        let fault = if attempt.is_optional {
            Fault::warning
        } else {
            Fault::new
        };
        return vec![fault(attempt.check, let_in(answer))];
    }
    let due: Vec<_> = due.iter().map(u16::to_string).collect();
    let due = due.join(" or ");
    if attempt.inputs == Inputs::MadeUp && is_complaint(answer.status) {
        let found = format!("{status} for made-up values in place of {due}");
        return vec![Fault::warning("operation", found)];
    }
    let found = format!("{status} in place of {due}");
    // Who sends another scheme is told no less by 400.
    if attempt.check == "no_credentials" && status == 400 {
        return vec![Fault::warning("wrong_status", found)];
    }
    vec![Fault::new("wrong_status", found)]
}

/// One challenge, with one of these error codes.
fn of_challenge(answer: &Answer, due: &[Option<&str>]) -> Vec<Fault> {
    let status = answer.status.as_u16();
    let challenges = answer.bearer_challenges();
    let [challenge] = &challenges[..] else {
        let found = match challenges.len() {
            0 => format!("{status} without a `Bearer` challenge"),
            several => format!("{status} with {several} `Bearer` challenges"),
        };
        return vec![Fault::new("no_challenge", found)];
    };
    let found = challenge.parameter("error");
    if due.contains(&found) {
        return Vec::new();
    }
    match (found, due) {
        (None, _) => vec![Fault::warning(
            "error_code",
            format!("{status} without an error code"),
        )],
        (Some(code), [None]) => {
            let code = if is_word(code) { code } else { "an error code" };
            vec![Fault::warning(
                "error_code",
                format!("{status} says {code} to a caller without a token"),
            )]
        }
        (Some(code), _) => {
            let code = if is_word(code) {
                code
            } else {
                "no code of RFC 6750"
            };
            vec![Fault::new("error_code", format!("{status} says {code}"))]
        }
    }
}

fn let_in(answer: &Answer) -> String {
    format!("{}, let in", answer.status.as_u16())
}

/// About the request, and not about who sends it.
fn is_complaint(status: StatusCode) -> bool {
    status.is_client_error() && !matches!(status.as_u16(), 401 | 403)
}

/// The API's words end up on a terminal.
fn is_word(code: &str) -> bool {
    code.len() < 32
        && code
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// How many requests may be sent besides those planned.
pub(super) const MAX_REPEATS: usize = 20;
/// What is quicker is not slow, whatever a good answer takes.
const SHORTEST_SLOWNESS: Duration = Duration::from_millis(100);
