//! Spans of exchanges with the issuer: OpenTelemetry's semantic conventions for HTTP clients.
//!
//! One fetch of keys serves every caller, so it is a separate trace. If a caller waits for it,
//! because no key has the `kid` of its token, it links to the trace of the caller.

use std::sync::{Mutex, PoisonError};

use http::{Request, StatusCode};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Link, SpanContext, SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HeaderInjector;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracer;
use url::Url;

use crate::issuer::{EndOfExchange, ExchangeObserver, FetchError};

/// Makes the spans.
#[derive(Debug)]
pub(super) struct Exchanges {
    tracer: SdkTracer,
    /// The call that waits for the next exchange.
    wanted_by: Mutex<Option<SpanContext>>,
}

impl Exchanges {
    pub(super) fn new(tracer: SdkTracer) -> Self {
        Self {
            tracer,
            wanted_by: Mutex::new(None),
        }
    }
}

impl ExchangeObserver for Exchanges {
    fn exchange_begins(&self, request: &mut Request<Vec<u8>>) -> EndOfExchange {
        let mut wanted_by = self
            .wanted_by
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let links = wanted_by.take().map(Link::with_context);
        drop(wanted_by);
        let method = name(request.method());
        let mut attributes = vec![KeyValue::new("http.request.method", method)];
        if let Ok(mut url) = Url::parse(&request.uri().to_string()) {
            url.set_query(None);
            attributes.extend([
                KeyValue::new("server.address", url.host_str().unwrap_or("").to_owned()),
                KeyValue::new(
                    "server.port",
                    i64::from(url.port_or_known_default().unwrap_or(0)),
                ),
                KeyValue::new("url.full", url.to_string()),
            ]);
        }
        let span = self
            .tracer
            .span_builder(method)
            .with_kind(SpanKind::Client)
            .with_attributes(attributes)
            .with_links(links.into_iter().collect())
            .start_with_context(&self.tracer, &Context::new());
        let context = Context::new().with_span(span);
        TraceContextPropagator::new()
            .inject_context(&context, &mut HeaderInjector(request.headers_mut()));
        // It has no list of vendors, and is written all the same.
        request.headers_mut().remove("tracestate");
        Box::new(move |outcome| end(&context, outcome))
    }

    fn exchange_awaited(&self) {
        let caller = Context::map_current(|context| context.span().span_context().clone());
        if caller.is_valid() {
            let mut wanted_by = self
                .wanted_by
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *wanted_by = Some(caller);
        }
    }
}

fn end(context: &Context, outcome: Result<StatusCode, &FetchError>) {
    let span = context.span();
    let error = match outcome {
        Ok(status) => {
            let code = i64::from(status.as_u16());
            span.set_attribute(KeyValue::new("http.response.status_code", code));
            let is_error = status.is_client_error() || status.is_server_error();
            is_error.then(|| status.as_str().to_owned())
        }
        Err(error) => Some(kind(error).to_owned()),
    };
    if let Some(error) = error {
        span.set_attribute(KeyValue::new("error.type", error));
        span.set_status(Status::error(""));
    }
    span.end();
}

fn name(method: &http::Method) -> &'static str {
    match *method {
        http::Method::POST => "POST",
        _ => "GET",
    }
}

/// A word for each way to fail, of which there are few.
fn kind(error: &FetchError) -> &'static str {
    match error {
        FetchError::Timeout => "timeout",
        FetchError::Connect(_) | FetchError::Certificate { .. } => "connect",
        FetchError::Transport(_) => "transport",
        FetchError::Redirect => "redirect",
        FetchError::TooLarge => "too_large",
        _ => "_OTHER",
    }
}
