//! Evaluates each rule by itself, in the verifier's order.
//!
//! A rule that needs what is missing, such as a key, is not examined. The verifier's verdict
//! decides which of the broken rules it stopped at.

use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::token::{
    Algorithm, ClaimFault, Jws, MAX_TOKEN_BYTES, TokenError, TokenType, UnverifiedClaims,
    UnverifiedToken, VerifyingKey,
};
use crate::verifier::{Verifier, VerifyError};

use super::shown::shown;
use super::times::{distance, duration};
use super::{ExplainedRule, RuleState};

/// What is known of a token before its rules are evaluated.
pub(super) struct Examination<'a> {
    pub(super) verifier: &'a Verifier,
    pub(super) header: Option<&'a Map<String, Value>>,
    pub(super) claims: Option<&'a Map<String, Value>>,
    pub(super) unverified: Option<&'a UnverifiedClaims>,
    pub(super) verdict: Option<&'a VerifyError>,
}

/// Whether a rule is kept, or why nobody knows.
type Evaluation = Result<Result<(), VerifyError>, &'static str>;

impl Examination<'_> {
    pub(super) fn rules(&self, token: &str) -> Vec<ExplainedRule> {
        let mut rules = self.of_the_form(token);
        rules.extend(self.of_the_header(token));
        rules.extend(self.of_the_signature(token));
        rules.extend(self.of_the_claims());
        // The verifier stops at the first rule that gives its reason.
        let verdict = self.verdict.map(VerifyError::reason);
        let mut broken = rules.iter_mut().filter(|rule| rule.is_broken());
        if let Some(failed) = broken.find(|rule| rule.reason == verdict) {
            failed.state = RuleState::Failed;
        }
        rules
    }

    fn of_the_form(&self, token: &str) -> Vec<ExplainedRule> {
        let unverified = UnverifiedToken::new(token);
        let length = if token.len() > MAX_TOKEN_BYTES {
            Err(TokenError::TooLong { bytes: token.len() })
        } else {
            Ok(())
        };
        let segments = token.split('.').count().to_string();
        vec![
            rule(
                "length",
                judged(length),
                format!("{} bytes", token.len()),
                &format!("at most {MAX_TOKEN_BYTES} bytes"),
            ),
            rule(
                "characters",
                judged(unverified.check_characters()),
                String::new(),
                "letters, digits, `-`, `_` and `.`",
            ),
            rule(
                "parts",
                judged(unverified.check_segments()),
                segments,
                "3 parts, joined by dots",
            ),
            rule(
                "header",
                judged(unverified.header().map(|_| ())),
                String::new(),
                "a JSON object with unique names, at most 2 KiB",
            ),
        ]
    }

    fn of_the_header(&self, token: &str) -> Vec<ExplainedRule> {
        let validation = &self.verifier.validation;
        let header = UnverifiedToken::new(token).header().ok();
        let header = header.as_ref().ok_or(NO_HEADER);
        let algorithms = validation.algorithms().iter();
        let algorithms: Vec<_> = algorithms.map(|it| Algorithm::name(*it)).collect();
        let types: Vec<_> = validation
            .token_types()
            .iter()
            .map(|it| it.name())
            .collect();
        let types = match types.as_slice() {
            [] => "absent, or one of JWT and at+jwt".to_owned(),
            types => types.join(" or "),
        };
        let algorithm = header.map(|header| {
            let allowed = |algorithm: &Algorithm| validation.check_algorithm(*algorithm);
            header
                .algorithm
                .as_ref()
                .map_err(Clone::clone)
                .and_then(allowed)
        });
        let token_type = header.map(|header| {
            let allowed = |it: &Option<TokenType>| validation.check_token_type(*it);
            header
                .token_type
                .as_ref()
                .map_err(Clone::clone)
                .and_then(allowed)
        });
        let evaluated = |it: Result<Result<(), TokenError>, _>| it.map(|it| it.map_err(Into::into));
        vec![
            rule(
                "algorithm",
                evaluated(algorithm),
                self.of_header("alg"),
                &format!("one of {}", algorithms.join(", ")),
            ),
            rule(
                "critical",
                evaluated(header.map(|header| header.critical.clone())),
                self.of_header("crit"),
                "absent",
            ),
            rule("type", evaluated(token_type), self.of_header("typ"), &types),
            rule(
                "key id",
                evaluated(header.map(|header| header.key_id.clone())),
                self.of_header("kid"),
                "a string of at most 256 bytes",
            ),
            rule(
                "payload form",
                evaluated(header.map(|header| header.encoding.clone())),
                self.of_header("b64"),
                "absent",
            ),
        ]
    }

    fn of_the_signature(&self, token: &str) -> Vec<ExplainedRule> {
        let unverified = UnverifiedToken::new(token);
        let keys = self.verifier.keys.current();
        let jws = Jws::parse(token);
        let found: Result<Result<&VerifyingKey, TokenError>, &str> = match (&jws, &keys) {
            (Err(_), _) => Err("the parts before it are refused"),
            (_, None) => Err("the issuer's keys are not at hand"),
            (Ok(jws), Some(keys)) => Ok(keys.find(jws.header())),
        };
        let key = match &found {
            Ok(found) => Ok(found.as_ref().map(|_| ()).map_err(|it| it.clone().into())),
            Err(why) => Err(*why),
        };
        let encoding = match unverified.check_segments() {
            Ok(()) => judged(
                unverified
                    .payload()
                    .and_then(|_| unverified.signature())
                    .map(|_| ()),
            ),
            Err(_) => Err("the token does not have three parts"),
        };
        let signature = match (&jws, &found) {
            (Ok(jws), Ok(Ok(key))) if matches!(encoding, Ok(Ok(()))) => {
                judged(key.verify(jws).map(|_| ()))
            }
            (Ok(_), Ok(Err(_))) => Err("there is no key for it"),
            (_, Err(why)) => Err(*why),
            _ => Err("a part cannot be decoded"),
        };
        vec![
            rule(
                "key",
                key,
                self.of_header("kid"),
                "a key that the issuer publishes for this algorithm",
            ),
            rule(
                "encoding",
                encoding,
                String::new(),
                "base64url without padding",
            ),
            rule("signature", signature, String::new(), "made with that key"),
        ]
    }

    fn of_the_claims(&self) -> Vec<ExplainedRule> {
        let validation = &self.verifier.validation;
        let now = self.verifier.clock.now();
        let since_epoch = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let claims = self.unverified.ok_or(NO_CLAIMS);
        let claim = |evaluate: &dyn Fn(&UnverifiedClaims) -> Option<Result<(), TokenError>>| {
            let evaluated = evaluate(claims?).ok_or("the claim cannot be read")?;
            judged(evaluated)
        };
        let leeway = duration(validation.leeway());
        let time = |name| self.time(name, now);
        let mut rules = vec![
            self.form_of_claims(),
            rule(
                "kind",
                claim(&|claims| Some(claims.check_kind())),
                String::new(),
                "an access token that is not bound to a proof",
            ),
            rule(
                "issuer",
                claim(&|claims| claims.check_issuer(validation)),
                self.of_claims("iss"),
                &shown(&Value::from(validation.issuer())),
            ),
            rule(
                "audience",
                claim(&|claims| claims.check_audience(validation)),
                self.of_claims("aud"),
                &shown(&Value::from(validation.audience())),
            ),
            rule(
                "expires",
                claim(&|claims| claims.check_expiry(validation, since_epoch)),
                time("exp"),
                &format!("in the future, with {leeway} of leeway"),
            ),
            rule(
                "not before",
                claim(&|claims| claims.check_not_before(validation, since_epoch)),
                time("nbf"),
                &format!("absent or in the past, with {leeway} of leeway"),
            ),
            rule(
                "issued",
                claim(&|claims| claims.check_issued_at(validation, since_epoch)),
                time("iat"),
                &format!("absent or in the past, with {leeway} of leeway"),
            ),
        ];
        if let Some(denylist) = &self.verifier.denylist {
            let claims = claims.and_then(|it| it.whole().ok_or(UNREADABLE));
            rules.push(rule(
                "denylist",
                claims.map(|claims| denylist.check(claims, now)),
                match denylist.len() {
                    1 => "1 denial is known".to_owned(),
                    number => format!("{number} denials are known"),
                },
                "not on the denylist",
            ));
        }
        rules
    }

    /// Every claim that the verifier reads, present and of its type.
    fn form_of_claims(&self) -> ExplainedRule {
        let faults = match self.unverified {
            Some(claims) => claims.faults(),
            None if self.claims.is_some() => vec![TokenError::MalformedPayload],
            None => {
                let evaluation = match self.verdict {
                    Some(VerifyError::Token(TokenError::MalformedPayload)) => {
                        judged(Err(TokenError::MalformedPayload))
                    }
                    _ => Err(NO_CLAIMS),
                };
                return rule("claims", evaluation, String::new(), CLAIMS);
            }
        };
        let mut found: Vec<_> = faults.iter().map(TokenError::to_string).collect();
        let is_about_scopes = |fault: &TokenError| {
            let fault_of_claim = match fault {
                TokenError::Claim { fault, .. } => Some(*fault),
                _ => None,
            };
            matches!(fault_of_claim, Some(ClaimFault::DiffersFrom(_)))
        };
        if faults.iter().any(is_about_scopes) {
            let values = ["scp", "scope"].map(|it| format!("{it} {}", self.of_claims(it)));
            found.push(values.join(", "));
        }
        let wanted = match faults.first() {
            Some(fault) if is_about_scopes(fault) => "the same scopes in both, or one of the two",
            _ => CLAIMS,
        };
        let first = faults.into_iter().next().map_or(Ok(()), Err);
        rule("claims", judged(first), found.join("; "), wanted)
    }

    fn of_header(&self, name: &str) -> String {
        said(self.header, name)
    }

    fn of_claims(&self, name: &str) -> String {
        said(self.claims, name)
    }

    fn time(&self, name: &'static str, now: SystemTime) -> String {
        let date = self.unverified.and_then(|claims| claims.date(name));
        match date {
            Some(Some(date)) => distance(date.to_system_time(), now),
            Some(None) => "absent".to_owned(),
            None => self.of_claims(name),
        }
    }
}

fn rule(name: &'static str, evaluation: Evaluation, found: String, wanted: &str) -> ExplainedRule {
    let (state, reason, found) = match evaluation {
        Ok(Ok(())) => (RuleState::Passed, None, found),
        Ok(Err(error)) => (RuleState::WouldFail, Some(error.reason()), found),
        Err(why) => (RuleState::NotExamined, None, why.to_owned()),
    };
    ExplainedRule {
        name,
        state,
        reason,
        found,
        wanted: wanted.to_owned(),
    }
}

fn judged(outcome: Result<(), TokenError>) -> Evaluation {
    Ok(outcome.map_err(VerifyError::from))
}

fn said(members: Option<&Map<String, Value>>, name: &str) -> String {
    let value = members.and_then(|members| members.get(name));
    value.map_or_else(|| "absent".to_owned(), shown)
}

const NO_HEADER: &str = "the header cannot be read";
const NO_CLAIMS: &str = "the claims cannot be read";
const UNREADABLE: &str = "a claim cannot be read";
const CLAIMS: &str = "a JSON object with iss, aud, sub and exp, each of its type";
