//! Spans of calls: OpenTelemetry's semantic conventions for HTTP servers.

use std::fmt;
use std::sync::Arc;

use opentelemetry::trace::{Link, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, ContextGuard, KeyValue};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use poem::Request;

use crate::issuer::ExchangeObserver;
use crate::service::config::TelemetryConfig;

use super::error::TracesError;
use super::exchanges::Exchanges;
use super::{Answered, TraceId, export, parent};

/// Makes spans and has them sent. Clones are the same.
#[derive(Clone)]
pub(in crate::service) struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    continues: bool,
}

impl Traces {
    /// `None` without a collector.
    pub(in crate::service) fn start(
        config: &TelemetryConfig,
        version: &str,
    ) -> Result<Option<Self>, TracesError> {
        let Some(endpoint) = &config.otlp_endpoint else {
            return Ok(None);
        };
        let provider = export::provider(config, endpoint, version)?;
        Ok(Some(Self {
            tracer: provider.tracer(env!("CARGO_PKG_NAME")),
            provider,
            continues: config.continue_traces,
        }))
    }

    /// The span of a call that begins; none of a probe, which would drown the others.
    pub(in crate::service) fn begin(&self, request: &Request) -> Option<Call> {
        if PROBES.contains(&request.uri().path()) {
            return None;
        }
        let caller = parent::extract(request.headers());
        let mut span = self
            .tracer
            .span_builder("HTTP")
            .with_kind(SpanKind::Server)
            .with_attributes([KeyValue::new("url.scheme", request.scheme().to_string())]);
        let mut context = Context::new();
        match caller {
            Some(caller) if self.continues => context = context.with_remote_span_context(caller),
            Some(caller) => span = span.with_links(vec![Link::with_context(caller)]),
            None => {}
        }
        let span = span.start_with_context(&self.tracer, &context);
        Some(Call {
            context: Context::new().with_span(span),
        })
    }

    /// Makes the spans of exchanges.
    pub(in crate::service) fn observer(&self) -> Arc<dyn ExchangeObserver> {
        Arc::new(Exchanges::new(self.tracer.clone()))
    }

    /// Has what was not sent yet sent, if that can be done in time.
    pub(in crate::service) async fn finish(&self) {
        let provider = self.provider.clone();
        // It blocks, and needs the runtime to send.
        let ended =
            tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(export::TIMEOUT));
        if let Ok(Err(error)) = ended.await {
            tracing::warn!(%error, "some spans were not sent");
        }
    }
}

/// A call that is under way, and its span.
pub(in crate::service) struct Call {
    context: Context,
}

impl Call {
    /// Makes it the current one of this thread for as long as what is returned lives.
    pub(in crate::service) fn attach(&self) -> ContextGuard {
        self.context.clone().attach()
    }

    pub(in crate::service) fn trace_id(&self) -> TraceId {
        let id = self.context.span().span_context().trace_id();
        TraceId(u128::from_be_bytes(id.to_bytes()))
    }

    pub(in crate::service) fn end(self, answered: &Answered<'_>) {
        let span = self.context.span();
        if !span.is_recording() {
            return;
        }
        let method = answered.method;
        span.update_name(match answered.route {
            Some(route) => format!("{method} {route}"),
            None => method.to_owned(),
        });
        span.set_attributes([
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.response.status_code", i64::from(answered.status)),
            KeyValue::new(REASON, answered.reason),
            KeyValue::new(REQUEST_ID, answered.request_id.to_string()),
        ]);
        if let Some(route) = answered.route {
            span.set_attribute(KeyValue::new("http.route", route.to_owned()));
        }
        // A refusal is the caller's fault, and no error of the server.
        if answered.status >= 500 {
            span.set_attribute(KeyValue::new("error.type", answered.reason));
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", self.trace_id())
    }
}

/// The trace of the call that this thread works for now.
pub(in crate::service) fn current() -> Option<TraceId> {
    Context::map_current(|context| {
        let span = context.span();
        let id = span.span_context().trace_id();
        (span.span_context().is_valid()).then(|| TraceId(u128::from_be_bytes(id.to_bytes())))
    })
}

const PROBES: [&str; 2] = ["/livez", "/readyz"];
const REASON: &str = "poem_resource_server.reason";
const REQUEST_ID: &str = "poem_resource_server.request_id";
