//! The result of a check.

use serde::Serialize;

use crate::guard::Rule;

use super::faults::fix;

/// Everything that was found, in the order of the requests.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// How many requests were sent.
    requests: usize,
    /// The number of judged answers that had to be refusals.
    refusals: usize,
    /// The operations called, each with who may call it by the document.
    operations: Vec<(String, &'static str)>,
    outcomes: Vec<Outcome>,
}

/// The result of one attempt, or why it was not made.
#[derive(Debug, Clone, Serialize)]
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

/// The verdict of the whole report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is wrong in what was judged.
    Clean,
    /// Something is wrong.
    Faulty,
    /// No answer was judged that had to be a refusal, so the check proves nothing.
    NothingJudged,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
pub enum Severity {
    /// It could be better, but it is not dangerous.
    Warning,
    /// Wrong.
    Fault,
}

/// The operation of an outcome that belongs to the whole API.
pub(super) const THE_API: &str = "the API";

impl Report {
    pub(super) fn new(outcomes: Vec<Outcome>) -> Self {
        Self {
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

    /// How many requests were sent.
    pub fn requests(&self) -> usize {
        self.requests
    }

    /// Everything that is wrong or could be better, with the operation.
    pub fn faults(&self) -> impl Iterator<Item = (&Outcome, &Fault)> {
        let outcomes = self.outcomes.iter();
        outcomes.flat_map(|outcome| outcome.faults.iter().map(move |fault| (outcome, fault)))
    }

    /// Whether nothing is wrong. Warnings are not, and neither is what could not be checked.
    pub fn is_clean(&self) -> bool {
        self.faults()
            .all(|(_, fault)| fault.severity == Severity::Warning)
    }

    /// Whether the API passed the check, as far as it was made.
    pub fn verdict(&self) -> Verdict {
        match (self.is_clean(), self.refusals) {
            (false, _) => Verdict::Faulty,
            (true, 0) => Verdict::NothingJudged,
            (true, _) => Verdict::Clean,
        }
    }

    pub(super) fn begin(&mut self, operation: &str, rule: &Rule) {
        let who = match rule {
            Rule::Anonymous => "open",
            Rule::Optional(_) => "open, or with a token",
            Rule::Protected(_) => "protected",
        };
        self.operations.push((operation.to_owned(), who));
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    pub(super) fn count_refusal(&mut self) {
        self.refusals += 1;
    }

    pub(super) fn count(&mut self, requests: usize) {
        self.requests = requests;
    }
}

impl Outcome {
    /// Whether there is an answer that was judged.
    pub(super) fn is_judged(&self) -> bool {
        self.status.is_some() && self.not_made.is_none()
    }

    /// A fault of the document, which is found without a request.
    pub(super) fn misdescribed(operation: &str, found: String) -> Self {
        Self {
            operation: operation.to_owned(),
            faults: vec![Fault::new("document", found)],
            ..Self::of_document("document", "")
        }
    }

    /// A warning that is found without a request.
    pub(super) fn of_document(check: &'static str, found: &str) -> Self {
        Self {
            operation: THE_API.to_owned(),
            check,
            sent: String::new(),
            status: None,
            faults: vec![Fault::warning(check, found)],
            not_made: None,
        }
    }

    pub(super) fn not_made(operation: &str, check: &'static str, why: String) -> Self {
        Self {
            operation: operation.to_owned(),
            check,
            sent: String::new(),
            status: None,
            faults: Vec::new(),
            not_made: Some(why),
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
