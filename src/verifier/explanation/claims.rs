//! The rules on the claims of a token.

use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::token::{ClaimFault, TokenError, UnverifiedClaims, Validation};

use super::rule::{Evaluation, ExplainedRule, said};
use super::shown::shown;
use super::times::{distance, duration};

/// The claims of a token, as they are shown and as the verifier reads them.
#[derive(Clone, Copy)]
pub(super) struct ReadClaims<'a> {
    pub(super) members: Option<&'a Map<String, Value>>,
    pub(super) unverified: Option<&'a UnverifiedClaims>,
}

impl ReadClaims<'_> {
    /// The rules on claims, at this time.
    pub(super) fn rules(self, validation: &Validation, now: SystemTime) -> Vec<ExplainedRule> {
        let since_epoch = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let claim = |evaluate: &dyn Fn(&UnverifiedClaims) -> Option<Result<(), TokenError>>| {
            let Some(claims) = self.unverified else {
                return Evaluation::NotExamined(UNREADABLE);
            };
            evaluate(claims).map_or(
                Evaluation::NotExamined("the claim cannot be read"),
                Evaluation::from,
            )
        };
        let leeway = duration(validation.leeway());
        let past = format!("absent or in the past, with {leeway} of leeway");
        vec![
            self.form(),
            ExplainedRule::new(
                "kind",
                claim(&|claims| Some(claims.check_kind())),
                String::new(),
                "an access token that is not bound to a proof",
            ),
            ExplainedRule::new(
                "issuer",
                claim(&|claims| claims.check_issuer(validation)),
                said(self.members, "iss"),
                &shown(&Value::from(validation.issuer())),
            ),
            ExplainedRule::new(
                "audience",
                claim(&|claims| claims.check_audience(validation)),
                said(self.members, "aud"),
                &shown(&Value::from(validation.audience())),
            ),
            ExplainedRule::new(
                "expires",
                claim(&|claims| claims.check_expiry(validation, since_epoch)),
                self.time("exp", now),
                &format!("in the future, with {leeway} of leeway"),
            ),
            ExplainedRule::new(
                "not before",
                claim(&|claims| claims.check_not_before(validation, since_epoch)),
                self.time("nbf", now),
                &past,
            ),
            ExplainedRule::new(
                "issued",
                claim(&|claims| claims.check_issued_at(validation, since_epoch)),
                self.time("iat", now),
                &past,
            ),
        ]
    }

    /// The rule that every claim that the verifier reads is present and of its type.
    fn form(self) -> ExplainedRule {
        let Some(claims) = self.unverified else {
            let evaluation = match self.members {
                Some(_) => Evaluation::from(Err::<(), _>(TokenError::MalformedPayload)),
                None => Evaluation::NotExamined(UNREADABLE),
            };
            return ExplainedRule::new("claims", evaluation, String::new(), FORM);
        };
        let faults = claims.faults();
        let mut found: Vec<_> = faults.iter().map(TokenError::to_string).collect();
        let mut wanted = FORM;
        if let Some(TokenError::Claim {
            fault: ClaimFault::DiffersFrom(_),
            ..
        }) = faults.first()
        {
            let values = ["scp", "scope"].map(|it| format!("{it} {}", said(self.members, it)));
            found.push(values.join(", "));
            wanted = "the same scopes in both, or one of the two";
        }
        let first = faults.into_iter().next().map_or(Ok(()), Err);
        ExplainedRule::new("claims", first.into(), found.join("; "), wanted)
    }

    fn time(self, name: &'static str, now: SystemTime) -> String {
        match self.unverified.and_then(|claims| claims.date(name)) {
            Some(date) => distance(date.to_system_time(), now),
            None => said(self.members, name),
        }
    }
}

pub(super) const UNREADABLE: &str = "the claims cannot be read";
const FORM: &str = "a JSON object with iss, aud, sub and exp, each of its type";
