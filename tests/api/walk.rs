//! The service's document is true: a walk through every operation, over HTTP.

mod hooks;
mod mutants;
mod reports;
mod streams;
mod upgrades;

use poem::http::StatusCode;
use poem::{Endpoint, Request, Response};
use poem_resource_server::guard::Document;
use poem_resource_server::testing::{Issuer, Walk};

use crate::access::tempfile;
use crate::world::World;

/// Passes requests on to the service.
fn service(world: &World) -> impl Endpoint<Output = Response> + '_ {
    poem::endpoint::make(move |request: Request| async move {
        let path = request.uri().path_and_query().unwrap().as_str();
        let passed_on = world
            .request(request.method().clone(), path)
            .headers(request.headers().clone());
        let answer = passed_on
            .body(request.into_body().into_vec().await?)
            .send()
            .await
            .unwrap();
        let status: StatusCode = answer.status();
        let headers = answer.headers().clone();
        let mut response = Response::builder().status(status).finish();
        *response.headers_mut() = headers;
        response.set_body(answer.bytes().await.unwrap());
        Ok::<_, poem::Error>(response)
    })
}

async fn document(world: &World) -> Document {
    world.get("/openapi.json").await.json().into()
}

/// What an operator may require, and how much of a token it takes then.
const SETTINGS: [(&str, &[(&str, &str)]); 6] = [
    ("as declared", &[]),
    ("all but hello", &[("access.mode", "all")]),
    ("all", &[("access.mode", "all"), ("access.anonymous", "")]),
    (
        "scopes",
        &[("access.operations.whoami.scopes", "admin reports:read")],
    ),
    (
        "a scope for what was open",
        &[("access.operations.hello.scopes", "greet")],
    ),
    (
        "all, with a scope",
        &[
            ("access.mode", "all"),
            ("access.anonymous", ""),
            ("access.operations.hello.scopes", "greet"),
        ],
    ),
];

#[tokio::test]
async fn in_every_access_mode_the_service_does_what_its_document_says() {
    for (name, settings) in SETTINGS {
        let world = World::with(settings).await;
        let issuer = Issuer::from_dev_issuer(&world.issuer);
        let document = document(&world).await;

        let report = Walk::new(&service(&world), &document, &issuer).run().await;

        assert!(report.faults().is_empty(), "{name}: {report}");
        assert!(report.notes().is_empty(), "{name}: {report}");
        assert!(report.calls() >= 20, "{name}: {report}");
    }
}

#[tokio::test]
async fn before_the_issuer_is_known_the_document_is_as_true() {
    for (name, settings) in SETTINGS {
        let world = World::without_keys(settings).await;
        let issuer = Issuer::from_dev_issuer(&world.issuer).out_of_reach();
        let document = document(&world).await;
        assert!(!document.to_json().contains("\"SignIn\""), "{name}");

        let report = Walk::new(&service(&world), &document, &issuer).run().await;

        assert!(report.faults().is_empty(), "{name}: {report}");
        assert!(report.calls() >= 8, "{name}: {report}");

        // The scopes of this document stand in its examples alone.
        let world = World::with(settings).await;
        let issuer = Issuer::from_dev_issuer(&world.issuer);
        let report = Walk::new(&service(&world), &document, &issuer).run().await;
        assert!(report.faults().is_empty(), "{name}, with keys: {report}");
    }
}

#[tokio::test]
async fn a_claim_by_setting_is_required_as_well() {
    let file = tempfile(
        "[access.operations.whoami]\nscopes = [\"admin\"]\nclaims.groups = [\"admins\", \"7\"]\n",
    );
    let world = World::with_file(file.path()).await;
    let issuer = Issuer::from_dev_issuer(&world.issuer);
    let document = document(&world).await;
    let service = service(&world);

    let walk = Walk::new(&service, &document, &issuer).with_claim("whoami", "groups", 7);

    walk.run().await.assert_clean();
}

#[tokio::test]
async fn settings_that_are_not_those_of_the_document_are_found() {
    for (name, served, documented, expected) in [
        (
            "open, though all is protected",
            SETTINGS[0].1,
            SETTINGS[2].1,
            "hello: 200, where the document refuses with 401",
        ),
        (
            "protected, though it is open",
            SETTINGS[2].1,
            SETTINGS[0].1,
            "hello: 401, where the document lets the caller through",
        ),
        (
            "a scope that the document lacks",
            SETTINGS[3].1,
            SETTINGS[0].1,
            "whoami: 403, where the document lets the caller through",
        ),
        (
            "a scope that nobody requires",
            SETTINGS[0].1,
            SETTINGS[3].1,
            "whoami: 200, where the document refuses with 403",
        ),
    ] {
        let document = document(&World::with(documented).await).await;
        let world = World::with(served).await;
        let issuer = Issuer::from_dev_issuer(&world.issuer);

        let report = Walk::new(&service(&world), &document, &issuer).run().await;

        let text = report.to_string();
        assert!(text.contains(expected), "{name}: {text}");
    }
}
