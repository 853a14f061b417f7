//! What the pages have in common: one frame, data that no text can break out of, a policy.

use std::fmt::Write as _;

use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};
use serde_json::Value;

use crate::guard::Document;

use super::asset::Asset;

/// A page whose scripts and styles are files of their own.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    /// Below the page's own address.
    pub(super) styles: &'a [&'a str],
    pub(super) scripts: &'a [&'a str],
    /// What the scripts read, by the id of the element that holds it.
    pub(super) data: &'a [(&'a str, &'a Value)],
    /// The id of the element that the scripts fill.
    pub(super) container: &'a str,
    /// `style-src` and `connect-src`, and whatever else the page needs.
    pub(super) policy: &'a str,
}

impl Page<'_> {
    pub(super) fn into_asset(self) -> Asset {
        let mut links = String::new();
        for path in self.styles {
            let _ = writeln!(links, "<link rel=\"stylesheet\" href=\"{path}\">");
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
            let _ = writeln!(scripts, "<script src=\"{path}\"></script>");
        }
        let text = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <link rel=\"icon\" href=\"data:,\">\n\
             <title>{title}</title>\n{links}</head>\n<body>\n\
             <div id=\"{container}\"></div>\n\
             <noscript>This page needs JavaScript; the document itself is openapi.json.</noscript>\n\
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

/// JSON that cannot end the script it stands in.
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

const FRAME_POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
