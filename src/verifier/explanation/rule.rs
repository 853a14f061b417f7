//! One rule of an explanation.

use serde_json::{Map, Value};

use crate::token::TokenError;
use crate::verifier::{BindingError, VerifyError};

use super::shown::shown;

/// One rule, in the order in which the verifier applies them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExplainedRule {
    /// The name of the rule.
    pub name: &'static str,
    /// Whether the token satisfies the rule.
    pub state: RuleState,
    /// The reason word of the refusal, if the rule is broken.
    pub reason: Option<&'static str>,
    /// The value in the token, or the reason why the rule was not evaluated. ASCII, of limited length.
    pub found: String,
    /// The value that the rule requires.
    pub wanted: String,
}

/// Whether a token satisfies a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleState {
    /// The token satisfies it.
    Passed,
    /// The token breaks it, and the verifier refuses the token for this rule.
    Failed,
    /// The token breaks it, but the verifier refuses it for an earlier rule, or has no keys.
    WouldFail,
    /// It was not evaluated, because an input of the rule is missing.
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

/// The result of a rule. A broken rule has its reason word.
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

impl From<Result<(), BindingError>> for Evaluation {
    fn from(outcome: Result<(), BindingError>) -> Self {
        outcome.map_or_else(|error| Self::Broken(error.reason()), |()| Self::Kept)
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

/// The rule on the answer of the issuer, and on the claims in it.
pub(super) fn rule_on_answer(verdict: Result<(), VerifyError>) -> ExplainedRule {
    let found = match &verdict {
        Ok(()) => "active, and the claims are accepted".to_owned(),
        Err(error) => error.reason().to_owned(),
    };
    let wanted = "the issuer calls the token active, and its claims are accepted";
    ExplainedRule::new("introspection", verdict.into(), found, wanted)
}
