//! Explains the proof of `--proof`: the verdict first, then each rule.

use std::fmt::Write as _;

use crate::program::command_line::GivenProof;
use crate::program::failure::Failure;
use crate::program::page::{BAD, BOLD, GOOD, wrapped};
use crate::verifier::{ExplainedProof, ProofExplanation, Verifier, advice};

use super::input;
use super::page::{field, row};

/// The explanation of the given proof, if there is one.
pub(super) fn explained(
    verifier: &Verifier,
    given: &GivenProof,
    token: &str,
) -> Result<Option<ProofExplanation>, Failure> {
    let (Some(proof), Some(method), Some(url)) = (&given.proof, &given.method, &given.url) else {
        return Ok(None);
    };
    let proof = input::proof(proof)?;
    Ok(Some(verifier.explain_proof(&ExplainedProof {
        proof: &proof,
        token,
        method,
        url,
        nonce: given.nonce.as_deref(),
    })))
}

/// The section about the proof.
pub(super) fn text(explanation: &ProofExplanation) -> String {
    let mut text = format!("{BOLD}Proof{BOLD:#}\n\n");
    match explanation.likely_cause() {
        None => {
            let what = "the proof keeps every rule that can be examined here. Only the API knows \
                 whether it was used before.";
            let what = wrapped(what, 10);
            let _ = writeln!(text, "{GOOD}Accepted:{GOOD:#} {}", what.trim_start());
        }
        Some(cause) => {
            let reason = cause.reason.unwrap_or_default();
            let (meaning, fix) = advice(reason);
            let meaning = wrapped(meaning, 0);
            let _ = writeln!(text, "{BAD}Refused:{BAD:#} {meaning}\n");
            let rows = [
                ("reason", reason),
                ("found", &cause.found),
                ("wanted", &cause.wanted),
                ("fix", fix),
            ];
            for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
                let _ = writeln!(text, "{}", field(name, value));
            }
            let logged = explanation.failed_rule().filter(|rule| *rule != cause);
            if let Some(logged) = logged.and_then(|rule| rule.reason) {
                let what =
                    format!("A service answers with the reason {logged}, which it finds first.");
                let _ = writeln!(text, "{}", field("note", &what));
            }
        }
    }
    text.push('\n');
    for rule in &explanation.rules {
        text.push_str(&row(rule));
    }
    text
}
