//! Operations whose answer has no end.

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use poem::Route;
use poem_openapi::payload::EventStream;
use poem_openapi::{OpenApi, OpenApiService};
use poem_resource_server::guard::{BearerAuth, Document};
use poem_resource_server::testing::{Issuer, Walk, WalkReport};
use serde_json::{Value, json};

struct Events;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Events {
    #[oai(path = "/events", method = "get", operation_id = "events")]
    async fn events(&self, _caller: BearerAuth) -> EventStream<BoxStream<'static, u32>> {
        EventStream::new(stream::repeat(1).take(1).chain(stream::pending()).boxed())
    }
}

async fn walk(change: impl FnOnce(&mut Value)) -> WalkReport {
    let issuer = Issuer::new();
    let guard = issuer.guard();
    let service = OpenApiService::new(guard.protect(Events), "Events", "1");
    let mut document = guard.document(&service).unwrap().as_value().clone();
    change(&mut document["paths"]["/events"]["get"]);
    let document = Document::from(document);
    let routes = Route::new().nest("/", service);
    Walk::new(&routes, &document, &issuer).run().await
}

#[tokio::test]
async fn a_walk_over_server_sent_events_without_an_end_ends() {
    let report = walk(|_| {}).await;

    report.assert_clean();
    assert!(report.notes().is_empty(), "{report}");
}

#[tokio::test]
async fn server_sent_events_need_the_described_media_type_and_status() {
    for (name, responses, expected) in [
        (
            "JSON in place of events",
            json!({ "200": { "description": "One.", "content": { "application/json": {} } } }),
            "events: 200: a body of text/event-stream, which is not described [a good token]",
        ),
        (
            "201 in place of 200",
            json!({ "201": { "description": "One.", "content": { "text/event-stream": {} } } }),
            "events: 200: a status that is not described [a good token]",
        ),
    ] {
        let report = walk(|operation| {
            let described = operation["responses"].as_object_mut().unwrap();
            described.shift_remove("200");
            described.extend(responses.as_object().unwrap().clone());
        })
        .await;

        let faults: Vec<_> = report.faults().iter().map(ToString::to_string).collect();
        assert_eq!(faults, [expected], "{name}");
    }
}
