//! `/docs/reference`: the same document by Redoc, for readers.

use crate::guard::Document;

use super::asset::Asset;
use super::page::{self, Page};

pub(super) fn page(document: &Document) -> Asset {
    let page = Page {
        title: page::title(document),
        path: page::REFERENCE,
        root: "../",
        styles: &["docs/page.css", "docs/redoc-theme.css"],
        scripts: &["docs/redoc.js", "docs/redoc-start.js"],
        data: &[("document", document.as_value())],
        container: "redoc",
        policy: &format!(
            "style-src 'self' '{EMPTY_STYLE}' '{SCROLL_BARS}'; img-src 'self' data:; \
             connect-src 'self'"
        ),
    };
    page.into_asset()
}

/// Redoc adds an empty style sheet and fills it rule by rule, which no policy forbids.
const EMPTY_STYLE: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// The one style sheet that Redoc adds as a string. Another version of Redoc may have another;
/// the browser then ignores it, and the browser tests report it.
const SCROLL_BARS: &str = "sha256-sDI9pUw6Z98NC0sorERcD03vlQ8zZwyaBSQ06jerL4M=";
