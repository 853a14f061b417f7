//! The API that is checked: its URL and its document.

use serde_json::{Value, json};
use url::Url;

use crate::description::operation::Operation;
use crate::issuer::is_loopback;

use super::caller::{Caller, CallerError};
use super::document::{self, Unread};

/// An API and its OpenAPI document.
#[derive(Debug)]
pub struct Target {
    /// The URL to be checked. Requests stay below it.
    url: Url,
    base: Url,
    document: Value,
    place: String,
}

impl Target {
    /// The API at `url`, described by the document at `spec`, or else by the first one that is
    /// found where documents of APIs usually are.
    ///
    /// # Errors
    ///
    /// A [`TargetError`] if there is no document, or if it is not OpenAPI 3.
    pub async fn find(url: &Url, spec: Option<&Url>, caller: &Caller) -> Result<Self, TargetError> {
        if let Some(spec) = spec {
            let fetched = caller.document(spec).await;
            let body = fetched.map_err(|source| TargetError::Fetch {
                place: spec.to_string(),
                source,
            })?;
            return Self::parse(url, &body, spec.as_str());
        }
        let places = candidates(url);
        for place in &places {
            match caller.document(place).await {
                Ok(body) => match Self::parse(url, &body, place.as_str()) {
                    Err(TargetError::Document(_)) => {}
                    target => return target,
                },
                Err(source @ (CallerError::Connect(_) | CallerError::Timeout)) => {
                    return Err(TargetError::Fetch {
                        place: place.to_string(),
                        source,
                    });
                }
                Err(_) => {}
            }
        }
        let tried = places.iter().map(|place| place.path().to_owned());
        Err(TargetError::NotFound(tried.collect::<Vec<_>>().join(", ")))
    }

    /// The API at `url`, described by a document, JSON or YAML, that was read at `place`.
    ///
    /// # Errors
    ///
    /// [`TargetError::Document`] if it is not an OpenAPI 3 document, [`TargetError::TooLarge`] if
    /// it exceeds the limits.
    pub fn parse(url: &Url, body: &[u8], place: &str) -> Result<Self, TargetError> {
        let document = match document::read(body) {
            Ok(document) => Some(document),
            Err(Unread::NoDocument) => None,
            Err(Unread::TooLarge) => return Err(TargetError::TooLarge(place.to_owned())),
        };
        let is_openapi = |document: &Value| {
            let version = document["openapi"].as_str();
            version.is_some_and(|version| version.starts_with("3."))
                && document["paths"].is_object()
        };
        let document = document.filter(is_openapi);
        let document = document.ok_or_else(|| TargetError::Document(place.to_owned()))?;
        Ok(Self {
            url: below(url.clone()),
            base: base(url, &document, place),
            document,
            place: place.to_owned(),
        })
    }

    /// The API at `url` with these operations, each as `GET /path`: those that require a token,
    /// and those that are open.
    ///
    /// # Errors
    ///
    /// [`TargetError::Operation`] for a string that is not a method and a path.
    pub fn from_operations(
        url: &Url,
        protected: &[String],
        open: &[String],
    ) -> Result<Self, TargetError> {
        let mut document = json!({
            "openapi": "3.0.3",
            "paths": {},
            "components": { "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
        });
        let bearer = json!([{ "token": [] }]);
        let protected = protected.iter().map(|text| (text, &bearer));
        let none = json!([]);
        for (text, security) in protected.chain(open.iter().map(|text| (text, &none))) {
            let fault = || TargetError::Operation(text.clone());
            let (method, path) = text.split_once(' ').ok_or_else(fault)?;
            if !path.starts_with('/') || !method.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return Err(fault());
            }
            document["paths"][path][method.to_ascii_lowercase()] = json!({ "security": security });
        }
        Ok(Self {
            url: below(url.clone()),
            base: below(url.clone()),
            document,
            place: "the command line".to_owned(),
        })
    }

