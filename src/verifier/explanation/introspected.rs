//! Explains the verdict on a token that its issuer is asked about.

use std::sync::Arc;

use crate::token::{Claims, Jws, Verified};
use crate::verifier::{TrustedIssuer, Verifier, VerifyError};

use super::Explanation;
use super::rule::rule_on_answer;

impl Verifier {
    /// The issuer that is asked about this token, if it is not a JWT.
    pub(super) fn asked_about(&self, token: &str) -> Option<Arc<TrustedIssuer>> {
        if Jws::parse(token).is_ok() || !self.issuers().introspect() {
            return None;
        }
        self.issuers().find_for_opaque(token).ok()
    }

    /// The explanation of a verdict on a token that is not a JWT. Nothing can be read in it, so the
    /// claims are those of the answer.
    pub(super) fn explain_opaque(
        issuer: &TrustedIssuer,
        verdict: Result<Arc<Verified<Claims>>, VerifyError>,
    ) -> Explanation {
        let claims = verdict.as_ref().ok().map(|claims| Claims::clone(claims));
        let verdict = verdict.map(|_| ());
        let mut explanation = Explanation {
            encryption: None,
            header: None,
            claims: claims.as_ref().map(Claims::all),
            rules: vec![rule_on_answer(verdict.clone())],
            judge: Some(issuer.name().to_owned()),
            unverified: claims,
            verdict,
        };
        explanation.mark_failed();
        explanation
    }
}
