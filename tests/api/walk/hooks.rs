//! The information that a user gives the walk, and the report if it is not enough.

use poem::http::Method;
use poem::{Request, Route};
use poem_openapi::OpenApi;
use poem_openapi::OpenApiService;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::{Json, PlainText};
use poem_resource_server::guard::{Document, OperationAccess};
use poem_resource_server::testing::{Issuer, Walk, WalkReport};
use serde_json::json;

use super::reports::{self, with};

/// The API of `reports` with this access and its own document, walked as `hooks` says.
async fn walk(
    access: OperationAccess,
    hooks: impl for<'a> FnOnce(Walk<'a, Route>) -> Walk<'a, Route>,
) -> WalkReport {
    let issuer = Issuer::new();
    let guard = issuer.guard().with_access(with(access));
    let service = reports::service(&guard);
    let document = guard.document(&service).unwrap();
    let routes = Route::new().nest("/v1", service);
    let walk = Walk::new(&routes, &document, &issuer);
    hooks(walk).run().await
}

fn faults(report: &WalkReport) -> Vec<String> {
    report.faults().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_required_claim_is_tried_when_the_walk_knows_it() {
    let access = || OperationAccess::default().with_claim("groups", ["admins"]);

    let informed = walk(access(), |walk| {
        walk.below("/v1")
            .with_claim("file", "groups", json!(["users", "admins"]))
    });
    informed.await.assert_clean();

    let untold = walk(access(), |walk| walk.below("/v1")).await;
    let refused = "file: 403, where the document lets the caller through [a good token]";
    assert_eq!(faults(&untold), [refused]);

    let unenforced = walk(OperationAccess::default(), |walk| {
        walk.below("/v1").with_claim("file", "groups", "admins")
    });
    let open = "file: 200, where the document refuses with 403 \
                [a token with another groups, a token without groups]";
    assert_eq!(faults(&unenforced.await), [open]);
}

#[tokio::test]
async fn an_example_takes_the_place_of_what_is_made_up() {
    let put = |id: &'static str| {
        move || {
            Request::builder()
                .method(Method::PUT)
                .uri_str(format!("/v1/reports/{id}"))
                .content_type("application/json")
                .body(r#"{"title": "Costs"}"#)
        }
    };

    // Without an author, which is null then.
    let good = walk(OperationAccess::default(), |walk| {
        walk.below("/v1").with_example("file", put("7"))
    });
    good.await.assert_clean();

    let bad = walk(OperationAccess::default(), |walk| {
        walk.below("/v1").with_example("file", put("seven"))
    });
    let unsaid = "file: 400: a body of text/plain, which is not described [a good token]";
    assert_eq!(faults(&bad.await), [unsaid]);
}

#[tokio::test]
async fn what_the_walk_cannot_find_is_reported_once() {
    let nowhere = walk(OperationAccess::default(), |walk| walk.below("/v2")).await;
    assert_eq!(
        faults(&nowhere),
        ["the document: 404 for every call: say where the API is mounted, with `Walk::below`"]
    );

    let misnamed = walk(OperationAccess::default(), |walk| {
        walk.below("/v1").with_claim("fil", "groups", "admins")
    });
    assert_eq!(
        faults(&misnamed.await),
        ["fil: there is no such operation in the document"]
    );

    let nothing = Document::from(json!({ "openapi": "3.0.0", "paths": {} }));
    let report = Walk::new(&Route::new(), &nothing, &Issuer::new())
        .run()
        .await;
    assert_eq!(faults(&report), ["the document: it has no operation"]);
}

#[tokio::test]
#[should_panic(expected = "open: 404, where")]
async fn faults_fail_the_test() {
    let issuer = Issuer::new();
    let guard = issuer.guard();
    let service = reports::service(&guard);
    let document = guard.document(&service).unwrap();
    let mut wrong = document.as_value().clone();
    wrong["paths"]["/opened"] = wrong["paths"]["/open"].take();
    wrong["paths"]
        .as_object_mut()
        .unwrap()
        .shift_remove("/open");
    wrong["paths"]["/opened"]["get"]["security"] = json!([{ "BearerAuth": [] }]);
    let wrong = Document::from(wrong);

    Walk::new(&Route::new().nest("/", service), &wrong, &issuer)
        .run()
        .await
        .assert_clean();
}

/// Wants a value in every place.
struct Places;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Places {
    #[oai(path = "/:name/of/:day", method = "post", operation_id = "places")]
    async fn places(
        &self,
        name: Path<String>,
        day: Path<poem_openapi::types::Base64<Vec<u8>>>,
        #[oai(validator(min_length = 9))] text: Query<String>,
        left_out: Query<Option<u32>>,
        #[oai(name = "X-Count", validator(minimum(value = "3")))] count: Header<u32>,
        list: Json<Vec<f64>>,
    ) -> PlainText<String> {
        let (day, left_out) = (String::from_utf8(day.0.0).unwrap(), left_out.0);
        let (name, text, count) = (name.0, text.0, count.0);
        PlainText(format!(
            "{name} {day} {text} {left_out:?} {count} {:?}",
            list.0
        ))
    }
}

#[tokio::test]
async fn inputs_are_made_of_types_and_examples() {
    let issuer = Issuer::new();
    let guard = issuer.guard();
    let service = OpenApiService::new(guard.protect(Places), "Places", "1").server("/v1");
    let mut document = guard.document(&service).unwrap().as_value().clone();
    let name = &mut document["paths"]["/{name}/of/{day}"]["post"]["parameters"][0];
    name["example"] = "a/b c".into();
    let document = Document::from(document);
    let routes = Route::new().nest("/v1", service);

    let report = Walk::new(&routes, &document, &issuer).run().await;

    report.assert_clean();
    assert!(report.notes().is_empty(), "{report}");
}
