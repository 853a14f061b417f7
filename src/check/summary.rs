//! A report in short: each check of each operation, and what was not made.

use serde::Serialize;

use super::report::{Fault, Outcome, Report, Severity};

/// One check of one operation.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Examined {
    /// As `GET /path`, or `the API`.
    pub operation: String,
    /// A word of [`CHECKS`](super::CHECKS).
    pub check: &'static str,
    /// What the check has shown.
    pub result: Standing,
    /// How many requests were judged.
    pub made: usize,
    /// How many of them showed a fault or a warning.
    pub wrong: usize,
    /// Why the check, or a part of it, was not made, and what to add.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_made: Option<String>,
}

/// What a check has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Standing {
    /// Every request of the check got the right answer.
    Passed,
    /// The same, with a warning.
    Warned,
    /// The check, or a part of it, was not made.
    NotMade,
    /// A request got a wrong answer.
    Failed,
}

/// Checks that were not made for the same reason.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Gap {
    /// Why, and what to add, in whole sentences.
    pub why: String,
    /// Words of [`CHECKS`](super::CHECKS).
    pub checks: Vec<&'static str>,
    /// As `GET /path`, or `the API`.
    pub operations: Vec<String>,
}

impl Report {
    /// Each check of each operation, in the order of the requests.
    pub fn examined(&self) -> Vec<Examined> {
        let mut examined: Vec<Examined> = Vec::new();
        for outcome in self.outcomes() {
            let known = examined
                .iter()
                .position(|it| it.operation == outcome.operation && it.check == outcome.check);
            let index = known.unwrap_or_else(|| {
                examined.push(Examined::from_outcome(outcome));
                examined.len() - 1
            });
            examined[index].add(outcome);
        }
        examined
    }

    /// What was not made, grouped by the reason.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = Vec::new();
        for outcome in self.outcomes() {
            let Some(why) = &outcome.not_made else {
                continue;
            };
            let known = gaps.iter().position(|gap| gap.why == *why);
            let index = known.unwrap_or_else(|| {
                gaps.push(Gap {
                    why: why.clone(),
                    checks: Vec::new(),
                    operations: Vec::new(),
                });
                gaps.len() - 1
            });
            let gap = &mut gaps[index];
            if !gap.checks.contains(&outcome.check) {
                gap.checks.push(outcome.check);
            }
            if !gap.operations.contains(&outcome.operation) {
                gap.operations.push(outcome.operation.clone());
            }
        }
        gaps
    }
}

impl Examined {
    fn from_outcome(outcome: &Outcome) -> Self {
        Self {
            operation: outcome.operation.clone(),
            check: outcome.check,
            result: Standing::Passed,
            made: 0,
            wrong: 0,
            not_made: None,
        }
    }

    fn add(&mut self, outcome: &Outcome) {
        self.result = self.result.max(Standing::from_outcome(outcome));
        self.made += usize::from(outcome.not_made.is_none());
        self.wrong += usize::from(!outcome.faults.is_empty());
        if self.not_made.is_none() {
            self.not_made.clone_from(&outcome.not_made);
        }
    }
}

impl Standing {
    fn from_outcome(outcome: &Outcome) -> Self {
        let is_fault = |fault: &Fault| fault.severity == Severity::Fault;
        if outcome.faults.iter().any(is_fault) {
            Self::Failed
        } else if outcome.not_made.is_some() {
            Self::NotMade
        } else if outcome.faults.is_empty() {
            Self::Passed
        } else {
            Self::Warned
        }
    }
}
