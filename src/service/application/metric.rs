//! A number of the application's own, for `/metrics`.

/// One sample of an application's own metric.
///
/// A sample that would make the page invalid is left out, and a log line says why: a name or
/// label of another form, the name of one of the service's own metrics, or the same sample
/// twice.
///
/// ```
/// use poem_resource_server::Metric;
///
/// let open = Metric::gauge("shop_orders_open", "Orders that are not shipped yet.", 12.0)
///     .with_label("kind", "express");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    pub(in crate::service) name: &'static str,
    pub(in crate::service) help: &'static str,
    pub(in crate::service) kind: MetricKind,
    pub(in crate::service) labels: Vec<(&'static str, String)>,
    pub(in crate::service) value: f64,
}

/// How a metric changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum MetricKind {
    Counter,
    Gauge,
}

impl Metric {
    /// A number that goes up and down. `name` has the form of Prometheus:
    /// letters, digits and `_`, and begins with a letter.
    pub fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self::new(name, help, MetricKind::Gauge, value)
    }

    /// A number that only grows. `_total` is added to its name.
    pub fn counter(name: &'static str, help: &'static str, value: f64) -> Self {
        let name = name.strip_suffix("_total").unwrap_or(name);
        Self::new(name, help, MetricKind::Counter, value)
    }

    fn new(name: &'static str, help: &'static str, kind: MetricKind, value: f64) -> Self {
        Self {
            name,
            help,
            kind,
            labels: Vec::new(),
            value,
        }
    }

    /// Adds a label. Do not use a value that callers choose: each value is a time series.
    #[must_use]
    pub fn with_label(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.labels.push((name, value.into()));
        self
    }
}
