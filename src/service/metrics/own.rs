//! The application's own metrics on the page, where one that is wrong must not break the rest.

use std::fmt;

use prometheus_client::metrics::MetricType;

use super::catalogue;
use super::page::{Page, Value};
use crate::service::application::{Metric, MetricKind};

impl Page<'_> {
    /// Each name once with all of its samples. A sample that cannot be written is skipped, and
    /// a log line says why.
    pub(super) fn write_application(&mut self, metrics: &[Metric]) -> fmt::Result {
        let mut accepted: Vec<&Metric> = Vec::new();
        for metric in metrics {
            match fault(metric, &accepted) {
                None => accepted.push(metric),
                Some(fault) => {
                    tracing::warn!(metric = metric.name, fault, "a metric was skipped");
                }
            }
        }
        for (position, first) in accepted.iter().enumerate() {
            if accepted[..position].iter().any(|it| it.name == first.name) {
                continue;
            }
            let kind = match first.kind {
                MetricKind::Counter => MetricType::Counter,
                MetricKind::Gauge => MetricType::Gauge,
            };
            let help = first.help.replace(['\n', '\r', '\\'], " ");
            let mut encoder = (self.encoder).encode_descriptor(first.name, &help, None, kind)?;
            for sample in accepted.iter().filter(|it| it.name == first.name) {
                let value = match sample.kind {
                    MetricKind::Counter => Value::Seconds(sample.value),
                    MetricKind::Gauge => Value::Level(sample.value),
                };
                if sample.labels.is_empty() {
                    value.write(&mut encoder)?;
                } else {
                    value.write(&mut encoder.encode_family(&sample.labels)?)?;
                }
            }
        }
        Ok(())
    }
}

/// Why the sample would make the page invalid, beside those before it.
fn fault(metric: &Metric, before: &[&Metric]) -> Option<&'static str> {
    let names: Vec<_> = metric.labels.iter().map(|(name, _)| *name).collect();
    let of_same_name = || before.iter().filter(|it| it.name == metric.name);
    if !is_name(metric.name) {
        Some("its name has other characters than letters, digits and `_`, or begins with a digit")
    } else if catalogue::has(metric.name) {
        Some("the service itself has a metric of this name")
    } else if !names.iter().all(|name| is_name(name)) {
        Some("the name of a label has other characters than letters, digits and `_`")
    } else if (names.iter().enumerate()).any(|(at, name)| names[..at].contains(name)) {
        Some("two of its labels have the same name")
    } else if metric.kind == MetricKind::Counter && (metric.value < 0.0 || metric.value.is_nan()) {
        Some("a counter is neither negative nor NaN")
    } else if of_same_name().any(|it| it.kind != metric.kind) {
        Some("it is a counter and a gauge")
    } else if of_same_name().any(|it| it.labels == metric.labels) {
        Some("there is another sample with the same labels")
    } else {
        None
    }
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|it| it.is_ascii_alphabetic())
        && characters.all(|it| it.is_ascii_alphanumeric() || it == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_would_break_the_page_has_a_fault() {
        let good = Metric::gauge("shop_orders", "Orders.", 1.0).with_label("kind", "new");
        let counter = |value| Metric::counter("shop_sold", "Sold.", value);
        let gauge = |name| Metric::gauge(name, "", 0.0);
        let rows = [
            ("good", good.clone(), None),
            (
                "a second sample",
                gauge("shop_known").with_label("kind", "b"),
                None,
            ),
            ("no name", gauge(""), Some("its name")),
            ("a dash", gauge("shop-orders"), Some("its name")),
            ("a digit first", gauge("1shop"), Some("its name")),
            ("a line", gauge("a\nb"), Some("its name")),
            (
                "one of ours",
                gauge("http_requests"),
                Some("the service itself"),
            ),
            (
                "a label with a dash",
                gauge("a").with_label("a-b", ""),
                Some("the name of a label"),
            ),
            (
                "a label twice",
                gauge("a").with_label("b", "1").with_label("b", "2"),
                Some("two of its labels"),
            ),
            ("a negative counter", counter(-1.0), Some("a counter")),
            (
                "a counter that is no number",
                counter(f64::NAN),
                Some("a counter"),
            ),
            ("a counter", counter(0.0), None),
            (
                "another kind",
                Metric::counter("shop_known", "", 1.0),
                Some("it is a counter"),
            ),
            (
                "the same sample",
                gauge("shop_known").with_label("kind", "a"),
                Some("there is another"),
            ),
        ];
        let known = gauge("shop_known").with_label("kind", "a");

        for (name, metric, expected) in rows {
            let found = fault(&metric, &[&known]);

            match expected {
                None => assert_eq!(found, None, "{name}"),
                Some(expected) => {
                    assert!(
                        found.is_some_and(|it| it.starts_with(expected)),
                        "{name}: {found:?}"
                    );
                }
            }
        }
    }
}
