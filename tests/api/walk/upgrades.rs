//! Operations that serve upgraded connections only, and paths that cannot be sent.

use poem::Route;
use poem::http::StatusCode;
use poem_openapi::{ApiResponse, OpenApi, OpenApiService};
use poem_resource_server::guard::{BearerAuth, Document};
use poem_resource_server::testing::{Issuer, Walk, WalkReport};
use serde_json::{Value, json};

/// The answer of a WebSocket to a handshake.
#[derive(ApiResponse)]
enum Switched {
    /// The connection is a WebSocket from now on.
    #[oai(status = 101)]
    Protocols,
}

/// Answers plain requests, as the walk sends them, with this status.
struct Live(StatusCode);

#[OpenApi]
#[allow(clippy::unused_async)]
impl Live {
    #[oai(path = "/live", method = "get", operation_id = "live")]
    async fn live(&self, _caller: BearerAuth) -> poem::Result<Switched> {
        match self.0 {
            StatusCode::SWITCHING_PROTOCOLS => Ok(Switched::Protocols),
            status => Err(poem::Error::from_status(status)),
        }
    }
}

async fn walk(status: u16, change: impl FnOnce(&mut Value)) -> WalkReport {
    let issuer = Issuer::new();
    let guard = issuer.guard();
    let live = Live(StatusCode::from_u16(status).unwrap());
    let service = OpenApiService::new(guard.protect(live), "Live", "1");
    let mut document = guard.document(&service).unwrap().as_value().clone();
    change(&mut document["paths"]["/live"]["get"]);
    let document = Document::from(document);
    let routes = Route::new().nest("/", service);
    Walk::new(&routes, &document, &issuer).run().await
}

fn faults(report: &WalkReport) -> Vec<String> {
    report.faults().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn an_operation_that_requires_an_upgrade_may_say_so_to_a_good_caller() {
    let plain = |operation: &mut Value| operation["responses"] = described_without_101(operation);
    let undescribed =
        |status| format!("live: {status}: a status that is not described [a good token]");
    let missing = "live: 400: the header `WWW-Authenticate` is missing [a good token]".to_owned();
    let empty = "live: 400: no body, where one is described [a good token]".to_owned();
    for (name, status, is_documented, expected) in [
        ("101", 101, true, vec![]),
        ("400", 400, true, vec![]),
        ("426", 426, true, vec![]),
        ("500", 500, true, vec![undescribed(500)]),
        ("404", 404, true, vec![undescribed(404)]),
        ("426, undocumented", 426, false, vec![]),
        ("400, undocumented", 400, false, vec![missing, empty]),
    ] {
        let report = walk(status, |operation| {
            if !is_documented {
                plain(operation);
            }
        })
        .await;

        assert_eq!(faults(&report), expected, "{name}");
        assert!(report.notes().is_empty(), "{name}: {report}");
    }
}

#[tokio::test]
async fn an_operation_that_requires_an_upgrade_is_guarded_as_any_other() {
    let report = walk(101, |operation| operation["security"] = json!([])).await;

    assert!(
        faults(&report)[0].starts_with("live: 401, where the document lets the caller through"),
        "{report}"
    );
    assert!(report.calls() > 10, "{report}");
}

#[tokio::test]
async fn a_path_parameter_that_the_path_lacks_is_a_fault() {
    let parameter = |place: &str| json!([{ "name": "id", "in": place, "schema": {} }]);

    let in_path = walk(101, |operation| operation["parameters"] = parameter("path")).await;
    let in_query = walk(101, |operation| {
        operation["parameters"] = parameter("query");
    })
    .await;

    assert_eq!(faults(&in_path), ["live: the path `/live` lacks `{id}`"]);
    assert_eq!(faults(&in_query), [""; 0]);
}

fn described_without_101(operation: &Value) -> Value {
    let mut responses = operation["responses"].clone();
    responses.as_object_mut().unwrap().shift_remove("101");
    responses
}
