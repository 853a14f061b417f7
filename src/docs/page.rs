//! What the pages have in common: one frame with links, data that cannot end its script, and a
//! policy.

use std::fmt::Write as _;

use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};
use serde_json::Value;

use crate::guard::Document;

use super::asset::Asset;

/// A page whose scripts and styles are files of their own.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    /// This page's own path among [`LINKS`].
    pub(super) path: &'static str,
    /// The root of the service, relative to the page.
    pub(super) root: &'static str,
    /// Below the root, like the scripts.
    pub(super) styles: &'a [&'a str],
    pub(super) scripts: &'a [&'a str],
    /// What the scripts read, by the id of the element that contains it.
    pub(super) data: &'a [(&'a str, &'a Value)],
    /// The id of the element that the scripts fill.
    pub(super) container: &'a str,
    /// `style-src` and `connect-src`, and whatever else the page needs.
    pub(super) policy: &'a str,
}

impl Page<'_> {
    pub(super) fn into_asset(self) -> Asset {
        let root = self.root;
        let mut styles = String::new();
        for path in self.styles {
            let _ = writeln!(styles, "<link rel=\"stylesheet\" href=\"{root}{path}\">");
        }
        let mut scripts = String::new();
        for (id, value) in self.data {
            let json = for_script(value);
            let _ = writeln!(
                scripts,
                "<script type=\"application/json\" id=\"{id}\">{json}</script>"
            );
        }
        for path in self.scripts {
            let _ = writeln!(scripts, "<script src=\"{root}{path}\"></script>");
        }
        let mut links = String::new();
        for (path, name) in LINKS {
            let current = if path == self.path {
                " aria-current=\"page\""
            } else {
                ""
            };
            let _ = writeln!(links, "<a href=\"{root}{path}\"{current}>{name}</a>");
        }
        let text = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <link rel=\"icon\" href=\"{root}docs/icon\">\n\
             <title>{title}</title>\n{styles}</head>\n<body>\n\
             <header class=\"bar\">\n<img src=\"{root}docs/icon\" alt=\"\" width=\"28\" height=\"28\">\n\
             <nav aria-label=\"Documentation\">\n{links}</nav>\n</header>\n\
             <main id=\"{container}\"></main>\n\
             <noscript>This page needs JavaScript. The document itself does not: see the links \
             above.</noscript>\n\
             {scripts}</body>\n</html>\n",
            title = escape(self.title),
            container = self.container,
        );
        let policy = format!("{FRAME_POLICY}; script-src 'self'; {}", self.policy);
        Asset::new("text/html; charset=utf-8", text)
            .with_header(CONTENT_SECURITY_POLICY, &policy)
            .with_header(X_FRAME_OPTIONS, "DENY")
            .with_header(REFERRER_POLICY, "no-referrer")
    }
}

/// The API's own name.
pub(super) fn title(document: &Document) -> &str {
    document.as_value()["info"]["title"]
        .as_str()
        .unwrap_or("API")
}

/// JSON that cannot end the script that contains it.
fn for_script(value: &Value) -> String {
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// The path of Swagger UI.
pub(super) const SWAGGER_UI: &str = "docs";
/// The path of Redoc.
pub(super) const REFERENCE: &str = "docs/reference";

/// The pages and the document, with the names of the links to them.
const LINKS: [(&str, &str); 4] = [
    (SWAGGER_UI, "Try it"),
    (REFERENCE, "Reference"),
    ("openapi.json", "openapi.json"),
    ("openapi.yaml", "openapi.yaml"),
];

const FRAME_POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
