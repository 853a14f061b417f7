//! The attack corpus: hostile tokens, each with the exact reason it is refused for, and controls
//! that differ from them in a detail and are accepted.
//!
//! Every row is judged by the real verifier twice, with and without its cache. A class is a file.
#![allow(clippy::unwrap_used)] // A test may panic.
#![allow(clippy::too_many_lines)] // A table is as long as it is.
#![allow(unreachable_pub)] // A test binary has no outside.

mod algorithms;
mod claims;
mod clients;
mod controls;
mod doubled;
mod edwards;
mod forge;
mod headers;
mod json;
mod key_sets;
mod mutants;
mod neighbours;
mod oracles;
mod padding;
mod precedence;
mod second_reading;
mod selection;
mod shapes;
mod signatures;
mod signed;
mod sources;
mod strengths;
mod times;
mod two_issuers;
mod units;
mod vectors;

use std::collections::HashSet;

use forge::{Forge, Row};
use poem_resource_server::verifier::{ExplainedRule, Explanation, REASONS, RuleState};
use serde_json::json;

fn hostile(forge: &Forge) -> Vec<Row> {
    [
        algorithms::none(forge),
        algorithms::shared_secrets(forge),
        algorithms::crossings(forge),
        signatures::mutilated(forge),
        signatures::ecdsa(forge),
        signatures::pkcs1(forge),
        padding::pkcs1_by_lax_parsers(forge),
        padding::pss(forge),
        padding::cubes(forge),
        padding::residues(forge),
        edwards::faults(forge),
        oracles::other_inputs(forge),
        oracles::other_spellings(forge),
        shapes::base64(forge),
        shapes::segments(forge),
        precedence::forms(forge),
        precedence::headers(forge),
        precedence::claims(forge),
        json::headers(forge),
        json::payloads(forge),
        doubled::headers(forge),
        doubled::payloads(forge),
        headers::key_ids(forge),
        headers::critical(forge),
        headers::crowded(forge),
        headers::types(forge),
        headers::keys_of_the_attacker(forge),
        claims::issuers(forge),
        claims::audiences(forge),
        claims::subjects_and_scopes(forge),
        claims::other_tokens(forge),
        clients::faults(forge),
        times::faults(forge),
    ]
    .concat()
}

fn controls(forge: &Forge) -> Vec<Row> {
    [
        controls::all(forge),
        doubled::controls(forge),
        clients::controls(forge),
    ]
    .concat()
}

