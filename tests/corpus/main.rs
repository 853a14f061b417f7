//! The attack corpus: hostile tokens, each with the exact reason it is refused for, and controls
//! that differ from them in a detail and are accepted.
//!
//! Every row is judged by the real verifier twice, with and without its cache. A class is a file.
#![allow(clippy::unwrap_used)] // A test may stop where it stands.
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
mod units;
mod vectors;

use std::collections::HashSet;

use forge::{Forge, Row};
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

        assert_eq!(explanation.reason(), Some(row.reason), "{}", row.name);
        assert!(explanation.failed_check().is_some(), "{}", row.name);
        let text = explanation.to_string();
        let failed = text.lines().filter(|line| line.starts_with("  FAILED"));
        assert_eq!(failed.count(), 1, "{}:\n{text}", row.name);
        assert!(text.is_ascii(), "{}:\n{text}", row.name);
        assert!(text.contains("Refused: "), "{}:\n{text}", row.name);
        assert!(!text.contains("no more to say"), "{}:\n{text}", row.name);
        if let Some(signature) = row.token.split('.').nth(2)
            && signature.len() > 20
        {
            assert!(!text.contains(signature), "{}", row.name);
        }
    }
    for row in controls(&forge) {
        let explanation = verifier.explain(&row.token).await;
        assert!(explanation.is_accepted(), "{}", row.name);
        assert!(
            explanation.to_string().ends_with("Accepted.\n"),
            "{}",
            row.name
        );
    }
}

#[tokio::test]
async fn what_is_wanted_is_told_beside_what_is_found() {
    let forge = Forge::new();
    let verifier = forge.verifier();
    let rows = [
        ("iss", json!("other"), forge.claims()["iss"].to_string()),
        ("aud", json!("other"), forge.claims()["aud"].to_string()),
        ("exp", json!(forge.now() - 60), "within 60 s".to_owned()),
    ];
    for (name, value, wanted) in rows {
        let token = forge.with_claim(name, value);

        let text = verifier.explain(&token).await.to_string();

        assert!(text.contains(&format!("wanted: {wanted}\n")), "{text}");
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
            "the name {} stands twice",
            row.name
        );
        assert!(
            tokens.insert(&row.token),
            "the token of {} stands twice",
            row.name
        );
    }
    println!(
        "{} hostile tokens, {} controls",
        hostile.len(),
        controls.len()
    );
}
