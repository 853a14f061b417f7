//! The document of an API as files and as pages, with the endpoints of the issuer's metadata.
//!
//! | path | content |
//! | --- | --- |
//! | `/openapi.json`, `/openapi.yaml` | the document, readable by pages of any origin |
//! | `/docs` | Swagger UI with sign-in (`swagger_ui`) |
//! | `/docs/reference` | Redoc, for readers (`reference`) |
//! | `/docs/icon` | the application's icon (`icon`) |
//! | `/docs/..` | the scripts and styles of these pages (`bundles`) |
//!
//! A document and its pages are printed once for each metadata of the issuer, by the first
//! request that finds them outdated. All other requests get the prepared bytes.

mod asset;
mod bundles;
mod coding;
mod icon;
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

pub(crate) use icon::Icon;
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
    icon: Option<Icon>,
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
    icon: Asset,
}

impl Documents {
    /// `print` makes the document for the metadata that `metadata` returns. Without an `icon`,
    /// the pages have one made of the title.
    pub(crate) fn new(
        print: impl Fn(Option<&Metadata>) -> Document + Send + Sync + 'static,
        metadata: impl Fn() -> Option<Arc<Metadata>> + Send + Sync + 'static,
        sign_in: SignIn,
        icon: Option<Icon>,
    ) -> Self {
        let first = Printed::new(&print(None), &sign_in, icon.as_ref(), None);
        Self {
            print: Box::new(print),
            metadata: Box::new(metadata),
            sign_in,
            icon,
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
            .at("/docs/reference", self.serve(|printed| &printed.reference))
            .at("/docs/icon", self.icon());
        bundles::add_to(routes)
    }

    /// The application's icon.
    pub(crate) fn icon(self: &Arc<Self>) -> RouteMethod {
        self.serve(|printed| &printed.icon)
    }

    fn serve(self: &Arc<Self>, form: fn(&Printed) -> &Asset) -> RouteMethod {
        let documents = self.clone();
        read(make_sync(move |request: Request| {
            form(&documents.current()).answer(request.headers())
        }))
    }

    /// What is printed for the current metadata of the issuer.
    fn current(&self) -> Arc<Printed> {
        let metadata = (self.metadata)();
        let printed = self.printed.load_full();
        if printed.is_of(metadata.as_ref()) {
            return printed;
        }
        // Concurrent requests wait for this one instead of printing again.
        let _alone = self.printing.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = self.printed.load_full();
        if printed.is_of(metadata.as_ref()) {
            return printed;
        }
        let document = (self.print)(metadata.as_deref());
        let printed = Arc::new(Printed::new(
            &document,
            &self.sign_in,
            self.icon.as_ref(),
            metadata,
        ));
        self.printed.store(printed.clone());
        printed
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").finish_non_exhaustive()
    }
}

impl Printed {
    fn new(
        document: &Document,
        sign_in: &SignIn,
        icon: Option<&Icon>,
        metadata: Option<Arc<Metadata>>,
    ) -> Self {
        let files = OpenApiFiles::new(document);
        let open = |content_type, text| {
            Asset::new(content_type, text).with_header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        };
        Self {
            json: open("application/json", files.json),
            yaml: open("application/yaml", files.yaml),
            swagger_ui: swagger_ui::page(document, sign_in, metadata.as_deref()),
            reference: reference::page(document),
            icon: icon::asset(document, icon),
            metadata,
        }
    }

    fn is_of(&self, metadata: Option<&Arc<Metadata>>) -> bool {
        match (&self.metadata, metadata) {
            (Some(ours), Some(theirs)) => Arc::ptr_eq(ours, theirs),
            // The document keeps its sign-in when the keys become too old.
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

/// The links of the page are relative to an address without a slash at its end.
fn without_slash() -> Response {
    Response::builder()
        .status(StatusCode::PERMANENT_REDIRECT)
        .header(LOCATION, "../docs")
        .finish()
}
