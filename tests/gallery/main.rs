//! `check` finds the fault of each API in a gallery, and no fault in a correct API.

#![allow(clippy::unwrap_used)] // A test may panic.
#![allow(clippy::disallowed_methods)] // An API that follows links has its own client.

mod apis;
mod bound;
mod bounds;
mod evidence;
mod opaque;
mod opaque_bindings;
mod parts;
mod pauses;
mod single_faults;
mod unbound;
mod upgrades;
mod world;

use std::collections::BTreeSet;

use poem_resource_server::check::{Report, Severity, Tokens, Verdict};
use serde_json::json;

use single_faults::HOSTILE;
use world::{World, document, good, token};

/// The checks that found a fault, and those that only warn in brackets.
fn found(report: &Report) -> BTreeSet<String> {
    let faults = report.faults();
    faults
        .map(|(_, fault)| {
            if fault.severity == Severity::Fault {
                fault.check.to_owned()
            } else {
                format!("({})", fault.check)
            }
        })
        .collect()
}

#[tokio::test]
async fn nothing_is_wrong_with_a_right_api() {
    let report = World::start(apis::right()).await.report().await;

    assert_eq!(report.verdict(), Verdict::Secure, "{report:#?}");
    assert_eq!(found(&report), BTreeSet::new());
    let made = |check| {
        let outcomes = report.outcomes().iter();
        outcomes
            .filter(|outcome| outcome.check == check && outcome.not_made.is_none())
            .count()
    };
    for (check, at_least) in [
        ("open_operation", 20),
        ("no_credentials", 4),
        ("good_token", 2),
        ("other_name", 8),
        ("signature_changed", 6),
        ("signature_removed", 4),
        ("unsigned", 8),
        ("payload_changed", 6),
        ("public_key_as_secret", 10),
        ("unknown_key", 2),
        ("critical_header", 2),
        ("own_key", 4),
        ("linked_key", 4),
        ("expired", 2),
        ("not_yet_valid", 2),
        ("other_audience", 2),
        ("other_issuer", 2),
        ("garbage", 40),
        ("two_headers", 4),
        ("token_in_query", 2),
        ("missing_scope", 1),
        ("foreign_origin", 9),
        ("allowed_origin", 6),
    ] {
        assert!(
            made(check) >= at_least,
            "{check}: {} of {at_least}",
            made(check)
        );
    }
}

#[tokio::test]
async fn an_api_whose_guard_is_on_the_wrong_route() {
    let report = World::start(apis::guards_the_wrong_route())
        .await
        .report()
        .await;

    let expected = ["no_credentials", "open_operation"].map(str::to_owned);
    assert_eq!(found(&report), expected.into(), "{report:#?}");
    for operation in ["GET /whoami", "GET /reports"] {
        let of_it = report
            .faults()
            .filter(|(outcome, _)| outcome.operation == operation);
        let of_it: Vec<_> = of_it.map(|(_, fault)| fault.fix).collect();
        assert_eq!(of_it.len(), 1, "{operation}: {report:#?}");
    }
}

#[tokio::test]
async fn a_document_that_is_wrong_about_security() {
    let mut document = document();
    let paths = document["paths"].as_object_mut().unwrap();
    let security = |item: &serde_json::Value| item["get"]["security"].clone();
    let (open, protected) = (security(&paths["/hello"]), security(&paths["/whoami"]));
    paths["/hello"]["get"]["security"] = protected;
    paths["/whoami"]["get"]["security"] = open;
    let world = World::start(apis::right()).await.with_document(document);

    let report = world.report().await;

    let of = |operation: &str| {
        let faults = report
            .faults()
            .filter(|(outcome, _)| outcome.operation == operation);
        faults
            .map(|(_, fault)| fault.check)
            .collect::<BTreeSet<_>>()
    };
    assert!(of("GET /hello").contains("no_credentials"), "{report:#?}");
    assert_eq!(of("GET /whoami"), ["open_operation"].into());
    assert_eq!(of("GET /reports"), BTreeSet::new());
}

