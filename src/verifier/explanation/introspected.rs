//! Explains the verdict on a token that its issuer is asked about.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::token::{ActiveToken, IntrospectionResponse, Jws, TokenError, UnverifiedClaims};
use crate::verifier::{TrustedIssuer, Verifier, VerifyError};

use super::Explanation;
#[cfg(feature = "service")]
use super::RuleState;
use super::binding;
use super::claims::ReadClaims;
use super::rule::{Evaluation, ExplainedRule, said};
use super::shown::shown;

impl Verifier {
    /// The issuer that is asked about this token, if it is not a JWT.
    pub(super) fn asked_about(&self, token: &str) -> Option<Arc<TrustedIssuer>> {
        if Jws::parse(token).is_ok() || !self.issuers().introspect() {
            return None;
        }
        self.issuers().find_for_opaque(token).ok()
    }

    /// The explanation of a token that is not a JWT. Nothing can be read in it, so the claims are
    /// those of the answer of its issuer, whom this asks.
    pub(super) async fn explain_opaque(&self, issuer: &TrustedIssuer, token: &str) -> Explanation {
        let asked = match issuer.introspector() {
            Some(introspector) => introspector.ask(token).await,
            None => Err(TokenError::UnknownForm.into()),
        };
        match asked {
            Ok(response) => self.explain_answer(issuer, &response),
            Err(error) => {
                let found = error.reason().to_owned();
                let rule = on_activity(Evaluation::Broken(error.reason()), found);
                self.explained(issuer, rule, None, Err(error))
            }
        }
    }

    /// The explanation of an opaque token of this issuer, which is not asked.
    #[cfg(feature = "service")]
    pub(crate) fn explain_unasked(&self, issuer: &TrustedIssuer) -> Explanation {
        let rule = on_activity(Evaluation::NotExamined(UNASKED), String::new());
        let verdict = VerifyError::NotIntrospected {
            reason: "introspection_unavailable",
            retry_after: std::time::Duration::ZERO,
        };
        self.explained(issuer, rule, None, Err(verdict))
    }

    fn explain_answer(
        &self,
        issuer: &TrustedIssuer,
        response: &IntrospectionResponse,
    ) -> Explanation {
        let judged = self.judge_response(response, issuer, None);
        let verdict = judged.map_err(VerifyError::from).and_then(|claims| {
            self.check_denylist(&claims, self.clock.now())?;
            Ok(binding::check(&claims)?)
        });
        match response {
            IntrospectionResponse::Active(active) => {
                let rule = on_activity(Evaluation::Kept, "active".to_owned());
                self.explained(issuer, rule, Some(active), verdict)
            }
            IntrospectionResponse::Inactive => {
                let evaluation = Evaluation::Broken(TokenError::Inactive.reason());
                let rule = on_activity(evaluation, "not active".to_owned());
                self.explained(issuer, rule, None, verdict)
            }
        }
    }

    /// With the rule on the answer, and those on the claims in it.
    fn explained(
        &self,
        issuer: &TrustedIssuer,
        on_answer: ExplainedRule,
        active: Option<&ActiveToken>,
        verdict: Result<(), VerifyError>,
    ) -> Explanation {
        let validation = issuer.validation();
        let bytes = active.map(ActiveToken::as_bytes);
        let claims = bytes.and_then(|it| serde_json::from_slice::<Map<String, Value>>(it).ok());
        let names = validation.claim_names();
        let unverified = bytes.and_then(|it| UnverifiedClaims::read(it, names).ok());
        let read = ReadClaims {
            members: claims.as_ref(),
            unverified: unverified.as_ref(),
        };
        let stated = claims
            .as_ref()
            .and_then(|claims| claims.get("iss")?.as_str());
        let on_issuer = ExplainedRule::new(
            "issuer",
            match stated {
                Some(stated) => validation.check_issuer(stated).into(),
                None => Evaluation::NotExamined("no issuer is stated"),
            },
            said(claims.as_ref(), "iss"),
            &shown(&Value::from(issuer.identifier())),
        );
        let mut rules = vec![on_answer, on_issuer];
        rules.extend(read.rules(Some(validation), self.clock.now()));
        // The issuer states the kind in its own way.
        if let (Some(active), Some(rule)) = (active, rules.iter_mut().find(|it| it.name == "kind"))
        {
            let wanted = std::mem::take(&mut rule.wanted);
            let evaluation = active.check_kind().into();
            *rule = ExplainedRule::new("kind", evaluation, String::new(), &wanted);
        }
        rules.extend(self.rule_on_denials(unverified.as_ref()));
        rules.push(binding::rule(unverified.as_ref()));
        let mut explanation = Explanation {
            encryption: None,
            header: None,
            claims,
            rules,
            judge: Some(issuer.name().to_owned()),
            unverified: unverified.and_then(|claims| claims.whole().cloned()),
            verdict,
        };
        explanation.mark_failed();
        explanation
    }
}

#[cfg(feature = "service")]
impl Explanation {
    /// Whether the token is not a JWT, and its claims are those of the issuer's answer.
    pub(crate) fn is_opaque(&self) -> bool {
        self.rules
            .first()
            .is_some_and(|rule| rule.name == "introspection")
    }

    /// Whether no rule was examined, because only the issuer can read the token and was not asked.
    pub(crate) fn is_unknown(&self) -> bool {
        let mut rules = self.rules.iter();
        rules.all(|rule| rule.state == RuleState::NotExamined)
    }
}

/// The rule that the issuer calls the token active.
fn on_activity(evaluation: Evaluation, found: String) -> ExplainedRule {
    let wanted = "the issuer calls the token active";
    ExplainedRule::new("introspection", evaluation, found, wanted)
}

const UNASKED: &str = "only the issuer knows, and it was not asked";
