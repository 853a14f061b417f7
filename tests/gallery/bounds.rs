//! The limits of a check, and what it reports when it reaches one.

use std::collections::BTreeSet;

use poem::endpoint::{make, make_sync};
use poem::http::StatusCode;
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route};
use poem_resource_server::check::{Report, Verdict};
use serde_json::{Value, json};

use crate::apis;
use crate::parts::{Api, by_origin, is_own};
use crate::world::{World, document};

/// The document with these paths, all of them for holders of tokens.
fn document_with_paths(paths: impl IntoIterator<Item = String>) -> Value {
    let protected = json!({ "get": { "security": [{ "token": [] }], "responses": {} } });
    let paths = paths.into_iter().map(|path| (path, protected.clone()));
    let mut document = document();
    document["paths"] = Value::Object(paths.collect());
    document
}

fn not_made(report: &Report) -> BTreeSet<(&str, &str)> {
    let outcomes = report.outcomes().iter();
    outcomes
        .filter_map(|outcome| Some((outcome.check, outcome.not_made.as_deref()?)))
        .collect()
}

fn answering_all(status: u16) -> Api {
    let status = StatusCode::from_u16(status).unwrap();
    make_sync(move |_| status).map_to_response().boxed()
}

#[tokio::test]
async fn a_silent_api_is_left_alone_and_a_document_of_thousands_read_in_part() {
    let hangs_up = make_sync(|_| -> Response { panic!("says nothing") }).boxed();
    let paths = (0..1_003).map(|number| format!("/number-{number}"));
    let world = World::start(hangs_up)
        .await
        .with_document(document_with_paths(paths));

    let (said, report) = world.planned_and_report().await;

    assert!(said > 50_000, "{said}");
    // One of them looks whether there is an operation at all.
    assert_eq!(report.requests(), 26);
    assert_eq!(report.operations().len(), 1);
    let from_operations: Vec<_> = not_made(&report)
        .into_iter()
        .filter(|(check, _)| *check == "operation")
        .map(|(_, why)| why)
        .collect();
    assert_eq!(
        from_operations,
        [
            "25 requests in a row had no answer, and no more were sent. Look in the API's log for \
             what closes its connections.",
            "The document has 3 operations after the first 1000, which is the maximum of one \
             check. Name others with --operation.",
        ]
    );
    assert_eq!(report.verdict(), Verdict::Faulty);
}

#[tokio::test]
async fn an_operation_whose_path_has_no_end_is_left_out() {
    let paths = [format!("/{}", "a".repeat(2_048)), "/whoami".to_owned()];
    let world = World::start(apis::right())
        .await
        .with_document(document_with_paths(paths));

    let report = world.report().await;

    let why = (
        "operation",
        "The path of the operation is longer than 2,048 bytes.",
    );
    assert!(not_made(&report).contains(&why), "{report:#?}");
    assert_eq!(report.operations().len(), 1);
}

/// Guards its operations to the letter; below `/app` there is a page for every other name.
fn pages_for_all_names() -> Api {
    let everything = make(|request: Request| async move {
        let path = request.uri().path();
        let last = path.strip_prefix("/api/app/a").unwrap_or_default();
        if path == "/api/z" || last.parse::<u8>().is_ok() {
            apis::answer(&request).await
        } else if path == "/api/z/" || path.starts_with("/api/app/") {
            "a page".into_response()
        } else {
            StatusCode::NOT_FOUND.into_response()
        }
    });
    by_origin(everything, is_own)
}

#[tokio::test]
async fn pages_for_all_names_hide_no_way_past_the_guard_elsewhere() {
    let paths = (0..30).map(|number| format!("/app/a{number}"));
    let world = World::start(pages_for_all_names())
        .await
        .with_document(document_with_paths(paths.chain(["/z".to_owned()])));

    let (said, report) = world.planned_and_report().await;

    let found: BTreeSet<_> = report
        .faults()
        .map(|(outcome, fault)| (outcome.operation.as_str(), fault.check, &*outcome.sent))
        .collect();
    assert_eq!(
        found,
        [("GET /z", "other_name", "a slash at the end")].into(),
        "{report:#?}"
    );
    assert!(report.requests() <= said, "{} of {said}", report.requests());
}

#[tokio::test]
async fn another_name_is_not_found_well_where_nothing_can_be_compared() {
    let everything = make(|request: Request| async move {
        match request.uri().path() {
            "/api/whoami" => apis::answer(&request).await,
            "/api/whoami/" => "a page, or the operation".into_response(),
            _ => StatusCode::TOO_MANY_REQUESTS.into_response(),
        }
    });
    let world = World::start(by_origin(everything, is_own))
        .await
        .with_document(document_with_paths(["/whoami".to_owned()]));

    let report = world.report().await;

    let mut outcomes = report.outcomes().iter();
    let slash = outcomes
        .find(|outcome| outcome.sent == "a slash at the end")
        .unwrap();
    assert_eq!(slash.status, Some(200));
    assert_eq!(
        slash.not_made.as_deref(),
        Some("The API answers 429, too many requests. Raise its limit for this machine.")
    );
}

#[tokio::test]
async fn a_report_that_judged_no_refusal_is_incomplete() {
    let right = || World::start(apis::right());
    let open = json!({ "/hello": { "get": { "security": [] } } });
    let mut only_open = document();
    only_open["paths"] = open;
    for (name, world, expected) in [
        ("a right API", right().await, Verdict::Secure),
        (
            "a wrong one",
            World::start(apis::verifies_nothing()).await,
            Verdict::Faulty,
        ),
        (
            "429 to all",
            World::start(answering_all(429)).await,
            Verdict::Incomplete,
        ),
        (
            "no operation",
            right().await.with_document(document_with_paths([])),
            Verdict::Incomplete,
        ),
        (
            "open operations alone",
            right().await.with_document(only_open),
            Verdict::Incomplete,
        ),
    ] {
        let report = world.report().await;

        assert_eq!(report.verdict(), expected, "{name}: {report:#?}");
    }
}

#[tokio::test]
async fn an_api_that_repeats_its_url() {
    let repeats = Route::new().nest_no_strip("/", apis::right());
    let repeats = repeats.around(|endpoint, request| async move {
        let url = request.uri().to_string();
        let mut response = endpoint.get_response(request).await;
        if response.status().is_client_error() {
            response.set_body(format!("cannot serve {url}"));
        }
        Ok(response)
    });
    let world = World::start(repeats.boxed()).await;

    let report = world.report().await;

    let found: BTreeSet<_> = report
        .faults()
        .map(|(outcome, fault)| (outcome.check, fault.check))
        .collect();
    assert_eq!(found, [("token_in_query", "echo")].into(), "{report:#?}");
}
