//! The document as an endpoint that follows the issuer's metadata.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE};
use poem::endpoint::make_sync;
use poem::{Body, Endpoint, Response};
use poem_openapi::{OpenApi, OpenApiService, Webhook};
use serde_json::Value;

use crate::guard::described_issuer::DescribedIssuer;
use crate::guard::guarded::Guarded;
use crate::guard::rule::{self, OperationRule};
use crate::guard::{Guard, RuleError};

use super::{Document, spec};

impl Guard {
    /// An endpoint that serves [`Guard::document`] as JSON, with the issuer's flows as soon as
    /// its metadata is known. Any origin may read it.
    ///
    /// # Errors
    ///
    /// As [`Guard::document`].
    pub fn document_endpoint<T: OpenApi, W: Webhook>(
        &self,
        service: &OpenApiService<Guarded<T>, W>,
    ) -> Result<impl Endpoint<Output = Response> + use<T, W> + 'static, RuleError> {
        let live = Live {
            guard: self.clone(),
            spec: spec(service)?,
            rules: rule::rules::<T>(self.access())?,
            printed: ArcSwapOption::empty(),
        };
        Ok(make_sync(move |_| {
            Response::builder()
                .header(CONTENT_TYPE, "application/json")
                .header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
                .body(Body::from(live.json()))
        }))
    }
}

struct Live {
    guard: Guard,
    spec: Value,
    rules: Vec<OperationRule>,
    printed: ArcSwapOption<Printed>,
}

struct Printed {
    json: Bytes,
    issuers: Vec<DescribedIssuer>,
}

impl Live {
    /// The document. It is printed again only after the metadata was fetched again.
    fn json(&self) -> Bytes {
        let issuers = self.guard.described_issuers();
        let is_current =
            |printed: &&Arc<Printed>| DescribedIssuer::are_described(&printed.issuers, &issuers);
        let printed = self.printed.load();
        if let Some(printed) = printed.as_ref().filter(is_current) {
            return printed.json.clone();
        }
        let spec = self.spec.clone();
        let document = Document::complete(spec, &self.rules, &self.guard, &issuers);
        let json = Bytes::from(document.to_json());
        self.printed.store(Some(Arc::new(Printed {
            json: json.clone(),
            issuers,
        })));
        json
    }
}