    /// The URL that the paths of the document are below, with a slash at its end.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The document.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Where the document was found.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the API runs on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.base)
    }

    /// Whether this URL is below the one to be checked.
    pub(super) fn holds(&self, url: &Url) -> bool {
        url.origin() == self.url.origin() && below(url.clone()).path().starts_with(self.url.path())
    }

    /// The path below which all operations are, without a slash at its end.
    pub(super) fn base_path(&self) -> &str {
        self.base.path().trim_end_matches('/')
    }
}

/// An operation as `GET /path`.
pub(super) fn shown(operation: &Operation<'_>) -> String {
    printable(&format!("{} {}", operation.method, operation.path))
}

/// Text from a document that can be shown on a terminal without controlling it.
pub(super) fn printable(text: &str) -> String {
    let letters = text.chars().take(MAX_SHOWN);
    letters
        .map(|letter| {
            if letter.is_control() || is_unseen(letter) {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}

/// Unicode's format characters (Cf), including marks of direction, and its line ends.
#[rustfmt::skip] // As the table has them.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}'
    )
}

const MAX_SHOWN: usize = 200;
/// The maximum size of an operation's path, and of the path that all are below.
pub(super) const MAX_PATH_BYTES: usize = 2 * 1024;

/// The document's first server if paths of the document are below it and below `url`, otherwise
/// `url` itself.
fn base(url: &Url, document: &Value, place: &str) -> Url {
    let own = below(url.clone());
    let server = document["servers"][0]["url"].as_str().unwrap_or("/");
    let found = Url::parse(place).unwrap_or_else(|_| url.clone());
    let Ok(server) = found.join(server).map(below) else {
        return own;
    };
    let root = server.path().trim_end_matches('/');
    if root.len() > MAX_PATH_BYTES {
        return own;
    }
    let mut paths = document["paths"].as_object().into_iter().flatten();
    let is_found = paths.any(|(path, _)| format!("{root}{path}/").starts_with(own.path()));
    if server.origin() == own.origin() && is_found {
        server
    } else {
        own
    }
}

/// The URL as a directory, so that a joined path stays below it.
fn below(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    url
}

/// Where frameworks serve their documents, at the URL and at its host's root.
fn candidates(url: &Url) -> Vec<Url> {
    let names = ["openapi.json", "openapi.yaml", "swagger.json", "spec"];
    let own = below(url.clone());
    let mut places: Vec<Url> = names
        .iter()
        .filter_map(|name| own.join(name).ok())
        .collect();
    let of_root = ["/v3/api-docs", "/swagger/v1/swagger.json", "/api-docs"];
    let at_root = names.iter().map(|name| format!("/{name}"));
    let at_root = at_root.chain(of_root.map(str::to_owned));
    for place in at_root.filter_map(|path| own.join(&path).ok()) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Why there is nothing to check.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The document cannot be fetched.
    #[error("cannot fetch the OpenAPI document {place}")]
    Fetch {
        /// Its URL.
        place: String,
        /// Why.
        source: CallerError,
    },
    /// It is at none of the usual places.
    #[error(
        "no OpenAPI document was found (tried {0}); give its URL or file with --spec, or name \
         operations with --operation \"GET /path\""
    )]
    NotFound(String),
    /// It is something else.
    #[error(
        "{0} is not an OpenAPI 3 document in JSON or YAML; give the document's URL or file with \
         --spec"
    )]
    Document(String),
    /// It is larger than the limits, possibly through its YAML aliases.
    #[error(
        "{0} has more than 2,000,000 values or 16 MiB of text, including repeated YAML aliases, or \
         is a YAML file of more than 2 MiB or too many brackets; give --spec as JSON, or name \
         operations with --operation \"GET /path\""
    )]
    TooLarge(String),
    /// An operation on the command line is malformed.
    #[error("`{0}` is not an operation; write it as \"GET /path\"")]
    Operation(String),
}
