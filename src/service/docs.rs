//! The document as JSON, as YAML and as a page; printed anew when the issuer's endpoints change.

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::header::CONTENT_TYPE;
use poem::endpoint::{Endpoint, make_sync};
use poem::{Body, Response};

use crate::guard::{Document, Guard, RuleError};
use crate::issuer::{Metadata, RemoteKeySet};

use super::api;

/// The document in its forms.
pub struct OpenApiFiles {
    /// JSON, indented.
    pub json: String,
    /// YAML 1.2.
    pub yaml: String,
    page: String,
}

/// The forms that are served, each ready to be sent.
pub(super) struct Documents {
    public_url: String,
    printed: ArcSwap<Printed>,
}

struct Printed {
    json: bytes::Bytes,
    yaml: bytes::Bytes,
    page: bytes::Bytes,
}

impl Documents {
    pub(super) fn new(guard: &Guard, public_url: &str) -> Result<Self, RuleError> {
        let files = openapi_files(guard, public_url, None)?;
        Ok(Self {
            public_url: public_url.to_owned(),
            printed: ArcSwap::from_pointee(files.into()),
        })
    }

    pub(super) fn json(self: &Arc<Self>) -> impl Endpoint + 'static {
        self.serve("application/json", |printed| &printed.json)
    }

    pub(super) fn yaml(self: &Arc<Self>) -> impl Endpoint + 'static {
        self.serve("application/yaml", |printed| &printed.yaml)
    }

    pub(super) fn page(self: &Arc<Self>) -> impl Endpoint + 'static {
        self.serve("text/html; charset=utf-8", |printed| &printed.page)
    }

    fn serve(
        self: &Arc<Self>,
        content_type: &'static str,
        form: fn(&Printed) -> &bytes::Bytes,
    ) -> impl Endpoint + 'static {
        let documents = self.clone();
        make_sync(move |_| {
            Response::builder()
                .header(CONTENT_TYPE, content_type)
                .body(Body::from_bytes(form(&documents.printed.load()).clone()))
        })
    }
}

/// Prints the documents anew whenever the issuer says something else of itself.
pub(super) async fn follow(documents: Arc<Documents>, guard: Guard, keys: Arc<RemoteKeySet>) {
    let mut attempts = keys.attempts();
    let mut printed: Option<Arc<Metadata>> = None;
    loop {
        let metadata = keys.metadata();
        let is_news = match (&printed, &metadata) {
            (Some(old), Some(new)) => !Arc::ptr_eq(old, new),
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if is_news
            && let Ok(files) = openapi_files(&guard, &documents.public_url, metadata.as_deref())
        {
            documents.printed.store(Arc::new(files.into()));
            printed = metadata;
        }
        attempts.ended().await;
    }
}

/// Prints the document of the API behind this guard.
pub(super) fn openapi_files(
    guard: &Guard,
    public_url: &str,
    issuer: Option<&Metadata>,
) -> Result<OpenApiFiles, RuleError> {
    let service = api::service(guard.try_protect(api::Api)?, public_url);
    let document = guard.document(&service, issuer)?;
    // The page is poem-openapi's, with our document in place of its own.
    let page = service
        .swagger_ui_html()
        .replace(&service.spec(), &for_script(&document))
        .replace(
            "<html charset",
            "<!doctype html>\n<html lang=\"en\" charset",
        );
    Ok(OpenApiFiles {
        json: document.to_json(),
        yaml: serde_yaml_ng::to_string(document.as_value()).expect("JSON is YAML"),
        page,
    })
}

/// JSON that cannot end the script it stands in.
fn for_script(document: &Document) -> String {
    document
        .to_json()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

impl From<OpenApiFiles> for Printed {
    fn from(files: OpenApiFiles) -> Self {
        Self {
            json: files.json.into(),
            yaml: files.yaml.into(),
            page: files.page.into(),
        }
    }
}
