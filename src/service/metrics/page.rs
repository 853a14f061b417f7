//! Writes what the catalogue describes, with the labels that it gives them.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder};

use super::catalogue::{Described, Kind};

/// A page that is being written.
pub(super) struct Page<'a> {
    pub(super) encoder: DescriptorEncoder<'a>,
}

/// A number to write.
#[derive(Clone)]
pub(super) enum Value {
    /// Of a counter.
    Count(u64),
    /// Of a counter that is no whole number.
    Seconds(f64),
    /// Of a gauge.
    Level(f64),
    /// Of a histogram: the sum, and how many there were up to a time and above the one before.
    Durations {
        total: f64,
        buckets: Vec<(f64, u64)>,
    },
}

impl Value {
    /// A whole number as a gauge.
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact to 2^53, and a chart beyond"
    )]
    pub(super) fn level(number: u64) -> Self {
        Self::Level(number as f64)
    }

    pub(super) fn write(&self, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => encoder.encode_counter::<NoLabels, _, u64>(count, None),
            Self::Seconds(sum) => encoder.encode_counter::<NoLabels, _, u64>(sum, None),
            Self::Level(level) => encoder.encode_gauge(level),
            Self::Durations { total, buckets } => {
                let count = buckets.iter().map(|(_, count)| count).sum();
                encoder.encode_histogram::<NoLabels>(*total, count, buckets, None)
            }
        }
    }
}

impl<'a> Page<'a> {
    pub(super) fn new(encoder: DescriptorEncoder<'a>) -> Self {
        Self { encoder }
    }

    /// A metric without labels.
    pub(super) fn one(&mut self, metric: &Described<0>, value: Value) -> fmt::Result {
        self.all(metric, [([""; 0], value)])
    }

    /// A metric by its labels' values, in the order of its labels.
    pub(super) fn all<const LABELS: usize, L: AsRef<str>>(
        &mut self,
        metric: &Described<LABELS>,
        samples: impl IntoIterator<Item = ([L; LABELS], Value)>,
    ) -> fmt::Result {
        let kind = match metric.kind {
            Kind::Counter => prometheus_client::metrics::MetricType::Counter,
            Kind::Gauge => prometheus_client::metrics::MetricType::Gauge,
            Kind::Histogram => prometheus_client::metrics::MetricType::Histogram,
        };
        let mut encoder = self
            .encoder
            .encode_descriptor(metric.name, metric.help, None, kind)?;
        for (values, value) in samples {
            if LABELS == 0 {
                value.write(&mut encoder)?;
            } else {
                let values = values.iter().map(AsRef::as_ref);
                let labels: Vec<(&str, &str)> = metric.labels.into_iter().zip(values).collect();
                value.write(&mut encoder.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

/// Of exemplars, of which there are none.
type NoLabels = [(&'static str, &'static str); 0];
