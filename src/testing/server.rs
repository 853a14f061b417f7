//! Where the document says that the operations are.

use serde_json::Value;
use url::Url;

/// The origin of the document's first server, if it has one.
pub(super) fn origin(document: &Value) -> Url {
    let server = document["servers"][0]["url"].as_str().unwrap_or_default();
    let parsed = Url::parse(server).ok().filter(Url::has_host);
    parsed.unwrap_or_else(|| Url::parse("http://localhost").expect("a URL"))
}

/// Paths of a document are below its server's URL, which may be a path alone.
pub(super) fn base_path(document: &Value) -> String {
    let server = document["servers"][0]["url"].as_str().unwrap_or_default();
    let path = Url::parse(server).map_or_else(|_| server.to_owned(), |url| url.path().to_owned());
    path.trim_end_matches('/').to_owned()
}
