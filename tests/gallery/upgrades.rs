//! Operations that serve a WebSocket, and those whose path cannot be sent.

use std::collections::BTreeSet;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response};
use poem_resource_server::check::Report;
use serde_json::{Value, json};

use crate::apis::answer;
use crate::found;
use crate::parts::{Api, answering, is_own};
use crate::world::{World, document};

/// A guarded operation that answers these requests only with this status.
fn guarded(serve: fn(&Request) -> Response) -> Api {
    answering(
        move |request| async move {
            let refusal_or_name = answer(&request).await;
            if refusal_or_name.status() == StatusCode::OK {
                return serve(&request);
            }
            refusal_or_name
        },
        is_own,
    )
}

/// 101 to a handshake of RFC 6455, 400 to anything else.
fn websocket(request: &Request) -> Response {
    if request.header("upgrade") != Some("websocket") {
        return StatusCode::BAD_REQUEST.into_response();
    }
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .finish()
}

/// The document, whose protected operations all answer with this status.
fn answering_with(status: &str) -> Value {
    let mut document = document();
    for path in ["/whoami", "/reports"] {
        document["paths"][path]["get"]["responses"][status] = json!({ "description": "" });
    }
    document
}

async fn report(api: Api, document: Value) -> Report {
    World::start(api)
        .await
        .with_document(document)
        .report()
        .await
}

#[tokio::test]
async fn a_good_caller_of_a_websocket_is_served_by_101_400_or_426() {
    let bad_request = |_: &Request| StatusCode::BAD_REQUEST.into_response();
    let upgrade_required = |_: &Request| StatusCode::UPGRADE_REQUIRED.into_response();
    for (name, serve, documented, expected) in [
        (
            "101 to its handshake",
            websocket as fn(&Request) -> Response,
            "101",
            &[][..],
        ),
        ("400, though 101 is documented", bad_request, "101", &[]),
        (
            "426, though 101 is documented",
            upgrade_required,
            "101",
            &[],
        ),
        ("426 alone", upgrade_required, "200", &[]),
        ("400 alone", bad_request, "200", &["operation"]),
    ] {
        let report = report(guarded(serve), answering_with(documented)).await;

        let expected: BTreeSet<_> = expected.iter().map(|&check| check.to_owned()).collect();
        assert_eq!(found(&report), expected, "{name}: {report:#?}");
    }
}

#[tokio::test]
async fn a_websocket_that_anybody_opens_is_found() {
    let open = answering(|request| async move { websocket(&request) }, is_own);

    let report = report(open, answering_with("101")).await;

    assert_eq!(
        found(&report),
        ["no_credentials".to_owned()].into(),
        "{report:#?}"
    );
}

#[tokio::test]
async fn a_path_parameter_that_the_path_lacks_is_found() {
    let with_parameter = |path: &str| {
        let mut document = document();
        let parameter = json!({ "name": "id", "in": "path", "required": true, "example": "1" });
        let mut operation = document["paths"]["/hello"].take();
        operation["get"]["parameters"] = json!([parameter]);
        document["paths"] = json!({ "/whoami": document["paths"]["/whoami"], path: operation });
        document
    };

    let wrong = report(crate::apis::right(), with_parameter("/hello")).await;
    let right = report(crate::apis::right(), with_parameter("/{id}")).await;

    let faults: Vec<_> = wrong
        .faults()
        .map(|(outcome, fault)| (&*outcome.operation, fault.check, &*fault.found))
        .collect();
    assert_eq!(
        faults,
        [("GET /hello", "document", "the path lacks `{id}`")]
    );
    assert_eq!(right.faults().count(), 0, "{right:#?}");
}
