//! What operators count, in Prometheus' text form, by `prometheus-client`, the
//! Prometheus project's own library.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::header::CONTENT_TYPE;
use poem::Response;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric, LabelValueEncoder, text,
};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::app::App;

/// Every metric of the process.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<OperationLabels, Histogram>,
}

/// One request, as it is counted. No part of it is the caller's own text.
pub(super) struct Observation<'a> {
    pub(super) operation: Operation<'a>,
    pub(super) status: u16,
    pub(super) reason: &'static str,
    pub(super) latency: Duration,
}

/// What was called: an operation by its id, else a route by its pattern.
#[derive(Clone, Copy)]
pub(super) enum Operation<'a> {
    Id(&'static str),
    Route(&'a Arc<str>),
}

/// A name that is copied without copying its text.
#[derive(Clone, Debug)]
enum Name {
    Fixed(&'static str),
    Shared(Arc<str>),
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    operation: Name,
    status: u16,
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OperationLabels {
    operation: Name,
}

impl Name {
    fn as_str(&self) -> &str {
        match self {
            Self::Fixed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl From<Operation<'_>> for Name {
    fn from(operation: Operation<'_>) -> Self {
        match operation {
            Operation::Id(id) => Self::Fixed(id),
            Operation::Route(pattern) => Self::Shared(pattern.clone()),
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl EncodeLabelValue for Name {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.as_str().encode(encoder)
    }
}

impl Metrics {
    pub(super) fn new(app: Arc<ArcSwap<App>>) -> Self {
        let requests = Family::default();
        let durations = Family::new_with_constructor(histogram as fn() -> Histogram);
        let mut registry = Registry::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from head to answer",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register_collector(Box::new(KeySetCollector(app)));
        Self {
            registry,
            requests,
            durations,
        }
    }

    pub(super) fn observe(&self, request: &Observation<'_>) {
        let operation = Name::from(request.operation);
        self.durations
            .get_or_create(&OperationLabels {
                operation: operation.clone(),
            })
            .observe(request.latency.as_secs_f64());
        self.requests
            .get_or_create(&RequestLabels {
                operation,
                status: request.status,
                reason: request.reason,
            })
            .inc();
    }

    pub(super) fn render(&self) -> Response {
        let mut body = String::new();
        text::encode(&mut body, &self.registry).expect("a String takes every text");
        Response::builder()
            .header(
                CONTENT_TYPE,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
            )
            .body(body)
    }
}

fn histogram() -> Histogram {
    Histogram::new([
        0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0,
    ])
}

/// Reads the status of the key set in force when it is asked for.
struct KeySetCollector(Arc<ArcSwap<App>>);

impl fmt::Debug for KeySetCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySetCollector")
    }
}

impl Collector for KeySetCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let status = self.0.load().keys.status();
        let gauges = [
            (
                "jwks_keys",
                "Keys that may verify",
                Some(f64::from(u32::try_from(status.keys).unwrap_or(u32::MAX))),
            ),
            (
                "jwks_age_seconds",
                "Time since the last good fetch",
                status.age.map(|age| age.as_secs_f64()),
            ),
        ];
        for (name, help, value) in gauges {
            if let Some(value) = value {
                let gauge = ConstGauge::new(value);
                gauge.encode(encoder.encode_descriptor(
                    name,
                    help,
                    None,
                    gauge.metric_type(),
                )?)?;
            }
        }
        let counters = [
            (
                "jwks_fetches",
                "Attempts to fetch the keys",
                status.attempts,
            ),
            (
                "jwks_fetch_failures",
                "Attempts that failed",
                status.failures,
            ),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(
                name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        Ok(())
    }
}
