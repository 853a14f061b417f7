//! The document as JSON, as YAML and as pages; printed anew when the issuer's endpoints change.
//!
//! | path | what |
//! | --- | --- |
//! | `/openapi.json`, `/openapi.yaml` | the document, for tools of any origin |
//! | `/docs` | Swagger UI (`swagger_ui`) |
//! | `/docs/reference` | Redoc, for readers (`reference`) |
//! | `/docs/..` | what these pages are made of (`bundles`) |
//!
//! The document and its pages are printed and compressed before they are asked for, the
//! bundles when the program is built; all is sent as it lies there.

mod asset;
mod bundles;
mod coding;
mod page;
mod reference;
mod swagger_ui;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, LOCATION};
use poem::endpoint::make_sync;
use poem::{Request, Response, Route, RouteMethod};

use crate::guard::{Document, Guard, RuleError};
use crate::issuer::{Metadata, RemoteKeySet};

use super::config::Contact;
use super::problems::problem;
use super::routes::read;
use crate::api;
use asset::Asset;

pub(super) use swagger_ui::OAUTH2_REDIRECT;

/// The document in its forms.
pub struct OpenApiFiles {
    /// JSON, indented.
    pub json: String,
    /// YAML 1.2.
    pub yaml: String,
}

/// What the document and its pages say that neither the code nor the issuer does.
pub(super) struct About {
    pub(super) public_url: String,
    pub(super) contact: Option<Contact>,
    pub(super) client_id: Option<String>,
}

/// The forms that are served, each ready to be sent.
pub(super) struct Documents {
    about: About,
    printed: ArcSwap<Printed>,
}

struct Printed {
    json: Asset,
    yaml: Asset,
    swagger_ui: Asset,
    reference: Asset,
}

impl Documents {
    pub(super) fn new(guard: &Guard, about: About) -> Result<Self, RuleError> {
        let document = print(guard, &about, None)?;
        Ok(Self {
            printed: ArcSwap::from_pointee(Printed::new(&document, &about, None)),
            about,
        })
    }

    /// Adds the paths of the document and its pages.
    pub(super) fn add_to(self: &Arc<Self>, routes: Route) -> Route {
        let routes = routes
            .at("/openapi.json", self.serve(|printed| &printed.json))
            .at("/openapi.yaml", self.serve(|printed| &printed.yaml))
            .at("/docs", self.serve(|printed| &printed.swagger_ui))
            .at("/docs/", read(make_sync(|_| without_slash())))
            .at("/docs/reference", self.serve(|printed| &printed.reference));
        bundles::add_to(routes)
    }

    fn serve(self: &Arc<Self>, form: fn(&Printed) -> &Asset) -> RouteMethod {
        let documents = self.clone();
        read(make_sync(move |request: Request| {
            form(&documents.printed.load()).answer(request.headers())
        }))
    }
}

impl Printed {
    fn new(document: &Document, about: &About, issuer: Option<&Metadata>) -> Self {
        let files = OpenApiFiles::new(document);
        let open = |content_type, text| {
            Asset::new(content_type, text).with_header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        };
        Self {
            json: open("application/json", files.json),
            yaml: open("application/yaml", files.yaml),
            swagger_ui: swagger_ui::page(document, about.client_id.as_deref(), issuer),
            reference: reference::page(document),
        }
    }
}

impl OpenApiFiles {
    pub(super) fn new(document: &Document) -> Self {
        Self {
            json: document.to_json(),
            yaml: serde_yaml_ng::to_string(document.as_value()).expect("JSON is YAML"),
        }
    }
}

/// Prints the documents anew whenever the issuer says something else of itself.
pub(super) async fn follow(documents: Arc<Documents>, guard: Guard, keys: Arc<RemoteKeySet>) {
    let mut attempts = keys.attempts();
    let mut printed: Option<Arc<Metadata>> = None;
    loop {
        let metadata = keys.metadata();
        let is_news = match (&printed, &metadata) {
            (Some(old), Some(new)) => !Arc::ptr_eq(old, new),
            (None, Some(_)) => true,
            (_, None) => false,
        };
        let issuer = metadata.as_deref();
        if is_news && let Ok(document) = print(&guard, &documents.about, issuer) {
            let news = Printed::new(&document, &documents.about, issuer);
            documents.printed.store(Arc::new(news));
            printed = metadata;
        }
        attempts.ended().await;
    }
}

/// The document of the API behind this guard.
pub(super) fn print(
    guard: &Guard,
    about: &About,
    issuer: Option<&Metadata>,
) -> Result<Document, RuleError> {
    let guarded = guard.try_protect(api::Api)?;
    let service = api::service(guarded, &about.public_url, about.contact.as_ref());
    let document = guard.document_with(&service, issuer)?;
    let late = problem(StatusCode::REQUEST_TIMEOUT);
    Ok(document.with_answer(late, "The request took too long."))
}

/// The page's own links are relative to an address without a slash at the end.
fn without_slash() -> Response {
    Response::builder()
        .status(StatusCode::PERMANENT_REDIRECT)
        .header(LOCATION, "../docs")
        .finish()
}
