//! Explains why a DPoP proof is accepted or refused, for a token and a request.
//!
//! The verdict is that of the same steps as in the service. Whether a proof was used before is known
//! only there.

use std::time::SystemTime;

use serde_json::Value;

use crate::token::{
    Confirmation, DpopProof, ProofClaim, ProofError, ProvenRequest, RequestTarget, Thumbprint,
    UnverifiedProof, UnverifiedToken,
};
use crate::verifier::Verifier;

use super::rule::{Evaluation, ExplainedRule, RuleState, said};
use super::shown::shown;
use super::times::{distance, duration};

/// A proof, and the request with which it was sent.
pub(crate) struct ExplainedProof<'a> {
    pub(crate) proof: &'a str,
    pub(crate) token: &'a str,
    pub(crate) method: &'a str,
    /// The URL that the caller used.
    pub(crate) url: &'a str,
    /// The nonce that the API requires, if it is known.
    pub(crate) nonce: Option<&'a str>,
}

/// The rules of a proof, each evaluated by itself.
pub(crate) struct ProofExplanation {
    pub(crate) rules: Vec<ExplainedRule>,
}

impl ProofExplanation {
    /// Whether a rule is broken.
    pub(crate) fn is_refused(&self) -> bool {
        self.rules.iter().any(ExplainedRule::is_broken)
    }

    /// The broken rule that makes a service refuse the proof.
    pub(crate) fn failed_rule(&self) -> Option<&ExplainedRule> {
        let mut rules = self.rules.iter();
        rules.find(|rule| rule.state == RuleState::Failed)
    }

    /// The broken rule that is most likely the cause: the first one. A proof that was made for the
    /// token endpoint lacks `ath` and names another URL, and `htu` comes first. An access token that
    /// is sent as a proof breaks nearly every rule, and `typ` comes first.
    pub(crate) fn likely_cause(&self) -> Option<&ExplainedRule> {
        self.rules.iter().find(|rule| rule.is_broken())
    }
}

impl Verifier {
    /// Explains a proof by the rules of this verifier.
    pub(crate) fn explain_proof(&self, explained: &ExplainedProof<'_>) -> ProofExplanation {
        let signed = self.signed_form(explained.token);
        let confirmation = UnverifiedToken::new(&signed).confirmation();
        let confirmation = confirmation.unwrap_or_default();
        let target = target(explained.url);
        let request = ProvenRequest {
            method: explained.method,
            target: &target,
            token: explained.token,
            confirmation: &confirmation,
        };
        let now = self.now();
        let mut rules = self.rules_on_proof(explained, &request, now);
        if let Err(reason) = self.verdict_on_proof(explained, &request, now)
            && let Some(rule) = rules.iter_mut().find(|rule| rule.reason == Some(reason))
        {
            rule.state = RuleState::Failed;
        }
        ProofExplanation { rules }
    }

