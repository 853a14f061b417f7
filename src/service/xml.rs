//! Bounds what callers may send as XML.
//!
//! Poem-openapi 5.1.16 reads XML with quick-xml 0.36, where a start tag costs time that grows with
//! the square of the number of its attributes (RUSTSEC-2026-0194). No deadline interrupts it: a
//! body of 1 MiB, the default of `http.max_body_size`, keeps a thread busy for seconds, and
//! [`MAX_XML_BYTES`] for milliseconds.
//!
//! To be removed with the dependency: see `docs/patches/poem-quick-xml.md`.

use poem_openapi::registry::{MetaApi, MetaOperation};

use crate::guard::OperationRule;

/// The maximum size of a body of an operation that reads XML.
pub(super) const MAX_XML_BYTES: usize = 16 * 1024;

/// Whether the operation declares a request body of XML.
pub(super) fn is_read_by(rule: &OperationRule, meta: &[MetaApi]) -> bool {
    let paths = meta.iter().flat_map(|api| &api.paths);
    paths
        .filter(|path| path.path == rule.path)
        .flat_map(|path| &path.operations)
        .filter(|operation| operation.method == rule.method)
        .any(reads_xml)
}

fn reads_xml(operation: &MetaOperation) -> bool {
    let bodies = operation.request.iter().flat_map(|body| &body.content);
    bodies.into_iter().any(|body| is_xml(body.content_type))
}

/// `application/xml`, `text/xml` and every type with the suffix `+xml` (RFC 7303).
fn is_xml(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default();
    let subtype = essence.rsplit('/').next().unwrap_or_default().trim();
    let subtype = subtype.to_ascii_lowercase();
    subtype == "xml" || subtype.ends_with("+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_recognised_by_its_media_type() {
        for (content_type, expected) in [
            ("application/xml; charset=utf-8", true),
            ("text/xml", true),
            ("application/soap+xml", true),
            ("Application/XML ;q=1", true),
            ("application/json", false),
            ("application/xml-patch+json", false),
            ("text/html; a=/xml", false),
            ("", false),
        ] {
            assert_eq!(is_xml(content_type), expected, "{content_type}");
        }
    }
}
