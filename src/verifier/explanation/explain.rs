//! Puts an explanation together: the verdict, and each rule by itself.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::token::{Jws, TokenError, UnverifiedClaims, Validation};
use crate::verifier::{TrustedIssuer, Verifier, VerifyError, VerifyResult};

use super::claims::{ReadClaims, UNREADABLE};
use super::encryption::OpenedToken;
use super::rule::{Evaluation, ExplainedRule, rule_on_answer, said};
use super::shown::{read, shown};
use super::{Explanation, binding, header, signature};

impl Verifier {
    /// Verifies a token, with an explanation of the verdict. A token that is bound to a key is
    /// accepted, because only a request contains the proof.
    pub async fn explain(&self, token: &str) -> Explanation {
        let opened = self.open(token);
        let is_closed = opened.as_ref().is_none_or(OpenedToken::is_closed);
        if is_closed && let Some(issuer) = self.asked_about(token) {
            return self.explain_opaque(&issuer, token).await;
        }
        let verified = self.verify_claims(token).await;
        let verdict = verdict(&verified);
        match opened {
            Some(opened) if opened.is_closed() => opened.explain_closed(verdict),
            Some(opened) => {
                let mut explanation = self.explain_signed(opened.signed(), verdict);
                opened.add_to(&mut explanation);
                explanation
            }
            None => self.explain_signed(token, verdict),
        }
    }

    fn explain_signed(&self, token: &str, verdict: Result<(), VerifyError>) -> Explanation {
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
            encryption: None,
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
        let signed = self.signed_form(token);
        let claims = read(signed.split('.').nth(1).unwrap_or_default());
        let asked = self.asked_about(&signed);
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

    pub(super) fn rule_on_denials(
        &self,
        claims: Option<&UnverifiedClaims>,
    ) -> Option<ExplainedRule> {
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

/// The claims in the verifier's reading.
fn payload(token: &str, validation: Option<&Validation>) -> Option<UnverifiedClaims> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let names = validation.map(|rules| rules.claim_names().clone());
    UnverifiedClaims::read(&bytes, &names.unwrap_or_default()).ok()
}

/// More identifiers do not help.
const MAX_ISSUERS_SHOWN: usize = 10;