    /// The reason word of a service that refuses the proof.
    fn verdict_on_proof(
        &self,
        explained: &ExplainedProof<'_>,
        request: &ProvenRequest<'_>,
        now: SystemTime,
    ) -> Result<(), &'static str> {
        let proof = DpopProof::parse(explained.proof).map_err(ProofError::reason)?;
        let checked = proof.check(request, self.proofs().policy(), now);
        let checked = checked.map_err(ProofError::reason)?;
        if let Some(wanted) = explained.nonce {
            check_nonce(checked.unverified_nonce(), wanted)?;
        }
        checked.verify().map(|_| ()).map_err(ProofError::reason)
    }

    #[expect(clippy::too_many_lines, reason = "a rule after the other")]
    fn rules_on_proof(
        &self,
        explained: &ExplainedProof<'_>,
        request: &ProvenRequest<'_>,
        now: SystemTime,
    ) -> Vec<ExplainedRule> {
        let policy = self.proofs().policy();
        let proof = UnverifiedProof::new(explained.proof);
        let (header, claims) = (proof.header(), proof.claims());
        let names: Vec<_> = policy.algorithms().iter().map(|it| it.name()).collect();
        let of_header = |outcome: Result<(), ProofError>| match header {
            Some(_) => outcome.into(),
            None => Evaluation::NotExamined("the header cannot be read"),
        };
        let of_claims = |outcome: Result<(), ProofError>| match claims {
            Some(_) => outcome.into(),
            None => Evaluation::NotExamined("the claims cannot be read"),
        };
        let binding = match (proof.thumbprint(), request.confirmation.proof_key()) {
            (Err(_), _) => Evaluation::NotExamined("the key of the proof cannot be read"),
            (_, None) => Evaluation::NotExamined("the token is not bound to a key (DPoP)"),
            _ => proof.check_binding(request).into(),
        };
        let age = match proof.issued_at() {
            Ok(date) => distance(date.to_system_time(), now),
            Err(_) => said(claims, "iat"),
        };
        let signature = match proof.check_key() {
            Ok(()) => of_header(proof.check_signature()),
            Err(_) => Evaluation::NotExamined("the key of the proof cannot be used"),
        };
        let rule = ExplainedRule::new;
        let text = |value: &str| shown(&Value::from(value));
        vec![
            rule(
                "form",
                proof.check_form().into(),
                format!("{} bytes", explained.proof.len()),
                "a JWT of at most 8 KiB: three parts of base64url",
            ),
            rule(
                "typ",
                of_header(proof.check_type()),
                said(header, "typ"),
                "\"dpop+jwt\"",
            ),
            rule(
                "alg",
                of_header(proof.check_algorithm(policy)),
                said(header, "alg"),
                &format!("one of {}", names.join(", ")),
            ),
            rule(
                "critical",
                of_header(proof.check_critical()),
                String::new(),
                "neither `crit` nor `b64`",
            ),
            rule(
                "jwk",
                of_header(proof.check_key()),
                key(&proof),
                "a public key for this algorithm",
            ),
            rule(
                "htm",
                of_claims(proof.check_method(request)),
                said(claims, "htm"),
                &text(request.method),
            ),
            rule(
                "htu",
                of_claims(proof.check_target(request)),
                said(claims, "htu"),
                &text(without_query(explained.url)),
            ),
            rule(
                "iat",
                of_claims(proof.check_age(policy, now)),
                age,
                &format!("at most {} from now", duration(policy.max_age())),
            ),
            rule(
                "jti",
                of_claims(proof.check_id()),
                said(claims, "jti"),
                "a string that no other proof of this key has",
            ),
            rule(
                "ath",
                of_claims(proof.check_token(request)),
                said(claims, "ath"),
                &format!("\"{}\"", Thumbprint::digest(explained.token.as_bytes())),
            ),
            rule(
                "key of token",
                binding,
                key(&proof),
                &wanted_key(request.confirmation),
            ),
            nonce(explained, &proof),
            rule(
                "signature",
                signature,
                String::new(),
                "made with the key in `jwk`",
            ),
        ]
    }
}

fn nonce(explained: &ExplainedProof<'_>, proof: &UnverifiedProof<'_>) -> ExplainedRule {
    let evaluation = match (proof.nonce(), explained.nonce) {
        _ if proof.claims().is_none() => Evaluation::NotExamined("the claims cannot be read"),
        (Err(error), _) => Err::<(), _>(error).into(),
        (Ok(_), None) => Evaluation::NotExamined("--nonce does not say what the API requires"),
        (Ok(found), Some(wanted)) => match check_nonce(found, wanted) {
            Ok(()) => Evaluation::Kept,
            Err(reason) => Evaluation::Broken(reason),
        },
    };
    let wanted = explained.nonce.map_or_else(
        || "absent, or a string".to_owned(),
        |it| shown(&Value::from(it)),
    );
    ExplainedRule::new("nonce", evaluation, said(proof.claims(), "nonce"), &wanted)
}

fn check_nonce(found: Option<&str>, wanted: &str) -> Result<(), &'static str> {
    match found {
        Some(found) if found == wanted => Ok(()),
        Some(_) => Err("stale_nonce"),
        None => Err(ProofError::MissingClaim(ProofClaim::Nonce).reason()),
    }
}

fn key(proof: &UnverifiedProof<'_>) -> String {
    match proof.thumbprint() {
        Ok(thumbprint) => format!("jkt {thumbprint}"),
        // A private key is not shown.
        Err(_) => "no public key that can be read".to_owned(),
    }
}

fn wanted_key(confirmation: &Confirmation) -> String {
    let key = confirmation.proof_key();
    key.map_or_else(String::new, |it| {
        format!("jkt {it}, from `cnf` of the token")
    })
}

/// The URL as the caller wrote it.
fn target(url: &str) -> RequestTarget<'_> {
    let url = without_query(url);
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    RequestTarget::new(scheme, authority, path)
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

impl From<Result<(), ProofError>> for Evaluation {
    fn from(outcome: Result<(), ProofError>) -> Self {
        outcome.map_or_else(|error| Self::Broken(error.reason()), |()| Self::Kept)
    }
}

#[cfg(all(test, feature = "dev"))]
mod tests;
