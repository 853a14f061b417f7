//! What the pages are made of: the bundles that poem-openapi carries, and our few lines.
//!
//! They are the same for every configuration, so a process has them once. The bundles come
//! compressed: `build.rs` takes them out of poem-openapi's pages.

use std::sync::LazyLock;

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use poem::endpoint::make_sync;
use poem::{Request, Route, RouteMethod};

use super::asset::Asset;
use super::read::read;
use super::swagger_ui::OAUTH2_REDIRECT;

struct Bundles {
    swagger_ui_css: Asset,
    swagger_ui_bundle_js: Asset,
    swagger_ui_start_js: Asset,
    oauth2_redirect_html: Asset,
    oauth2_redirect_js: Asset,
    redoc_js: Asset,
    redoc_start_js: Asset,
    page_css: Asset,
}

pub(super) fn add_to(routes: Route) -> Route {
    routes
        .at("/docs/swagger-ui.css", serve(|it| &it.swagger_ui_css))
        .at(
            "/docs/swagger-ui-bundle.js",
            serve(|it| &it.swagger_ui_bundle_js),
        )
        .at(
            "/docs/swagger-ui-start.js",
            serve(|it| &it.swagger_ui_start_js),
        )
        .at(OAUTH2_REDIRECT, serve(|it| &it.oauth2_redirect_html))
        .at(
            "/docs/oauth2-redirect.js",
            serve(|it| &it.oauth2_redirect_js),
        )
        .at("/docs/redoc.js", serve(|it| &it.redoc_js))
        .at("/docs/redoc-start.js", serve(|it| &it.redoc_start_js))
        .at("/docs/page.css", serve(|it| &it.page_css))
}

fn serve(pick: fn(&Bundles) -> &Asset) -> RouteMethod {
    read(make_sync(move |request: Request| {
        pick(&BUNDLES).answer(request.headers())
    }))
}

impl Bundles {
    fn new() -> Self {
        let bundle = |content_type, gzip| {
            Asset::packed(content_type, gzip)
                .with_header(CACHE_CONTROL, "public, max-age=3600, must-revalidate")
        };
        let own = |content_type, text: &'static str| Asset::new(content_type, text);
        Self {
            swagger_ui_css: bundle(CSS, SWAGGER_UI_CSS),
            swagger_ui_bundle_js: bundle(JAVASCRIPT, SWAGGER_UI_BUNDLE_JS),
            swagger_ui_start_js: own(JAVASCRIPT, include_str!("pages/swagger-ui-start.js")),
            oauth2_redirect_html: own(HTML, include_str!("pages/oauth2-redirect.html"))
                .with_header(CACHE_CONTROL, "no-store")
                .with_header(REFERRER_POLICY, "no-referrer")
                .with_header(
                    CONTENT_SECURITY_POLICY,
                    "default-src 'none'; script-src 'self'; img-src data:; base-uri 'none'; \
                     form-action 'none'; frame-ancestors 'none'",
                ),
            oauth2_redirect_js: own(JAVASCRIPT, include_str!("pages/oauth2-redirect.js")),
            redoc_js: bundle(JAVASCRIPT, REDOC_JS),
            redoc_start_js: own(JAVASCRIPT, include_str!("pages/redoc-start.js")),
            page_css: own(CSS, include_str!("pages/page.css")),
        }
    }
}

static BUNDLES: LazyLock<Bundles> = LazyLock::new(Bundles::new);

pub(super) const SWAGGER_UI_CSS: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz"));
pub(super) const SWAGGER_UI_BUNDLE_JS: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz"));
pub(super) const REDOC_JS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/redoc.js.gz"));
const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