#[tokio::test]
async fn every_hostile_token_is_refused_for_its_own_reason() {
    let forge = Forge::new();
    let plain = forge.verifier().with_cache(None);
    let cached = forge.verifier();
    let mut faults = Vec::new();
    for row in hostile(&forge) {
        for verifier in [&plain, &cached] {
            let verdict = match verifier.verify(&row.token).await {
                Ok(_) => "accepted",
                Err(error) => error.reason(),
            };
            if verdict != row.reason {
                faults.push(format!("{}: {verdict}, not {}", row.name, row.reason));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn every_hostile_token_is_explained_and_shown_without_its_signature() {
    let forge = Forge::new();
    let verifier = forge.verifier().with_cache(None);
    for row in hostile(&forge) {
        let explanation = verifier.explain(&row.token).await;

        let name = &row.name;
        // Only a request shows whether its caller has the key of a bound token.
        if ["proof_required", "certificate_required"].contains(&row.reason) {
            assert!(explanation.is_accepted(), "{name}: {explanation:#?}");
            continue;
        }
        assert_eq!(explanation.reason(), Some(row.reason), "{name}");
        assert!(explanation.is_refused(), "{name}");
        let is_failed = |rule: &&ExplainedRule| rule.state == RuleState::Failed;
        let failed: Vec<_> = explanation.rules().iter().filter(is_failed).collect();
        assert_eq!(failed.len(), 1, "{name}: {explanation:#?}");
        assert_eq!(failed[0].reason, Some(row.reason), "{name}");
        // The verifier stops at the first rule that is broken.
        let first = explanation.rules().iter().find(|rule| rule.is_broken());
        assert_eq!(first, Some(failed[0]), "{name}: {explanation:#?}");
        let cause = explanation.likely_cause().unwrap();
        let reason = cause.reason.unwrap();
        assert!(REASONS.iter().any(|(known, ..)| *known == reason), "{name}");
        let shown = shown(&explanation);
        assert!(shown.is_ascii(), "{name}:\n{shown}");
        if let Some(signature) = row.token.split('.').nth(2)
            && signature.len() > 20
        {
            assert!(!shown.contains(signature), "{name}");
        }
    }
    for row in controls(&forge) {
        let explanation = verifier.explain(&row.token).await;

        let name = &row.name;
        assert!(explanation.is_accepted(), "{name}");
        let mut rules = explanation.rules().iter();
        let is_passed = rules.all(|rule| rule.state == RuleState::Passed);
        assert!(is_passed, "{name}: {explanation:#?}");
    }
}

/// Everything of an explanation that is printed.
fn shown(explanation: &Explanation) -> String {
    let parts = [explanation.header(), explanation.claims()];
    let members = parts.into_iter().flatten().flatten();
    let members = members.map(|(name, value)| format!("{name} {value}"));
    let rules = explanation.rules().iter();
    let rules = rules.map(|rule| format!("{} {} {}", rule.name, rule.found, rule.wanted));
    members.chain(rules).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_is_wanted_is_shown_beside_what_is_found() {
    let forge = Forge::new();
    let verifier = forge.verifier();
    let own = |claim: &str| forge.claims()[claim].to_string();
    for (name, value, found, wanted) in [
        ("iss", json!("other"), "\"other\"", own("iss")),
        ("aud", json!("other"), "\"other\"", own("aud")),
        (
            "exp",
            json!(forge.now() - 3_780),
            "1 h 3 min ago, at ",
            "in the future, with 1 min of leeway".to_owned(),
        ),
        (
            "scope",
            json!("profile:read admin"),
            "the claim scope is not the same as the claim scp; \
             scp [\"profile:read\"], scope \"profile:read admin\"",
            "the same scopes in both, or one of the two".to_owned(),
        ),
    ] {
        let token = forge.with_claim(name, value);

        let explanation = verifier.explain(&token).await;

        let cause = explanation.likely_cause().unwrap();
        assert!(cause.found.starts_with(found), "{name}: {cause:?}");
        assert_eq!(cause.wanted, wanted, "{name}");
    }
}

#[tokio::test]
async fn every_rule_that_can_be_evaluated_is_and_the_likely_cause_comes_first() {
    let forge = Forge::new();
    let verifier = forge.verifier_with(&json!({ "keys": [] }));
    let expired = json!(forge.now() - 3_600);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("another issuer", vec![("iss", json!("https://other.example"))], "unknown_issuer", "unknown_issuer", vec!["issuer", "key"]),
        ("another issuer and audience", vec![("iss", json!("other")), ("aud", json!("other"))], "unknown_issuer", "unknown_issuer", vec!["issuer", "key", "audience"]),
        ("expired, and its key withdrawn", vec![("exp", expired.clone())], "unknown_key", "expired", vec!["key", "expires"]),
        ("an ID token of our issuer", vec![("nonce", json!("n"))], "unknown_key", "id_token", vec!["key", "kind"]),
        ("a key that nobody published", vec![], "unknown_key", "unknown_key", vec!["key"]),
        ("another audience", vec![("aud", json!("other"))], "unknown_key", "unknown_key", vec!["key", "audience"]),
        ("a claim that cannot be read", vec![("exp", json!("soon")), ("iss", json!("other"))], "unknown_issuer", "unknown_issuer", vec!["issuer", "key", "claims"]),
    ];
    for (name, changes, reason, cause, broken) in rows {
        let mut claims = forge.claims();
        for (claim, value) in changes {
            claims[claim] = value;
        }
        let token = Forge::signed(&forge::header("RS256"), &claims);

        let explanation = verifier.explain(&token).await;

        assert_eq!(explanation.reason(), Some(reason), "{name}");
        let likely = explanation.likely_cause().unwrap();
        assert_eq!(likely.reason, Some(cause), "{name}: {explanation:#?}");
        let rules = explanation.rules().iter();
        let found: Vec<_> = rules
            .filter(|it| it.is_broken())
            .map(|it| it.name)
            .collect();
        assert_eq!(found, broken, "{name}");
    }
}

#[tokio::test]
async fn every_control_is_accepted() {
    let forge = Forge::new();
    let plain = forge.verifier().with_cache(None);
    let cached = forge.verifier();
    for row in controls(&forge) {
        for verifier in [&plain, &cached, &cached] {
            let verdict = verifier.verify(&row.token).await;
            assert!(verdict.is_ok(), "{}: {:?}", row.name, verdict.err());
        }
    }
}

#[test]
fn there_are_three_hundred_hostile_tokens_and_twenty_five_controls_each_with_its_own_name() {
    let forge = Forge::new();
    let hostile = hostile(&forge);
    let controls = controls(&forge);

    assert!(hostile.len() >= 300, "{} hostile tokens", hostile.len());
    assert!(controls.len() >= 25, "{} controls", controls.len());
    let mut names = HashSet::new();
    let mut tokens = HashSet::new();
    for row in hostile.iter().chain(&controls) {
        assert!(
            names.insert(&row.name),
            "the name {} appears twice",
            row.name
        );
        assert!(
            tokens.insert(&row.token),
            "the token of {} appears twice",
            row.name
        );
    }
    println!(
        "{} hostile tokens, {} controls",
        hostile.len(),
        controls.len()
    );
}
