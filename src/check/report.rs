//! The result of a check.

use serde::Serialize;

use crate::guard::Rule;

use super::attempt::{Attempt, Expected};
use super::faults::fix;

/// Everything that was found, in the order of the requests.
#[derive(Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// How many requests were sent.
    requests: usize,
    /// The operations called, each with who may call it by the document.
    operations: Vec<(String, &'static str)>,
    /// The operations that the user left out.
    skipped: Vec<String>,
    outcomes: Vec<Outcome>,
}

/// The result of one attempt, or why it was not made.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// As `GET /path`.
    pub operation: String,
    /// A word of [`CHECKS`](super::CHECKS).
    pub check: &'static str,
    /// What was sent.
    pub sent: String,
    /// The answer's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What is wrong; empty if nothing is.
    pub faults: Vec<Fault>,
    /// Why the check could not be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_made: Option<String>,
}

/// The verdict of the whole report, which is about what the check has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Every check that the document calls for was made, and none failed.
    Secure,
    /// A check failed. Others may not have been made.
    Faulty,
    /// No check failed, but some were not made, so the API may be insecure.
    Incomplete,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// A word of [`CHECKS`](super::CHECKS).
    pub check: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What the API answered.
    pub found: String,
    /// What to do.
    pub fix: &'static str,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Severity {
    /// It could be better, but it is not dangerous.
    Warning,
    /// Wrong.
    Fault,
}

/// The operation of an outcome that belongs to the whole API.
pub(super) const THE_API: &str = "the API";

impl Report {
    pub(super) fn new(outcomes: Vec<Outcome>, skipped: Vec<String>) -> Self {
        Self {
            skipped,
            outcomes,
            ..Self::default()
        }
    }

    /// What was sent and what was not.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The operations called, each with who may call it by the document.
    pub fn operations(&self) -> &[(String, &'static str)] {
        &self.operations
    }

    /// The operations that the user left out, which the verdict does not cover.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// How many requests were sent.
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// Everything that is wrong or could be better, with the operation.
    pub fn faults(&self) -> impl Iterator<Item = (&Outcome, &Fault)> {
        let outcomes = self.outcomes.iter();
        outcomes.flat_map(|outcome| outcome.faults.iter().map(move |fault| (outcome, fault)))
    }

    /// Whether no check failed. Warnings do not count, and neither do checks that were not made.
    pub fn is_clean(&self) -> bool {
        self.faults()
            .all(|(_, fault)| fault.severity == Severity::Warning)
    }

    /// What the check has shown.
    pub fn verdict(&self) -> Verdict {
        let is_complete = self.outcomes.iter().all(|it| it.not_made.is_none());
        match (self.is_clean(), is_complete) {
            (false, _) => Verdict::Faulty,
            (true, false) => Verdict::Incomplete,
            (true, true) => Verdict::Secure,
        }
    }

    pub(super) fn begin(&mut self, operation: &str, rule: &Rule) {
        let who = match rule {
            Rule::Anonymous => "open",
            Rule::Optional(_) => "optional",
            Rule::Protected(_) => "protected",
        };
        self.operations.push((operation.to_owned(), who));
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    /// Replaces all outcomes by one that explains them.
    pub(super) fn replace(&mut self, outcome: Outcome) {
        self.outcomes = vec![outcome];
    }

    pub(super) fn count(&mut self, requests: usize) {
        self.requests = requests;
    }
}

impl Outcome {
    pub(super) fn new(operation: &str, check: &'static str, sent: &str) -> Self {
        Self {
            operation: operation.to_owned(),
            check,
            sent: sent.to_owned(),
            status: None,
            faults: Vec::new(),
            not_made: None,
        }
    }

    /// Whether a protected operation serves callers without credentials.
    pub(super) fn shows_open_operation(&self, expected: &Expected) -> bool {
        let mut faults = self.faults.iter();
        matches!(expected, Expected::Challenge) && faults.any(|it| it.check == "no_credentials")
    }

    /// A fault of the document, which is found without a request.
    pub(super) fn misdescribed(operation: &str, found: String) -> Self {
        Self {
            faults: vec![Fault::new("document", found)],
            ..Self::new(operation, "document", "")
        }
    }

    /// A warning that is found without a request.
    pub(super) fn for_api(check: &'static str, found: &str) -> Self {
        Self {
            faults: vec![Fault::warning(check, found)],
            ..Self::new(THE_API, check, "")
        }
    }

    /// The outcome of an attempt that is not sent.
    pub(super) fn not_sent(operation: &str, attempt: &Attempt, why: String) -> Self {
        Self {
            sent: attempt.sent.clone(),
            ..Self::not_made(operation, attempt.check, why)
        }
    }

    pub(super) fn not_made(operation: &str, check: &'static str, why: String) -> Self {
        Self {
            not_made: Some(why),
            ..Self::new(operation, check, "")
        }
    }
}

impl Fault {
    pub(super) fn new(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            check,
            severity: Severity::Fault,
            found: found.into(),
            fix: fix(check),
        }
    }

    pub(super) fn warning(check: &'static str, found: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::new(check, found)
        }
    }
}
