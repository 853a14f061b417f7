//! Opaque tokens: what `check` finds in APIs that introspect, and what it needs to call one secure.

use std::collections::BTreeSet;

use poem_resource_server::check::{OpaqueToken, Report, Tokens, Verdict};

use crate::apis::{self, opaque};
use crate::parts::Api;
use crate::world::{AUDIENCE, ISSUER, Revoke, World};

use super::found;

fn granted(kind: &str, test: &str, scope: &str) -> (String, OpaqueToken) {
    let known = OpaqueToken {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        scope: scope.parse().ok(),
        ..OpaqueToken::default()
    };
    (opaque::token(kind, test), known)
}

/// The tokens of a test with this name, which are in force.
fn good_tokens(test: &str) -> Tokens {
    let (good, known) = granted(opaque::GOOD, test, "reports:read");
    let (lesser, known_lesser) = granted(opaque::LESSER, test, "other");
    Tokens::default()
        .with_granted(good, known)
        .with_granted(lesser, known_lesser)
}

/// Those, and the tokens that only an issuer can grant.
fn all_tokens(test: &str) -> Tokens {
    [
        ("other_audience", opaque::OTHER_AUDIENCE),
        ("refresh_token", opaque::REFRESH),
    ]
    .into_iter()
    .fold(good_tokens(test), |tokens, (what, kind)| {
        let declared = tokens.with_declared(what, opaque::token(kind, test));
        declared.unwrap()
    })
}

const REVOKED: Revoke = |token| {
    opaque::revoke(token);
    Ok(())
};

async fn report(api: Api, test: &str) -> Report {
    let world = World::start(api).await.with_tokens(all_tokens(test));
    world.revoking(REVOKED).report().await
}

fn gaps(report: &Report) -> BTreeSet<&'static str> {
    let gaps = report.gaps().into_iter();
    gaps.flat_map(|gap| gap.checks).collect()
}

#[tokio::test]
async fn nothing_is_wrong_with_an_api_that_introspects_every_token() {
    let world = World::start(opaque::introspects("")).await;
    let world = world.with_tokens(all_tokens("right")).revoking(REVOKED);

    let (planned, report) = world.planned_and_report().await;

    assert_eq!(found(&report), BTreeSet::new(), "{report:#?}");
    assert_eq!(report.verdict(), Verdict::Secure, "{:#?}", report.gaps());
    assert!(report.requests() <= planned, "{planned}");
    for (check, at_least) in [
        ("not_issued", 16),
        ("unsigned", 8),
        ("own_key", 4),
        ("linked_key", 4),
        ("two_headers", 4),
        ("token_in_query", 2),
        ("other_audience", 2),
        ("wrong_kind", 2),
        ("missing_scope", 1),
        ("revoked", 1),
    ] {
        let outcomes = report.outcomes().iter();
        let made = outcomes.filter(|it| it.check == check && it.not_made.is_none());
        let made = made.count();
        assert!(made >= at_least, "{check}: {made} of {at_least}");
    }
    let of_jwts = [
        "signature_changed",
        "payload_changed",
        "critical_header",
        "expired",
    ];
    let outcomes = report.outcomes().iter();
    assert_eq!(outcomes.filter(|it| of_jwts.contains(&it.check)).count(), 0);
}

#[tokio::test]
async fn each_step_that_an_introspecting_api_skips_is_found() {
    for (row, api, expected) in [
        (
            "active",
            opaque::introspects("active"),
            &[
                "not_issued",
                "unsigned",
                "own_key",
                "linked_key",
                "garbage",
                "revoked",
            ][..],
        ),
        ("aud", opaque::introspects("aud"), &["other_audience"]),
        ("kind", opaque::introspects("kind"), &["wrong_kind"]),
        ("for-ever", opaque::remembers_for_ever(), &["revoked"]),
        (
            "prefix",
            opaque::remembers_by_prefix(),
            &["not_issued", "revoked"],
        ),
        (
            "jwt",
            opaque::believes_jwts(),
            &["unsigned", "own_key", "linked_key"],
        ),
    ] {
        let report = report(api, row).await;

        let mut found = found(&report);
        if row == "active" {
            // Every caller is served, which other checks report too.
            found.remove("wrong_status");
            found.remove("missing_scope");
        }
        let expected: BTreeSet<_> = expected.iter().map(|&check| check.to_owned()).collect();
        assert_eq!(found, expected, "{row}: {report:#?}");
    }
}

#[tokio::test]
async fn what_only_the_issuer_can_make_is_reported_as_not_made() {
    let world = World::start(opaque::introspects("")).await;

    let report = world.with_tokens(good_tokens("alone")).report().await;

    assert_eq!(found(&report), BTreeSet::new());
    assert_eq!(report.verdict(), Verdict::Incomplete);
    let expected = ["other_audience", "revoked", "wrong_kind"];
    assert_eq!(gaps(&report), expected.into());
    for gap in report.gaps() {
        assert!(gap.why.contains("--re"), "{gap:?}");
    }
}

#[tokio::test]
async fn a_revocation_that_the_issuer_refuses_is_not_made() {
    let world = World::start(opaque::introspects("")).await;
    let world = world.with_tokens(all_tokens("refused"));

    let report = world
        .revoking(|_| Err("The issuer refused.".to_owned()))
        .report()
        .await;

    assert_eq!(gaps(&report), ["revoked"].into());
    assert_eq!(report.gaps()[0].why, "The issuer refused.");
}

#[tokio::test]
async fn an_api_that_refuses_the_good_token_shows_nothing_about_revocation() {
    let world = World::start(apis::refuses_all()).await;
    let world = world.with_tokens(all_tokens("all-refused"));

    let report = world.revoking(REVOKED).report().await;

    assert_eq!(found(&report), ["good_token".to_owned()].into());
    assert!(gaps(&report).contains("revoked"));
}

#[test]
fn a_word_that_says_nothing_of_a_refused_token_is_an_error() {
    let unknown = Tokens::default().with_declared("stale", "abc".to_owned());
    let known = Tokens::default().with_declared("expired", "abc".to_owned());

    assert_eq!(unknown.unwrap_err(), "abc");
    assert!(known.is_ok());
}
