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
mod header;
mod introspected;
mod proof;
mod rule;
mod shown;
mod signature;
mod times;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::warnings::warnings;
use super::{TrustedIssuer, Verifier, VerifyError, VerifyResult};
use crate::token::{Claims, Jws, TokenError, UnverifiedClaims, Validation};

use claims::{ReadClaims, UNREADABLE};
use rule::{Evaluation, rule_on_answer, said};
use shown::shown;

pub(crate) use proof::{ExplainedProof, ProofExplanation};
pub use rule::{ExplainedRule, RuleState};

/// The contents of a token, and the rules that it breaks.
#[derive(Debug, Clone)]
pub struct Explanation {
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

impl Verifier {
    /// Verifies a token, with an explanation of the verdict. A token that is bound to a key is
    /// accepted, because only a request contains the proof.
    pub async fn explain(&self, token: &str) -> Explanation {
        if let Some(issuer) = self.asked_about(token) {
            return self.explain_opaque(&issuer, token).await;
        }
        let verified = self.verify_claims(token).await;
        let verdict = verdict(&verified);
        let mut parts = token.split('.');
        let mut object = || read(parts.next().unwrap_or_default());
        let (header, claims) = (object(), object());
        let judge = self.judge_of(claims.as_ref());
        let validation = judge.as_ref().map(|judge| judge.validation());
        let unverified = payload(token, validation);
        let mut rules = header::rules_on_form(token);
        rules.extend(header::rules_on_header(token, header.as_ref(), validation));
        rules.push(self.rule_on_issuer(token, claims.as_ref()));
        let keys = judge.as_ref().and_then(|judge| judge.current_keys());
        rules.extend(signature::rules(token, header.as_ref(), keys.as_deref()));
        let read = ReadClaims {
            members: claims.as_ref(),
            unverified: unverified.as_ref(),
        };
        rules.extend(read.rules(validation, self.clock.now()));
        rules.extend(self.rule_on_denials(unverified.as_ref()));
        if judge
            .as_ref()
            .is_some_and(|it| it.introspects_every_token())
            && is_asked(&rules)
        {
            rules.push(rule_on_answer(verdict.clone()));
        }
        rules.push(binding::rule(unverified.as_ref()));
        let mut explanation = Explanation {
            rules,
            judge: judge.map(|judge| judge.name().to_owned()),
            unverified: unverified.and_then(|claims| claims.whole().cloned()),
            header,
            claims,
            verdict,
        };
        explanation.mark_failed();
        explanation
    }

    /// The issuer that the token names. If there is only one issuer, its rules are evaluated for a
    /// token of any other issuer too, so that people see what else is wrong.
    fn judge_of(&self, claims: Option<&Map<String, Value>>) -> Option<Arc<TrustedIssuer>> {
        let named = claims.and_then(|claims| claims.get("iss")?.as_str());
        let all = self.issuers.all();
        match (named.and_then(|named| self.issuers.find(named)), &*all) {
            (None, [only]) => Some(only.clone()),
            (judge, _) => judge,
        }
    }

    /// The issuer whose rules an explanation of this token evaluates.
    pub(crate) fn judge(&self, token: &str) -> Option<Arc<TrustedIssuer>> {
        let claims = read(token.split('.').nth(1).unwrap_or_default());
        let asked = self.asked_about(token);
        asked.or_else(|| self.judge_of(claims.as_ref()))
    }

    /// A payload without a readable `iss` is a fault of this rule, because the verifier stops here.
    fn rule_on_issuer(&self, token: &str, claims: Option<&Map<String, Value>>) -> ExplainedRule {
        let shown_issuer = || claims.and_then(|claims| claims.get("iss")?.as_str());
        let named = match Jws::parse(token) {
            Ok(jws) => jws.unverified_issuer().map(|it| Some(it.into_owned())),
            Err(_) => Ok(shown_issuer().map(str::to_owned)),
        };
        let evaluation = match named {
            Err(error) => Err::<(), _>(error).into(),
            Ok(None) => Evaluation::NotExamined("the token does not name its issuer"),
            Ok(Some(named)) => {
                let judge = self.issuers.find(&named);
                judge.ok_or(TokenError::UnknownIssuer).into()
            }
        };
        let wanted = match &*self.issuers.all() {
            [] => "an issuer that is trusted; there is none".to_owned(),
            [only] => shown(&Value::from(only.identifier())),
            all => {
                let quoted = |it: &Arc<TrustedIssuer>| shown(&Value::from(it.identifier()));
                let all: Vec<_> = all.iter().take(MAX_ISSUERS_SHOWN).map(quoted).collect();
                format!("one of {}", all.join(", "))
            }
        };
        ExplainedRule::new("issuer", evaluation, said(claims, "iss"), &wanted)
    }

    fn rule_on_denials(&self, claims: Option<&UnverifiedClaims>) -> Option<ExplainedRule> {
        let denylist = self.denylist.as_ref()?;
        let evaluation = match claims.and_then(UnverifiedClaims::whole) {
            Some(claims) => denylist.check(claims, self.clock.now()).into(),
            None => Evaluation::NotExamined(UNREADABLE),
        };
        let found = match denylist.len() {
            1 => "1 denial is known".to_owned(),
            number => format!("{number} denials are known"),
        };
        Some(ExplainedRule::new(
            "denylist",
            evaluation,
            found,
            "not on the denylist",
        ))
    }
}

fn verdict(verified: &VerifyResult) -> Result<(), VerifyError> {
    let claims = verified.as_ref().map_err(Clone::clone)?;
    Ok(binding::check(claims)?)
}

/// Whether no other rule is broken, so that the verifier asks the issuer.
fn is_asked(rules: &[ExplainedRule]) -> bool {
    !rules.iter().any(ExplainedRule::is_broken)
}

/// A part of the token for display, read as leniently as possible.
fn read(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The claims in the verifier's reading.
fn payload(token: &str, validation: Option<&Validation>) -> Option<UnverifiedClaims> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let names = validation.map(|rules| rules.claim_names().clone());
    UnverifiedClaims::read(&bytes, &names.unwrap_or_default()).ok()
}

fn lines(members: &Map<String, Value>) -> Vec<(String, String)> {
    let line = |(name, value): (&String, &Value)| {
        let name = shown(&Value::from(name.as_str()));
        (name.trim_matches('"').to_owned(), shown(value))
    };
    members.iter().map(line).collect()
}

/// More identifiers do not help.
const MAX_ISSUERS_SHOWN: usize = 10;
