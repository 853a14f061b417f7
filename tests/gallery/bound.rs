//! Tokens that are bound to a key: `check` finds each step that an API skips.

use std::collections::BTreeSet;

use poem_resource_server::check::{OpaqueBinding, OpaqueToken, Report, Tokens, Verdict};
use poem_resource_server::issuer::ProofMaker;
use serde_json::{Value, json};

use crate::apis::{self, opaque};
use crate::parts::Api;
use crate::world::{AUDIENCE, ISSUER, World, good, json_with, token, wrong_in_one_thing};

use super::found;

pub(crate) fn bound(claims: &Value, holder: &ProofMaker) -> String {
    let cnf = json!({ "jkt": holder.thumbprint().to_string() });
    token(&json_with(claims, "cnf", cnf))
}

/// The report of a check whose good tokens are bound.
async fn report_with_bound_tokens(api: Api) -> (usize, Report) {
    let holder = ProofMaker::generate();
    let lesser = json_with(&good(), "scp", json!(["other"]));
    let tokens = Tokens::default()
        .with_holder(holder.clone())
        .with_good(bound(&good(), &holder))
        .with_good(bound(&lesser, &holder))
        .with_refused(wrong_in_one_thing());
    let world = World::start(api).await.with_tokens(tokens);
    world.planned_and_report().await
}

/// The report of a check whose good tokens are bearer tokens, with a bound one for thefts.
async fn report_with_a_bound_token(api: Api) -> Report {
    let holder = ProofMaker::generate();
    let tokens = Tokens::default()
        .with_holder(holder.clone())
        .with_good(token(&good()))
        .with_good(token(&json_with(&good(), "scp", json!(["other"]))))
        .with_bound(bound(&good(), &holder))
        .with_refused(wrong_in_one_thing());
    let world = World::start(api).await.with_tokens(tokens);
    world.report().await
}

/// The report of a check whose good tokens are opaque and bound to a key. `binding` is what is known
/// of that, and `is_own` says whether the check has the key.
async fn report_with_opaque_tokens(
    api: Api,
    test: &str,
    binding: OpaqueBinding,
    is_own: bool,
) -> Report {
    let holder = ProofMaker::generate();
    let key = if is_own {
        holder.clone()
    } else {
        ProofMaker::generate()
    };
    let thumbprint = key.thumbprint().to_string();
    let tokens = Tokens::default().with_holder(holder);
    let tokens = [(opaque::GOOD, "reports:read"), (opaque::LESSER, "other")]
        .into_iter()
        .fold(tokens, |tokens, (kind, scope)| {
            let token = opaque::bound_token(kind, test, &thumbprint);
            let known = OpaqueToken {
                issuer: ISSUER.to_owned(),
                audience: AUDIENCE.to_owned(),
                scope: scope.parse().ok(),
                binding,
            };
            tokens.with_granted(token, known)
        });
    World::start(api).await.with_tokens(tokens).report().await
}

pub(crate) const THEFTS: [&str; 8] = [
    "bound_as_bearer",
    "missing_proof",
    "proof_of_other_key",
    "proof_replayed",
    "proof_for_other_url",
    "proof_for_other_method",
    "proof_for_other_token",
    "old_proof",
];

pub(crate) fn made(report: &Report, check: &str) -> usize {
    let mut outcomes = report.outcomes().iter();
    outcomes
        .by_ref()
        .filter(|it| it.check == check && it.not_made.is_none())
        .count()
}

#[tokio::test]
async fn nothing_is_wrong_with_an_api_that_makes_every_step() {
    let (planned, report) = report_with_bound_tokens(apis::skips_of_proofs("")).await;

    assert_eq!(found(&report), BTreeSet::new(), "{report:#?}");
    assert_eq!(report.verdict(), Verdict::Secure, "{report:#?}");
    for check in THEFTS {
        assert!(made(&report, check) >= 2, "{check}");
    }
    assert!(report.requests() <= planned, "{planned}");
    let of_both = report_with_a_bound_token(apis::skips_of_proofs("")).await;
    assert_eq!(found(&of_both), BTreeSet::new(), "{of_both:#?}");
    assert!(made(&of_both, "bound_token") >= 2 && made(&of_both, "proof_replayed") >= 2);
}

