//! Explains why a token is accepted or refused: its contents, and the result of each rule.
//!
//! The verdict is that of the verifier, which stops at the first broken rule. An explanation
//! evaluates every rule that can be evaluated. A token of another issuer fails at the key, because
//! the key is searched first, but the rule on the issuer shows the cause.
//!
//! 1. The verifier gives its verdict.
//! 2. Each rule is evaluated by itself, if its inputs are available.
//! 3. Of the rules that are broken, the most likely mistake is named first.
//!
//! Shows neither the token nor its signature.

mod binding;
mod claims;
mod encryption;
mod explain;
mod header;
mod introspected;
mod proof;
mod rule;
mod shown;
mod signature;
mod times;

use serde_json::{Map, Value};

use super::VerifyError;
use super::warnings::warnings;
use crate::token::{Claims, TokenError};

use shown::shown;

pub(crate) use proof::{ExplainedProof, ProofExplanation};
pub use rule::{ExplainedRule, RuleState};

/// The contents of a token, and the rules that it breaks.
#[derive(Debug, Clone)]
pub struct Explanation {
    encryption: Option<Map<String, Value>>,
    header: Option<Map<String, Value>>,
    claims: Option<Map<String, Value>>,
    rules: Vec<ExplainedRule>,
    verdict: Result<(), VerifyError>,
    judge: Option<String>,
    unverified: Option<Claims>,
}

impl Explanation {
    /// Whether the verifier accepts the token.
    pub fn is_accepted(&self) -> bool {
        self.verdict.is_ok()
    }

    /// Whether a rule is broken. A token that is neither accepted nor refused is undecided: there
    /// are no keys, and it breaks none of the rules that can be evaluated without a key.
    pub fn is_refused(&self) -> bool {
        self.rules.iter().any(ExplainedRule::is_broken)
    }

    /// The reason word of the verifier's own verdict, as a service logs it.
    pub fn reason(&self) -> Option<&'static str> {
        self.verdict.as_ref().err().map(VerifyError::reason)
    }

    /// The rule that makes the verifier refuse the token.
    pub fn failed_rule(&self) -> Option<&ExplainedRule> {
        let mut rules = self.rules.iter();
        rules.find(|rule| rule.state == RuleState::Failed)
    }

    /// The broken rule that is most likely the cause. A token of another issuer has a key that our
    /// issuer does not have, and an old token may have a key that the issuer has withdrawn since.
    pub fn likely_cause(&self) -> Option<&ExplainedRule> {
        let broken = |name: &str| {
            let mut rules = self.rules.iter();
            rules.find(|rule| rule.name == name && rule.is_broken())
        };
        let first = self.rules.iter().find(|rule| rule.is_broken())?;
        let causes: &[&str] = match first.name {
            "key" | "signature" => &["issuer", "kind", "expires"],
            _ => &[],
        };
        causes.iter().find_map(|name| broken(name)).or(Some(first))
    }

    /// Every rule, in the order in which the verifier applies them.
    pub fn rules(&self) -> &[ExplainedRule] {
        &self.rules
    }

    /// Warnings about the kind of the token: it is an ID token, or it comes from an Okta org
    /// authorization server, whose tokens only Okta can verify.
    pub fn warnings(&self) -> Vec<&'static str> {
        if self.is_accepted() {
            return Vec::new();
        }
        self.claims.as_ref().map_or_else(Vec::new, warnings)
    }

    /// The members of the header of an encrypted token with their values, as they may be shown; `None`
    /// for any other token. Nobody has signed them.
    pub fn encryption(&self) -> Option<Vec<(String, String)>> {
        self.encryption.as_ref().map(lines)
    }

    /// The members of the header with their values, as they may be shown; `None` where it cannot
    /// be read. They are unverified unless the token is accepted.
    pub fn header(&self) -> Option<Vec<(String, String)>> {
        self.header.as_ref().map(lines)
    }

    /// The claims with their values, as they may be shown; `None` where they cannot be read.
    /// They are unverified unless the token is accepted.
    pub fn claims(&self) -> Option<Vec<(String, String)>> {
        self.claims.as_ref().map(lines)
    }

    /// Marks the rule that the verifier stopped at: the first that gives the reason of its verdict.
    fn mark_failed(&mut self) {
        let Err(error) = &self.verdict else {
            return;
        };
        // Bytes that are not JSON are not shown, and are a fault of the claims.
        if let VerifyError::Token(TokenError::MalformedPayload) = error
            && let Some(rule) = self.rules.iter_mut().find(|rule| rule.name == "claims")
        {
            rule.reason = Some(error.reason());
            rule.state = RuleState::WouldFail;
            rule.found.clear();
        }
        let mut rules = self.rules.iter_mut();
        if let Some(rule) = rules.find(|rule| rule.reason == Some(error.reason())) {
            rule.state = RuleState::Failed;
        }
    }

    /// The name of the issuer whose rules apply; `None` if the token names none that is trusted.
    pub fn judge(&self) -> Option<&str> {
        self.judge.as_deref()
    }

    /// The claims, if each can be read. They are unverified unless the token is accepted.
    pub(crate) fn unverified(&self) -> Option<&Claims> {
        self.unverified.as_ref()
    }
}

fn lines(members: &Map<String, Value>) -> Vec<(String, String)> {
    let line = |(name, value): (&String, &Value)| {
        let name = shown(&Value::from(name.as_str()));
        (name.trim_matches('"').to_owned(), shown(value))
    };
    members.iter().map(line).collect()
}
