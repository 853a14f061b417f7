//! What the pages are made of: the bundles that poem-openapi carries, and our few lines.
//!
//! They are the same for every configuration, so they are compressed once in a process, on
//! a thread where that keeps nobody waiting.

use std::sync::OnceLock;

use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use poem::endpoint::make;
use poem::{Request, Route, RouteMethod};
use poem_openapi::OpenApiService;

use super::asset::Asset;
use super::swagger_ui::OAUTH2_REDIRECT;
use crate::service::routes::read;

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

/// Begins to compress, so that the first page need not wait.
pub(in crate::service) fn prepare() {
    if BUNDLES.get().is_none() {
        tokio::task::spawn_blocking(|| BUNDLES.get_or_init(Bundles::new));
    }
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
    read(make(move |request: Request| async move {
        let bundles = match BUNDLES.get() {
            Some(bundles) => bundles,
            None => tokio::task::spawn_blocking(|| BUNDLES.get_or_init(Bundles::new))
                .await
                .expect("compression does not panic"),
        };
        Ok::<_, poem::Error>(pick(bundles).answer(request.headers()))
    }))
}

impl Bundles {
    fn new() -> Self {
        let [swagger_ui_css, swagger_ui_js, redoc_js] = carried();
        let bundle = |content_type, text: String| {
            Asset::new(content_type, text)
                .with_header(CACHE_CONTROL, "public, max-age=3600, must-revalidate")
        };
        let own = |content_type, text: &'static str| Asset::new(content_type, text);
        Self {
            swagger_ui_css: bundle(CSS, swagger_ui_css),
            swagger_ui_bundle_js: bundle(JAVASCRIPT, swagger_ui_js),
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
            redoc_js: bundle(JAVASCRIPT, redoc_js),
            redoc_start_js: own(JAVASCRIPT, include_str!("pages/redoc-start.js")),
            page_css: own(CSS, include_str!("pages/page.css")),
        }
    }
}

/// Swagger UI's style sheet and script, and Redoc's script, out of poem-openapi's pages.
pub(super) fn carried() -> [String; 3] {
    let service = OpenApiService::<_, ()>::new((), "", "");
    let (swagger_ui, redoc) = (service.swagger_ui_html(), service.redoc_html());
    [
        within(&swagger_ui, STYLE).to_owned(),
        within(&swagger_ui, SCRIPT).to_owned(),
        within(&redoc, REDOC_SCRIPT).to_owned(),
    ]
}

/// What stands between two marks of poem-openapi's page; nothing, should that page change,
/// which a test would tell.
fn within<'a>(page: &'a str, (start, end): (&str, &str)) -> &'a str {
    let rest = page.split_once(start).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or("", |(text, _)| text)
}

static BUNDLES: OnceLock<Bundles> = OnceLock::new();

const STYLE: (&str, &str) = ("<style charset=\"UTF-8\">", "</style>");
// A bundle holds `</script>` as text, but no line that begins with the end of the head.
const SCRIPT: (&str, &str) = ("<script charset=\"UTF-8\">", "</script>\n</head>");
const REDOC_SCRIPT: (&str, &str) = (SCRIPT.0, "</script>\n  </head>");
const CSS: &str = "text/css; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