#[tokio::test]
async fn each_step_that_an_api_skips_is_one_finding() {
    for (skipped, check) in [
        ("scheme", "bound_as_bearer"),
        ("proof", "missing_proof"),
        ("jkt", "proof_of_other_key"),
        ("signature", "proof_of_other_key"),
        ("jti", "proof_replayed"),
        ("htu", "proof_for_other_url"),
        ("htm", "proof_for_other_method"),
        ("ath", "proof_for_other_token"),
        ("iat", "old_proof"),
    ] {
        let (_, report) = report_with_bound_tokens(apis::skips_of_proofs(skipped)).await;
        let tried = report_with_a_bound_token(apis::skips_of_proofs(skipped)).await;

        let expected: BTreeSet<_> = [check.to_owned()].into();
        assert_eq!(found(&report), expected, "{skipped}: {report:#?}");
        assert_eq!(found(&tried), expected, "{skipped}: {tried:#?}");
        let fixes: BTreeSet<_> = report.faults().map(|(_, fault)| fault.fix).collect();
        assert_eq!(fixes.len(), 1, "{skipped}");
    }
}

#[tokio::test]
async fn an_api_without_bound_tokens_is_warned_if_it_takes_them_for_bearer_tokens() {
    let refuses = report_with_a_bound_token(apis::right()).await;
    let ignores = report_with_a_bound_token(apis::ignores_cnf()).await;
    let (_, needed) = report_with_bound_tokens(apis::ignores_cnf()).await;

    assert_eq!(found(&refuses), BTreeSet::new(), "{refuses:#?}");
    assert_eq!(refuses.verdict(), Verdict::Secure);
    assert_eq!(made(&refuses, "proof_replayed"), 0);
    assert_eq!(found(&ignores), ["(bound_as_bearer)".to_owned()].into());
    assert_eq!(ignores.verdict(), Verdict::Secure);
    let expected = ["bound_as_bearer", "good_token"].map(str::to_owned);
    assert_eq!(found(&needed), expected.into(), "{needed:#?}");
}

#[tokio::test]
async fn each_theft_of_an_opaque_token_is_tried() {
    for (skipped, check) in [
        ("", ""),
        ("scheme", "bound_as_bearer"),
        ("proof", "missing_proof"),
        ("jkt", "proof_of_other_key"),
        ("jti", "proof_replayed"),
        ("htu", "proof_for_other_url"),
        ("ath", "proof_for_other_token"),
    ] {
        for binding in [OpaqueBinding::Bound, OpaqueBinding::Unknown] {
            let api = apis::skips_of_proofs(skipped);
            let test = format!("theft-{skipped}-{binding:?}");

            let report = report_with_opaque_tokens(api, &test, binding, true).await;

            let expected: BTreeSet<_> = if skipped == "scheme" && binding != OpaqueBinding::Bound {
                // The API accepts it as a bearer token, so nothing shows that it is bound.
                BTreeSet::new()
            } else {
                [check]
                    .iter()
                    .filter(|it| !it.is_empty())
                    .map(|it| (*it).to_owned())
                    .collect()
            };
            assert_eq!(found(&report), expected, "{test}: {report:#?}");
            if skipped.is_empty() {
                for check in THEFTS
                    .iter()
                    .chain(&["good_token", "not_issued", "own_key"])
                {
                    assert!(made(&report, check) >= 2, "{test}: {check}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_opaque_token_that_may_be_bound_to_another_key_is_not_judged() {
    let api = apis::skips_of_proofs("");

    let report = report_with_opaque_tokens(api, "other-key", OpaqueBinding::Unknown, false).await;

    assert_eq!(found(&report), BTreeSet::new(), "{report:#?}");
    assert_eq!(report.verdict(), Verdict::Incomplete);
    let gaps = report.gaps();
    let gap = gaps.iter().find(|gap| gap.checks.contains(&"good_token"));
    let gap = gap.unwrap();
    assert!(
        gap.why.contains("--dpop") && gap.why.contains("--key"),
        "{gap:?}"
    );
    for check in THEFTS {
        assert!(gap.checks.contains(&check), "{check}: {gap:?}");
    }
}

#[tokio::test]
async fn an_opaque_token_that_the_api_accepts_as_a_bearer_token_is_one() {
    let known = OpaqueToken {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        scope: None,
        binding: OpaqueBinding::Unknown,
    };
    let token = opaque::token(opaque::GOOD, "bearer");
    let tokens = Tokens::default()
        .with_holder(ProofMaker::generate())
        .with_granted(token, known);
    let world = World::start(apis::skips_of_proofs("")).await;

    let report = world.with_tokens(tokens).report().await;

    assert_eq!(found(&report), BTreeSet::new(), "{report:#?}");
    assert!(made(&report, "good_token") >= 2);
    assert_eq!(made(&report, "bound_as_bearer"), 0);
}
