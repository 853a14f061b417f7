//! `/docs/reference`: the same document by Redoc, for readers.

use crate::guard::Document;

use super::asset::Asset;
use super::page::Page;

pub(super) fn page(document: &Document) -> Asset {
    let page = Page {
        title: super::page::title(document),
        styles: &["page.css"],
        scripts: &["redoc.js", "redoc-start.js"],
        data: &[("document", document.as_value())],
        container: "redoc",
        policy: &format!(
            "style-src 'self' '{EMPTY_STYLE}' '{SCROLL_BARS}'; img-src 'self' data:; \
             connect-src 'self'"
        ),
    };
    page.into_asset()
}

/// Redoc adds a style sheet without text and fills it rule by rule, which no policy forbids.
const EMPTY_STYLE: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// The one style sheet that Redoc adds as text. Another Redoc may have another; the browser
/// then leaves it out, and the browser tests tell.
const SCROLL_BARS: &str = "sha256-sDI9pUw6Z98NC0sorERcD03vlQ8zZwyaBSQ06jerL4M=";
