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
    /// The rules on claims, at this time. Most of them are those of the issuer that the token
    /// names.
    pub(super) fn rules(
        self,
        validation: Option<&Validation>,
        now: SystemTime,
    ) -> Vec<ExplainedRule> {
        let since_epoch = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let mut rules = vec![
            self.form(),
            ExplainedRule::new(
                "kind",
                self.evaluate(|claims| Some(claims.check_kind())),
                String::new(),
                "an access token",
            ),
        ];
        let Some(validation) = validation else {
            let others = ["audience", "client", "required claims", "expires"];
            let rule = |name| {
                ExplainedRule::new(name, Evaluation::NotExamined(NO_JUDGE), String::new(), "")
            };
            rules.extend(others.map(rule));
            return rules;
        };
        let leeway = duration(validation.leeway());
        let past = format!("absent or in the past, with {leeway} of leeway");
        rules.push(ExplainedRule::new(
            "audience",
            self.evaluate(|claims| claims.check_audience(validation)),
            self.audience(validation),
            &list(validation.audiences()),
        ));
        rules.extend(self.rules_on_client(validation));
        rules.extend([
            ExplainedRule::new(
                "expires",
                self.evaluate(|claims| claims.check_expiry(validation, since_epoch)),
                self.time("exp", now),
                &format!("in the future, with {leeway} of leeway"),
            ),
            ExplainedRule::new(
                "not before",
                self.evaluate(|claims| claims.check_not_before(validation, since_epoch)),
                self.time("nbf", now),
                &past,
            ),
            ExplainedRule::new(
                "issued",
                self.evaluate(|claims| claims.check_issued_at(validation, since_epoch)),
                self.time("iat", now),
                &past,
            ),
        ]);
        rules
    }

    /// The rules that only some issuers have.
    fn rules_on_client(self, validation: &Validation) -> Vec<ExplainedRule> {
        let mut rules = Vec::new();
        if !validation.clients().is_empty() {
            let clients =
                ["client_id", "cid", "azp"].map(|claim| (claim, said(self.members, claim)));
            let named = clients.iter().filter(|(_, value)| value != "absent");
            let named: Vec<_> = named
                .map(|(claim, value)| format!("{claim} {value}"))
                .collect();
            rules.push(ExplainedRule::new(
                "client",
                self.evaluate(|claims| claims.check_clients(validation)),
                named.join(", "),
                &list(validation.clients().iter().map(String::as_str)),
            ));
        }
        if !validation.required_claims().is_empty() {
            let required = validation.required_claims().iter();
            let found: Vec<_> = (required.clone())
                .map(|(claim, _)| format!("{claim} {}", said(self.members, claim)))
                .collect();
            let wanted: Vec<_> = required
                .map(|(claim, values)| match values.as_slice() {
                    [] => format!("{claim} with any value"),
                    values => format!("{claim} {}", list(values.iter().map(String::as_str))),
                })
                .collect();
            rules.push(ExplainedRule::new(
                "required claims",
                self.evaluate(|claims| claims.check_required_claims(validation)),
                found.join(", "),
                &wanted.join(", "),
            ));
        }
        rules
    }

    fn audience(self, validation: &Validation) -> String {
        match validation.claim_names().audience() {
            Some(substitute) if said(self.members, "aud") == "absent" => {
                format!("{substitute} {}", said(self.members, substitute))
            }
            _ => said(self.members, "aud"),
        }
    }

    fn evaluate(
        self,
        evaluate: impl FnOnce(&UnverifiedClaims) -> Option<Result<(), TokenError>>,
    ) -> Evaluation {
        let Some(claims) = self.unverified else {
            return Evaluation::NotExamined(UNREADABLE);
        };
        evaluate(claims).map_or(
            Evaluation::NotExamined("the claim cannot be read"),
            Evaluation::from,
        )
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

/// Values that are accepted, as they may be shown.
fn list<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let shown: Vec<_> = values.map(|value| shown(&Value::from(value))).collect();
    match shown.as_slice() {
        [only] => only.clone(),
        several => format!("one of {}", several.join(", ")),
    }
}

const NO_JUDGE: &str = "no trusted issuer judges the token";
pub(super) const UNREADABLE: &str = "the claims cannot be read";
const FORM: &str = "a JSON object with iss, aud, sub and exp, each of its type";
