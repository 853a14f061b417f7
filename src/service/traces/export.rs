//! Sends spans, by OTLP over HTTP, in batches.
//!
//! The SDK batches on a thread of its own. If the collector cannot be reached, that thread makes a few
//! attempts, and a line is logged, less and less often.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use opentelemetry::KeyValue;
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use tokio::runtime::Handle;
use tracing::{info, warn};

use crate::issuer::{Fetch, FetchPolicy};
use crate::service::config::{OtlpEndpoint, TelemetryConfig};
use crate::service::program_name;

use super::error::TracesError;

/// How long a batch may take to be sent.
pub(super) const TIMEOUT: Duration = Duration::from_secs(3);

/// Makes spans and sends those that are sampled.
///
/// # Panics
///
/// Outside of a tokio runtime.
pub(super) fn provider(
    config: &TelemetryConfig,
    endpoint: &OtlpEndpoint,
    version: &str,
) -> Result<SdkTracerProvider, TracesError> {
    let policy = FetchPolicy {
        timeout: TIMEOUT,
        ..FetchPolicy::default()
    };
    let client = Client {
        fetch: Fetch::new(&policy)
            .map_err(TracesError::Client)?
            .with_plain_http(),
        headers: config.otlp_headers.clone(),
        runtime: Handle::current(),
    };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint.as_str())
        .with_timeout(TIMEOUT)
        .with_http_client(client)
        .build()
        .map_err(|error| TracesError::Exporter(Box::new(error)))?;
    let service_name = config.service_name.clone().unwrap_or_else(program_name);
    let sampler = Sampler::TraceIdRatioBased(config.sample_ratio);
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.name", service_name),
            KeyValue::new("service.version", version.to_owned()),
        ])
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_detector(Box::new(EnvResourceDetector::new()))
        .build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(Exporter {
            inner: exporter,
            failures: AtomicU32::new(0),
        })
        .with_sampler(Sampler::ParentBased(Box::new(sampler)))
        .with_resource(resource)
        .build())
}

/// Our only outbound HTTP, for the SDK's thread, which has no runtime.
#[derive(Debug)]
struct Client {
    fetch: Fetch,
    headers: HeaderMap,
    runtime: Handle,
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let fetch = self.fetch.clone();
        let mut request = request.map(Vec::from);
        request.headers_mut().extend(self.headers.clone());
        let exchange = self
            .runtime
            .spawn(async move { fetch.exchange(request).await });
        Ok(exchange.await??.map(Bytes::from))
    }
}

/// Logs failures and the recovery from them.
#[derive(Debug)]
struct Exporter {
    inner: opentelemetry_otlp::SpanExporter,
    failures: AtomicU32,
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        match self.inner.export(batch).await {
            Ok(()) => {
                let failures = self.failures.swap(0, Ordering::Relaxed);
                if failures > 0 {
                    info!(failures, "spans are sent again");
                }
            }
            Err(error) => {
                let failures = self
                    .failures
                    .fetch_add(1, Ordering::Relaxed)
                    .saturating_add(1);
                // A long outage is logged less and less often: at the 1st, 2nd, 4th, 8th batch.
                if failures.is_power_of_two() {
                    let error = bounded(&error.to_string());
                    warn!(error, failures, spans, "spans not sent");
                }
            }
        }
        // It is logged already. The SDK would log it again for each batch.
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// A collector may answer what it likes, and a line has an end.
fn bounded(text: &str) -> String {
    let text = text.chars().filter(|c| !c.is_control());
    text.take(MAX_CHARS).collect()
}

const MAX_CHARS: usize = 256;
