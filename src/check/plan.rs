//! Every request of a check: counted in advance, and built just before it is sent.
//!
//! A document may have any number of operations, whose requests together may not fit into memory.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::time::SystemTime;

use http::Method;
use url::Url;

use crate::clock::Clock;
use crate::description::operation::{Operation, Unreadable};
use crate::guard::Rule;

use super::attempt::{Attempt, Expected};
use super::attempts::Attempts;
use super::caller::{Caller, CallerError, is_exposed};
use super::hostile::Hostile;
use super::issuers;
use super::judge::{self, Judge};
use super::own_key::Trap;
use super::paths;
use super::probes::{MAX_PROBES, no_operation};
use super::report::{Outcome, Report, THE_API};
use super::revocation::{self, Accepted};
use super::subject::{Check, MAX_OPERATIONS, Methods};
use super::target::{printable, shown};

/// The requests of a check.
pub struct Plan<'a> {
    check: &'a Check,
    hostile: Hostile,
    operations: Vec<Operation<'a>>,
    /// The outcomes of what cannot be checked.
    outcomes: Vec<Outcome>,
    trap: Option<Trap>,
    attempts: usize,
    /// The maximum number of requests for one attempt.
    for_one: usize,
    /// Paths that do not exist, which are requested to find pages for all names.
    strays: HashSet<(Method, String)>,
    /// One request for each of the first operations, which shows whether anything is there.
    probes: Vec<Attempt>,
    /// The operations that the user left out.
    skipped: Vec<String>,
}

impl Check {
    /// Counts every request that the check would send, and sends none. Tokens are compared with
    /// the time of `clock`.
    ///
    /// # Errors
    ///
    /// [`CallerError::Setup`] if the listener for links in tokens cannot be started.
    pub async fn plan(&self, clock: &dyn Clock) -> Result<Plan<'_>, CallerError> {
        Plan::new(self, clock.now()).await
    }
}

impl<'a> Plan<'a> {
    async fn new(check: &'a Check, now: SystemTime) -> Result<Self, CallerError> {
        let trap = if check.target.is_loopback() {
            Some(Trap::set().await.map_err(CallerError::Trap)?)
        } else {
            None
        };
        let mut plan = Self {
            check,
            hostile: Hostile::new(&check.tokens, &check.issuers, trap.as_ref(), now),
            operations: Vec::new(),
            outcomes: Vec::new(),
            trap,
            attempts: 0,
            for_one: 1,
            strays: HashSet::new(),
            probes: Vec::new(),
            skipped: Vec::new(),
        };
        let base = check.target.base();
        if is_exposed(base) {
            let outcome = Outcome::for_api("plain_http", base.as_str());
            plan.outcomes.push(outcome);
        }
        for why in issuers::without_token(&check.tokens, &check.missing, &check.listed) {
            plan.leave_out(THE_API, "good_token", why);
        }
        let document = check.target.document();
        for operation in Operation::all(document).take(MAX_OPERATIONS) {
            plan.add(operation);
        }
        let more = Operation::count(document).saturating_sub(MAX_OPERATIONS);
        if more > 0 {
            let why = format!(
                "The document has {more} operations after the first {MAX_OPERATIONS}, which is \
                 the maximum of one check. Name others with --operation."
            );
            plan.leave_out(THE_API, "operation", why);
        }
        let mut rules = plan.operations.iter().map(|operation| &operation.rule);
        if rules.all(|rule| matches!(rule, Rule::Anonymous)) {
            plan.leave_out(THE_API, "operation", NONE_PROTECTED.to_owned());
        }
        Ok(plan)
    }

    fn add(&mut self, operation: Result<Operation<'a>, Unreadable<'a>>) {
        let operation = match operation {
            Ok(operation) => operation,
            Err(Unreadable { place, why, .. }) => {
                let place = printable(&place);
                if self.skips(&place) {
                    return;
                }
                let why = format!(
                    "{}. Leave the operation out with --skip \"{place}\", or correct the document.",
                    capitalized(&printable(&why)),
                );
                self.leave_out(&place, "document", why);
                return;
            }
        };
        let name = shown(&operation);
        if self.skips(&name) {
            return;
        }
        if let Some(parameter) = operation.misplaced_parameter() {
            let found = format!("the path lacks `{{{}}}`", printable(parameter));
            self.outcomes.push(Outcome::misdescribed(&name, found));
        }
        if self.check.methods == Methods::Safe && !operation.method.is_safe() {
            self.leave_out(&name, "operation", UNSAFE.to_owned());
            return;
        }
        let (made, not_made) = Attempts::all(self.check, &self.hostile, &operation);
        let Some(first) = made.first() else {
            self.outcomes.extend(not_made);
            return;
        };
        if self.probes.len() < MAX_PROBES && operation.method.is_safe() {
            self.probes.push(first.clone());
        }
        let counts = made.iter().map(Attempt::max_requests);
        self.for_one = counts.clone().fold(self.for_one, usize::max);
        self.attempts += counts.sum::<usize>();
        let by_other_name = made
            .iter()
            .filter(|attempt| matches!(attempt.expected, Expected::NotServed));
        self.strays
            .extend(by_other_name.map(|attempt| paths::stray(attempt).place()));
        self.operations.push(operation);
    }