#[tokio::test]
async fn an_api_that_is_slow_over_unknown_keys() {
    let api = apis::slow_over_unknown_keys();
    let world = World::start(api).await.with_clock(apis::SLOW_CLOCK.clone());

    let report = world.report().await;

    assert_eq!(found(&report), ["slow".to_owned()].into(), "{report:#?}");
    let mut slow = report.faults().map(|(outcome, _)| outcome.check);
    // Two of the kids among the garbage are unknown keys too.
    assert!(slow.all(|check| matches!(check, "unknown_key" | "garbage")));
}

#[tokio::test]
async fn a_document_below_another_url_is_called_there_alone() {
    let mut document = document();
    document["servers"] = json!([{ "url": "https://elsewhere.test/api" }]);
    document["paths"]["/../admin"] = json!({ "get": { "security": [] } });
    let world = World::start(apis::right()).await.with_document(document);

    let report = world.report().await;

    assert!(report.is_clean(), "{report:#?}");
    let left_out = report
        .outcomes()
        .iter()
        .filter(|outcome| outcome.check == "operation");
    let left_out: BTreeSet<_> = left_out.map(|outcome| outcome.operation.as_str()).collect();
    assert_eq!(left_out, ["GET /../admin"].into(), "{report:#?}");
}

#[tokio::test]
async fn a_document_cannot_control_the_terminal() {
    let mut document = document();
    document["paths"]["/\u{1b}[2J"] = json!({ "get": { "security": [] } });
    let odd = json!({ "get": { "operationId": "\u{1b}[2J", "security": [{ "\u{7}": [] }] } });
    document["paths"]["/odd"] = odd;
    let world = World::start(apis::right()).await.with_document(document);

    let report = world.report().await;

    assert!(
        report
            .outcomes()
            .iter()
            .any(|outcome| outcome.check == "document")
    );
    for outcome in report.outcomes() {
        let texts = [Some(&outcome.operation), outcome.not_made.as_ref()];
        for text in texts.into_iter().flatten() {
            assert!(!text.contains(char::is_control), "{text:?}");
        }
    }
}

#[tokio::test]
async fn without_a_token_only_checks_without_one_are_made_and_nothing_is_called_secure() {
    let without = async |api| {
        let world = World::start(api).await.with_tokens(Tokens::default());
        world.report().await
    };

    let right = without(apis::right()).await;
    let wrong = without(apis::verifies_nothing()).await;

    assert_eq!(right.verdict(), Verdict::Incomplete, "{right:#?}");
    assert_eq!(wrong.verdict(), Verdict::Faulty, "{wrong:#?}");
    assert!(found(&wrong).contains("garbage"));
    let missing: BTreeSet<_> = right
        .gaps()
        .into_iter()
        .flat_map(|gap| gap.checks)
        .collect();
    let others = [
        "good_token",
        "two_headers",
        "token_in_query",
        "missing_scope",
    ];
    let expected = HOSTILE.into_iter().chain(others).collect();
    assert_eq!(missing, expected);
}

#[tokio::test]
async fn operations_that_change_something_are_called_on_request() {
    let mut document = document();
    document["paths"]["/whoami"]["delete"] = json!({ "security": [{ "token": [] }] });
    let world = World::start(apis::right()).await.with_document(document);
    let called = |report: &Report| {
        report
            .operations()
            .iter()
            .any(|(name, _)| name == "DELETE /whoami")
    };

    let safe = world.report().await;
    let all = world.with_all_methods().report().await;

    assert!(!called(&safe));
    assert!(called(&all));
}

#[tokio::test]
async fn no_more_requests_are_sent_than_announced() {
    let world = World::start(apis::right()).await;

    let (announced, report) = world.planned_and_report().await;

    assert!(
        report.requests() <= announced,
        "{} of {announced}",
        report.requests()
    );
}

#[test]
fn a_report_shows_no_token() {
    let tokens = Tokens::default().with_good(token(&good()));

    assert!(!format!("{tokens:?}").contains("eyJ"));
}
