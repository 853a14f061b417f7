//! The rule on the keys that a token is bound to.

use crate::token::{Claims, Confirmation, UnverifiedClaims};
use crate::verifier::BindingError;

use super::claims::UNREADABLE;
use super::rule::{Evaluation, ExplainedRule};

/// Whether a caller can prove to have every key of `cnf`.
pub(super) fn check(claims: &Claims) -> Result<(), BindingError> {
    match claims.confirmation() {
        Some(confirmation) if confirmation.has_other_members() => {
            Err(BindingError::UnsupportedConfirmation)
        }
        _ => Ok(()),
    }
}

/// The rule, and to what the token is bound.
pub(super) fn rule(claims: Option<&UnverifiedClaims>) -> ExplainedRule {
    let claims = claims.and_then(UnverifiedClaims::whole);
    let evaluation = match claims.map(check) {
        None => Evaluation::NotExamined(UNREADABLE),
        Some(outcome) => outcome.into(),
    };
    let found = claims.map_or_else(String::new, |it| bound_to(it.confirmation()));
    ExplainedRule::new("binding", evaluation, found, "`jkt`, `x5t#S256` or none")
}

fn bound_to(confirmation: Option<&Confirmation>) -> String {
    let Some(confirmation) = confirmation else {
        return "not bound: anyone who has the token can use it".to_owned();
    };
    let key = confirmation.proof_key();
    let key = key.map(|it| format!("bound to a key (DPoP): jkt {it}"));
    let certificate = confirmation.certificate();
    let certificate = certificate.map(|it| format!("bound to a certificate: x5t#S256 {it}"));
    let other = confirmation.has_other_members();
    let other = other.then(|| "bound in a way that is not supported".to_owned());
    let all: Vec<_> = [key, certificate, other].into_iter().flatten().collect();
    all.join(", and ")
}