    /// Whether the user left this operation out.
    fn skips(&mut self, name: &str) -> bool {
        let is_skipped = self.check.skipped.iter().any(|skipped| skipped == name);
        if is_skipped {
            self.skipped.push(name.to_owned());
        }
        is_skipped
    }

    fn leave_out(&mut self, operation: &str, check: &'static str, why: String) {
        self.outcomes.push(Outcome::not_made(operation, check, why));
    }

    /// How many requests are sent at most; some are sent again.
    pub fn requests(&self) -> usize {
        let repeated = self.for_one * judge::MAX_REPEATED_REQUESTS;
        let revoked = match (self.check.revocable(), &self.check.revocation) {
            (Some(_), Some(_)) => 3 * revocation::MAX_REQUESTS,
            _ => 0,
        };
        self.attempts + self.strays.len() + self.probes.len() + repeated + revoked
    }

    /// How many operations are called.
    pub fn operations(&self) -> usize {
        self.operations.len()
    }

    /// The hosts that requests go to.
    pub fn hosts(&self) -> BTreeSet<String> {
        let base: &Url = self.check.target.base();
        base.host_str().map(str::to_owned).into_iter().collect()
    }

    /// Sends the requests, one after the other, and calls `progress` after each. It stops when
    /// the API no longer answers.
    ///
    /// # Errors
    ///
    /// A [`CallerError`] if the API cannot be reached at all.
    pub async fn run(
        self,
        caller: &Caller,
        clock: &dyn Clock,
        mut progress: impl FnMut(),
    ) -> Result<Report, CallerError> {
        let mut judge = Judge::new(caller, clock, self.trap.as_ref());
        let mut report = Report::new(self.outcomes, self.skipped);
        if let Some(why) = no_operation(&mut judge, &self.probes).await? {
            report.replace(Outcome::not_made(THE_API, "operation", why));
            report.count(judge.requests());
            return Ok(report);
        }
        let revocable = self.check.revocable();
        let mut accepted = None;
        for operation in &self.operations {
            let name = shown(operation);
            if let Some(why) = judge.silence() {
                report.add(Outcome::not_made(&name, "operation", why));
                continue;
            }
            report.begin(&name, &operation.rule);
            judge.begin();
            let (made, not_made) = Attempts::all(self.check, &self.hostile, operation);
            let mut is_open = false;
            for attempt in &made {
                let Some(outcome) = outcome(&mut judge, &name, attempt).await? else {
                    continue;
                };
                progress();
                is_open = outcome.shows_open_operation(&attempt.expected);
                if accepted.is_none() {
                    accepted = revocable.and_then(|it| Accepted::new(&outcome, attempt, it));
                }
                report.add(outcome);
                if is_open {
                    break;
                }
            }
            if is_open {
                let why = SERVES_EVERYBODY.to_owned();
                report.add(Outcome::not_made(&name, "operation", why));
                continue;
            }
            for outcome in not_made {
                report.add(outcome);
            }
        }
        if let Some(token) = revocable {
            let (revocation, accepted) = (self.check.revocation.as_ref(), accepted.as_ref());
            let judge = &mut judge;
            let outcome = revocation::outcome(judge, clock, revocation, token, accepted).await?;
            report.add(outcome);
        }
        if let Some(why) = judge.unrepeated() {
            report.add(Outcome::not_made(THE_API, "slow", why));
        }
        report.count(judge.requests());
        Ok(report)
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.clone()).collect()
}

/// `None` for an attempt that shows nothing.
async fn outcome(
    judge: &mut Judge<'_>,
    operation: &str,
    attempt: &Attempt,
) -> Result<Option<Outcome>, CallerError> {
    if let Some(why) = judge.silence() {
        return Ok(Some(Outcome::not_sent(operation, attempt, why)));
    }
    if judge.is_pointless(attempt) {
        return Ok(None);
    }
    let outcome = judge.outcome(operation, attempt).await?;
    Ok((!judge.is_pointless(attempt)).then_some(outcome))
}

const UNSAFE: &str = "The operation may change something. Call such operations with --all-methods, \
    or leave this one out with --skip.";
const NONE_PROTECTED: &str = "No protected operation can be called, so nothing shows whether tokens \
    are verified. Declare `security` in the document, or name operations with --operation.";
const SERVES_EVERYBODY: &str = "The operation serves every caller, so its other checks would show \
    nothing. Correct `no_credentials` first.";

impl fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = self.requests();
        f.debug_struct("Plan")
            .field("operations", &self.operations.len())
            .field("requests", &requests)
            .finish_non_exhaustive()
    }
}
