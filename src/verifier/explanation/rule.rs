//! One rule of an explanation.

use serde_json::{Map, Value};

use crate::token::TokenError;
use crate::verifier::VerifyError;

use super::shown::shown;

/// One rule, in the order in which the verifier applies them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExplainedRule {
    /// Its name.
    pub name: &'static str,
    /// Whether the token keeps it.
    pub state: RuleState,
    /// The reason word of the refusal, if the rule is broken.
    pub reason: Option<&'static str>,
    /// What the token says, or why the rule was not examined. ASCII, of bounded length.
    pub found: String,
    /// What the rule wants.
    pub wanted: String,
}

/// Whether a token keeps a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleState {
    /// It does.
    Passed,
    /// It does not, and this is what the verifier refuses it for.
    Failed,
    /// It does not, but the verifier refuses it for an earlier rule, or has no keys.
    WouldFail,
    /// Nobody knows: something that the rule needs is missing.
    NotExamined,
}

impl ExplainedRule {
    /// Whether the token breaks it.
    pub fn is_broken(&self) -> bool {
        matches!(self.state, RuleState::Failed | RuleState::WouldFail)
    }

    pub(super) fn new(
        name: &'static str,
        evaluation: Evaluation,
        found: String,
        wanted: &str,
    ) -> Self {
        let (state, reason, found) = match evaluation {
            Evaluation::Kept => (RuleState::Passed, None, found),
            Evaluation::Broken(reason) => (RuleState::WouldFail, Some(reason), found),
            Evaluation::NotExamined(why) => (RuleState::NotExamined, None, why.to_owned()),
        };
        Self {
            name,
            state,
            reason,
            found,
            wanted: wanted.to_owned(),
        }
    }
}

/// Whether a rule is kept. A broken rule has its reason word.
#[derive(Clone, Copy)]
pub(super) enum Evaluation {
    Kept,
    Broken(&'static str),
    NotExamined(&'static str),
}

impl<T> From<Result<T, TokenError>> for Evaluation {
    fn from(outcome: Result<T, TokenError>) -> Self {
        outcome.map_or_else(|error| Self::Broken(error.reason()), |_| Self::Kept)
    }
}

impl From<Result<(), VerifyError>> for Evaluation {
    fn from(outcome: Result<(), VerifyError>) -> Self {
        outcome.map_or_else(|error| Self::Broken(error.reason()), |()| Self::Kept)
    }
}

/// A member as it may be shown.
pub(super) fn said(members: Option<&Map<String, Value>>, name: &str) -> String {
    let value = members.and_then(|members| members.get(name));
    value.map_or_else(|| "absent".to_owned(), shown)
}
