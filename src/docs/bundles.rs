//! The scripts and styles of the pages: the bundles of poem-openapi, and our own files.
//!
//! They are the same for every configuration, so a process has them once. The bundles are
//! compressed copies of poem-openapi's files, which `scripts/bundles` writes and compares.

use std::sync::LazyLock;

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use poem::endpoint::make_sync;
use poem::{Request, Route, RouteMethod};

use super::asset::Asset;
use super::read::read;
use super::swagger_ui::OAUTH2_REDIRECT;

/// A path, its media type and its content.
type File = (&'static str, &'static str, Content);

enum Content {
    /// A bundle, compressed by gzip.
    Bundle(&'static [u8]),
    Own(&'static str),
    /// The page to which the issuer sends a person back, whose address contains the code.
    Redirect(&'static str),
}

pub(super) fn add_to(routes: Route) -> Route {
    let paths = FILES.iter().map(|(path, ..)| *path).enumerate();
    paths.fold(routes, |routes, (index, path)| {
        routes.at(path, serve(index))
    })
}

fn serve(index: usize) -> RouteMethod {
    read(make_sync(move |request: Request| {
        ASSETS[index].answer(request.headers())
    }))
}

fn asset((_, media_type, content): &File) -> Asset {
    match *content {
        Content::Bundle(gzip) => Asset::packed(media_type, gzip)
            .with_header(CACHE_CONTROL, "public, max-age=3600, must-revalidate"),
        Content::Own(text) => Asset::new(media_type, text),
        Content::Redirect(text) => Asset::new(media_type, text)
            .with_header(CACHE_CONTROL, "no-store")
            .with_header(REFERRER_POLICY, "no-referrer")
            .with_header(
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
    }
}

/// In the order of [`FILES`].
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| FILES.iter().map(asset).collect());

/// One of our own files, from the folder `pages`.
macro_rules! own {
    ($path:literal, $media_type:expr, $file:literal) => {
        (
            $path,
            $media_type,
            Content::Own(include_str!(concat!("pages/", $file))),
        )
    };
}

#[rustfmt::skip]
const FILES: [File; 19] = [
    ("/docs/swagger-ui.css", CSS, Content::Bundle(SWAGGER_UI_CSS)),
    ("/docs/swagger-ui-bundle.js", JAVASCRIPT, Content::Bundle(SWAGGER_UI_BUNDLE_JS)),
    ("/docs/redoc.js", JAVASCRIPT, Content::Bundle(REDOC_JS)),
    (OAUTH2_REDIRECT, HTML, Content::Redirect(include_str!("pages/oauth2-redirect.html"))),
    own!("/docs/oauth2-redirect.js", JAVASCRIPT, "oauth2-redirect.js"),
    own!("/docs/advice.js", JAVASCRIPT, "advice.js"),
    own!("/docs/tokens.js", JAVASCRIPT, "tokens.js"),
    own!("/docs/bound-tokens.js", JAVASCRIPT, "bound-tokens.js"),
    own!("/docs/refusal.js", JAVASCRIPT, "refusal.js"),
    own!("/docs/dialog.js", JAVASCRIPT, "dialog.js"),
    own!("/docs/step-up.js", JAVASCRIPT, "step-up.js"),
    own!("/docs/swagger-ui-start.js", JAVASCRIPT, "swagger-ui-start.js"),
    own!("/docs/redoc-start.js", JAVASCRIPT, "redoc-start.js"),
    own!("/docs/page.css", CSS, "page.css"),
    own!("/docs/swagger-ui-theme.css", CSS, "swagger-ui-theme.css"),
    own!("/docs/swagger-ui-controls.css", CSS, "swagger-ui-controls.css"),
    own!("/docs/swagger-ui-layout.css", CSS, "swagger-ui-layout.css"),
    own!("/docs/dialog.css", CSS, "dialog.css"),
    own!("/docs/redoc-theme.css", CSS, "redoc-theme.css"),
];

pub(super) const SWAGGER_UI_CSS: &[u8] = include_bytes!("bundles/swagger-ui.css.gz");
pub(super) const SWAGGER_UI_BUNDLE_JS: &[u8] = include_bytes!("bundles/swagger-ui-bundle.js.gz");
pub(super) const REDOC_JS: &[u8] = include_bytes!("bundles/redoc.standalone.js.gz");
const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
