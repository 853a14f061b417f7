//! No traces, in a build without the feature `otel`.

use std::sync::Arc;

use poem::Request;

use crate::issuer::ExchangeObserver;
use crate::service::config::TelemetryConfig;

use super::{Answered, TraceId, TracesError};

#[derive(Clone)]
pub(in crate::service) enum Traces {}

pub(in crate::service) enum Call {}

#[expect(clippy::unnecessary_wraps, reason = "with the feature it can fail")]
impl Traces {
    pub(in crate::service) fn start(
        _: &TelemetryConfig,
        _: &str,
    ) -> Result<Option<Self>, TracesError> {
        Ok(None)
    }

    pub(in crate::service) fn begin(&self, _: &Request) -> Option<Call> {
        match *self {}
    }

    pub(in crate::service) fn observer(&self) -> Arc<dyn ExchangeObserver> {
        match *self {}
    }

    pub(in crate::service) fn finish(&self) -> std::future::Ready<()> {
        match *self {}
    }
}

impl Call {
    pub(in crate::service) fn attach(&self) {
        match *self {}
    }

    pub(in crate::service) fn trace_id(&self) -> TraceId {
        match *self {}
    }

    pub(in crate::service) fn end(self, _: &Answered<'_>) {
        match self {}
    }
}

pub(in crate::service) const fn current() -> Option<TraceId> {
    None
}
