//! Every request of a check: counted in advance, and built just before it is sent.
//!
//! A document may have any number of operations, whose requests together may not fit into memory.

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use http::Method;
use url::Url;

use crate::clock::Clock;
use crate::description::operation::{Operation, Unreadable};

use super::attempt::{Attempt, Expected};
use super::attempts::Attempts;
use super::caller::{Caller, CallerError, is_exposed};
use super::hostile::Hostile;
use super::judge::{self, Judge};
use super::own_key::Trap;
use super::paths;
use super::report::{Outcome, Report, THE_API};
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
    /// Paths that do not exist, which are requested to find pages for all names.
    strays: HashSet<(Method, String)>,
}

impl Check {
    /// Counts every request that the check would send, and sends none.
    ///
    /// # Errors
    ///
    /// [`CallerError::Setup`] if the listener for links in tokens cannot be started.
    pub async fn plan(&self) -> Result<Plan<'_>, CallerError> {
        Plan::of(self).await
    }
}

impl<'a> Plan<'a> {
    pub(super) async fn of(check: &'a Check) -> Result<Self, CallerError> {
        let trap = if check.target.is_loopback() {
            Some(Trap::set().await.map_err(CallerError::Trap)?)
        } else {
            None
        };
        let mut plan = Self {
            check,
            hostile: Hostile::new(&check.tokens, &check.issuer_keys, trap.as_ref()),
            operations: Vec::new(),
            outcomes: Vec::new(),
            trap,
            attempts: 0,
            strays: HashSet::new(),
        };
        let base = check.target.base();
        if is_exposed(base) {
            let outcome = Outcome::of_document("plain_http", base.as_str());
            plan.outcomes.push(outcome);
        }
        let document = check.target.document();
        for operation in Operation::all(document).take(MAX_OPERATIONS) {
            plan.add(operation);
        }
        let more = Operation::count(document).saturating_sub(MAX_OPERATIONS);
        if more > 0 {
            let why = format!(
                "the document has {more} operations after the first {MAX_OPERATIONS}, which is as \
                 many as one check looks at; --operation chooses others"
            );
            plan.leave_out(THE_API, "operation", why);
        }
        Ok(plan)
    }

    fn add(&mut self, operation: Result<Operation<'a>, Unreadable<'a>>) {
        let operation = match operation {
            Ok(operation) => operation,
            Err(Unreadable { name, why, .. }) => {
                self.leave_out(&printable(&name), "document", printable(&why));
                return;
            }
        };
        if let Some(parameter) = operation.misplaced_parameter() {
            let found = format!("the path lacks `{{{}}}`", printable(parameter));
            let outcome = Outcome::misdescribed(&shown(&operation), found);
            self.outcomes.push(outcome);
        }
        if self.check.methods == Methods::Safe && !operation.method.is_safe() {
            let why = "it may change something; --all-methods calls it too".to_owned();
            self.leave_out(&shown(&operation), "operation", why);
            return;
        }
        let (made, not_made) = Attempts::new(self.check, &self.hostile, &operation).all();
        if made.is_empty() {
            self.outcomes.extend(not_made);
            return;
        }
        self.attempts += made.len();
        let by_other_name = made
            .iter()
            .filter(|attempt| matches!(attempt.expected, Expected::NotThrough));
        self.strays
            .extend(by_other_name.map(|attempt| paths::stray(attempt).place()));
        self.operations.push(operation);
    }

    fn leave_out(&mut self, operation: &str, check: &'static str, why: String) {
        self.outcomes.push(Outcome::not_made(operation, check, why));
    }

    /// How many requests are sent at most; some slow ones are sent again.
    pub fn requests(&self) -> usize {
        self.attempts + self.strays.len() + judge::MAX_REPEATS
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
        let mut report = Report::new(self.outcomes);
        for operation in &self.operations {
            let name = shown(operation);
            if let Some(why) = judge.silence() {
                report.add(Outcome::not_made(&name, "operation", why));
                continue;
            }
            report.begin(&name, &operation.rule);
            judge.begin();
            let (made, not_made) = Attempts::new(self.check, &self.hostile, operation).all();
            for attempt in &made {
                let outcome = outcome(&mut judge, &name, attempt).await?;
                if attempt.expected.is_refusal() && outcome.is_judged() {
                    report.count_refusal();
                }
                report.add(outcome);
                progress();
            }
            for outcome in not_made {
                report.add(outcome);
            }
        }
        if let Some(why) = judge.unrepeated() {
            report.add(Outcome::not_made(THE_API, "slow", why));
        }
        report.count(judge.requests());
        Ok(report)
    }
}

async fn outcome(
    judge: &mut Judge<'_>,
    operation: &str,
    attempt: &Attempt,
) -> Result<Outcome, CallerError> {
    match judge.silence() {
        Some(why) => Ok(Outcome {
            sent: attempt.sent.clone(),
            ..Outcome::not_made(operation, attempt.check, why)
        }),
        None => judge.outcome(operation, attempt).await,
    }
}

impl fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = self.requests();
        f.debug_struct("Plan")
            .field("operations", &self.operations.len())
            .field("requests", &requests)
            .finish_non_exhaustive()
    }
}
