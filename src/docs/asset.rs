//! A prepared file: its forms, their tags, and which of them a request gets.
//!
//! 1. `Accept-Encoding` selects the coding (RFC 9110 section 12.5.3).
//! 2. Each coding has a strong tag of its own (RFC 9110 section 8.8.3.3).
//! 3. A request with the tag of the selected form is answered 304, without a body
//!    (RFC 9110 section 13.1.2).

use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use poem::{Body, Response};

use super::coding::{Coding, gunzip};

/// A file in every coding that makes it smaller.
pub(super) struct Asset {
    headers: HeaderMap,
    /// The smallest first; the last one is the file itself.
    forms: Vec<Form>,
}

struct Form {
    coding: Coding,
    tag: HeaderValue,
    bytes: LazyLock<Bytes, Box<dyn FnOnce() -> Bytes + Send>>,
}

impl Asset {
    /// Compresses `text`. A browser asks again whether it has changed after a minute.
    pub(super) fn new(content_type: &'static str, text: impl Into<Bytes>) -> Self {
        let text: Bytes = text.into();
        let name = digest(&text);
        let mut forms = Vec::new();
        for coding in Coding::ALL {
            let bytes = coding.encode(&text);
            if coding == Coding::Identity || bytes.len() < text.len() {
                forms.push(Form::new(coding, &name, move || bytes));
            }
        }
        Self::from_forms(content_type, forms)
    }

    /// Takes a file that is compressed already.
    ///
    /// The plain file is unpacked for the first caller that needs it. All callers share it.
    pub(super) fn packed(content_type: &'static str, gzip: &'static [u8]) -> Self {
        let name = digest(gzip);
        let forms = vec![
            Form::new(Coding::Gzip, &name, move || Bytes::from_static(gzip)),
            Form::new(Coding::Identity, &name, move || gunzip(gzip)),
        ];
        Self::from_forms(content_type, forms)
    }

    fn from_forms(content_type: &str, forms: Vec<Form>) -> Self {
        let asset = Self {
            headers: HeaderMap::new(),
            forms,
        };
        asset
            .with_header(CONTENT_TYPE, content_type)
            .with_header(CACHE_CONTROL, "public, max-age=60, must-revalidate")
            .with_header(X_CONTENT_TYPE_OPTIONS, "nosniff")
            .with_header(VARY, "accept-encoding")
    }

    /// Sets a header of every answer.
    ///
    /// # Panics
    ///
    /// If `value` is not a header value. All values consist of fixed strings and origins.
    pub(super) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        let value = HeaderValue::try_from(value).expect("a header value");
        self.headers.insert(name, value);
        self
    }

    /// The answer to a request with these headers.
    pub(super) fn answer(&self, request: &HeaderMap) -> Response {
        let codings: Vec<_> = self.forms.iter().map(|form| form.coding).collect();
        let chosen = Coding::choose(&codings, request);
        let form = &self.forms[codings.iter().position(|it| *it == chosen).unwrap_or(0)];
        let is_current = names(request, &form.tag);
        let mut response = if is_current {
            StatusCode::NOT_MODIFIED.into()
        } else {
            Response::builder().body(Body::from_bytes(Bytes::clone(&form.bytes)))
        };
        let headers = response.headers_mut();
        headers.extend(self.headers.clone());
        headers.insert(ETAG, form.tag.clone());
        if is_current {
            headers.remove(CONTENT_TYPE);
        } else if let Some(name) = form.coding.name() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response
    }
}

impl Form {
    fn new(coding: Coding, name: &str, bytes: impl FnOnce() -> Bytes + Send + 'static) -> Self {
        let tag = HeaderValue::try_from(format!("\"{name}{}\"", coding.suffix()));
        Self {
            coding,
            tag: tag.expect("base64url in quotes"),
            bytes: LazyLock::new(Box::new(bytes)),
        }
    }
}

/// The beginning of the tags of a file's forms.
fn digest(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    // 96 bits are enough, because two files with one tag help no attacker.
    URL_SAFE_NO_PAD.encode(&digest.as_ref()[..12])
}

/// Whether `If-None-Match` has the tag, which a proxy may have marked as weak.
fn names(request: &HeaderMap, tag: &HeaderValue) -> bool {
    request
        .get_all(IF_NONE_MATCH)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .map(|named| named.strip_prefix(b"W/").unwrap_or(named))
        .any(|named| named == b"*" || named == tag.as_bytes())
}
