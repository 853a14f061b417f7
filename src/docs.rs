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

use crate::guard::{DescribedIssuer, Document};
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
    issuers: Box<dyn Fn() -> Vec<DescribedIssuer> + Send + Sync>,
    sign_in: SignIn,
    icon: Option<Icon>,
    printed: ArcSwap<Printed>,
    printing: Mutex<()>,
}

/// Makes the document for the issuer's metadata.
type Print = dyn Fn(&[DescribedIssuer]) -> Document + Send + Sync;

struct Printed {
    issuers: Vec<DescribedIssuer>,
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
        print: impl Fn(&[DescribedIssuer]) -> Document + Send + Sync + 'static,
        issuers: impl Fn() -> Vec<DescribedIssuer> + Send + Sync + 'static,
        sign_in: SignIn,
        icon: Option<Icon>,
    ) -> Self {
        let now = issuers();
        let first = Printed::new(&print(&now), &sign_in, icon.as_ref(), now);
        Self {
            print: Box::new(print),
            issuers: Box::new(issuers),
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
        let issuers = (self.issuers)();
        let printed = self.printed.load_full();
        if DescribedIssuer::are_described(&printed.issuers, &issuers) {
            return printed;
        }
        // Concurrent requests wait for this one instead of printing again.
        let _alone = self.printing.lock().unwrap_or_else(PoisonError::into_inner);
        let printed = self.printed.load_full();
        if DescribedIssuer::are_described(&printed.issuers, &issuers) {
            return printed;
        }
        let document = (self.print)(&issuers);
        let printed = Arc::new(Printed::new(
            &document,
            &self.sign_in,
            self.icon.as_ref(),
            issuers,
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
        issuers: Vec<DescribedIssuer>,
    ) -> Self {
        let files = OpenApiFiles::new(document);
        let open = |content_type, text| {
            Asset::new(content_type, text).with_header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        };
        Self {
            json: open("application/json", files.json),
            yaml: open("application/yaml", files.yaml),
            swagger_ui: swagger_ui::page(document, sign_in, &issuers),
            reference: reference::page(document),
            icon: icon::asset(document, icon),
            issuers,
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
