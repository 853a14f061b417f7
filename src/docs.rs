//! The document of an API as files and as pages, always as the issuer's metadata has it.
//!
//! | path | content |
//! | --- | --- |
//! | `/openapi.json`, `/openapi.yaml` | the document, readable by pages of any origin |
//! | `/docs` | Swagger UI with sign-in (`swagger_ui`) |
//! | `/docs/reference` | Redoc, for readers (`reference`) |
//! | `/docs/..` | the scripts and styles of these pages (`bundles`) |
//!
//! A document and its pages are printed once for each metadata of the issuer, by the first
//! request that finds them outdated, and are then sent as they are.

mod asset;
mod bundles;
mod coding;
mod page;
mod pages;
mod read;
mod reference;
mod sign_in;
mod swagger_ui;
mod yaml;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, LOCATION};
use poem::endpoint::make_sync;
use poem::{Request, Response, Route, RouteMethod};

use crate::guard::Document;
use crate::issuer::Metadata;
use asset::Asset;

pub use pages::Pages;
pub(crate) use read::read;
pub(crate) use sign_in::SignIn;
#[cfg(all(feature = "service", feature = "dev"))]
pub(crate) use swagger_ui::OAUTH2_REDIRECT;

/// The paths that [`Documents`] adds.
#[cfg(feature = "service")]
pub(crate) const PATHS: [&str; 3] = ["/openapi.json", "/openapi.yaml", "/docs"];

/// The document in its forms.
pub(crate) struct OpenApiFiles {
    /// JSON, indented.
    pub(crate) json: String,
    /// YAML 1.2 that readers of YAML 1.1 read alike.
    pub(crate) yaml: String,
}

/// The forms that are served, printed again when the issuer's metadata changes.
pub(crate) struct Documents {
    print: Box<Print>,
    metadata: Box<dyn Fn() -> Option<Arc<Metadata>> + Send + Sync>,
    sign_in: SignIn,
    printed: ArcSwap<Printed>,
    printing: Mutex<()>,
}

/// Makes the document for the issuer's metadata.
type Print = dyn Fn(Option<&Metadata>) -> Document + Send + Sync;

struct Printed {
    metadata: Option<Arc<Metadata>>,
    json: Asset,
    yaml: Asset,
    swagger_ui: Asset,
    reference: Asset,
}

impl Documents {
    /// `print` makes the document for the metadata that `metadata` has now.
    pub(crate) fn new(
        print: impl Fn(Option<&Metadata>) -> Document + Send + Sync + 'static,
        metadata: impl Fn() -> Option<Arc<Metadata>> + Send + Sync + 'static,
        sign_in: SignIn,
    ) -> Self {
        let first = Printed::new(&print(None), &sign_in, None);
        Self {
            print: Box::new(print),
            metadata: Box::new(metadata),
            sign_in,
            printed: ArcSwap::from_pointee(first),
            printing: Mutex::new(()),
        }
    }

    /// Adds the paths of the document and its pages.
    pub(crate) fn add_to(self: &Arc<Self>, routes: Route) -> Route {
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
            form(&documents.current()).answer(request.headers())
        }))
    }

    /// What is printed for the issuer's metadata of now.
    fn current(&self) -> Arc<Printed> {
        let metadata = (self.metadata)();
        let printed = self.printed.load_full();
        if printed.is_of(metadata.as_ref()) {
            return printed;
        }
        // Requests that come meanwhile wait for this one, and do not print again.
        let _alone = self.printing.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = self.printed.load_full();
        if printed.is_of(metadata.as_ref()) {
            return printed;
        }
        let document = (self.print)(metadata.as_deref());
        let news = Arc::new(Printed::new(&document, &self.sign_in, metadata));
        self.printed.store(news.clone());
        news
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}

impl Printed {
    fn new(document: &Document, sign_in: &SignIn, metadata: Option<Arc<Metadata>>) -> Self {
        let files = OpenApiFiles::new(document);
        let open = |content_type, text| {
            Asset::new(content_type, text).with_header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        };
        Self {
            json: open("application/json", files.json),
            yaml: open("application/yaml", files.yaml),
            swagger_ui: swagger_ui::page(document, sign_in, metadata.as_deref()),
            reference: reference::page(document),
            metadata,
        }
    }

    fn is_of(&self, metadata: Option<&Arc<Metadata>>) -> bool {
        match (&self.metadata, metadata) {
            (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
            // Keys that are lost do not take the sign-in out of the document.
            (_, None) => true,
            (None, Some(_)) => false,
        }
    }
}

impl OpenApiFiles {
    pub(crate) fn new(document: &Document) -> Self {
        Self {
            json: document.to_json(),
            yaml: yaml::to_yaml(document.as_value()),
        }
    }
}

/// The page's own links are relative to an address without a slash at the end.
fn without_slash() -> Response {
    Response::builder()
        .status(StatusCode::PERMANENT_REDIRECT)
        .header(LOCATION, "../docs")
        .finish()
}
