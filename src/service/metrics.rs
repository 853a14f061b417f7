//! The metrics in the text format of Prometheus, written by `prometheus-client`, the library of
//! the Prometheus project.
//!
//! What a request touches is atomic numbers alone ([`requests`]); everything else is read
//! from where it is kept when somebody asks. [`catalogue`] names all of it.

mod catalogue;
mod list;
mod own;
mod page;
mod process;
mod requests;

use std::fmt;
use std::sync::{Arc, LazyLock};

use arc_swap::ArcSwap;
use http::header::CONTENT_TYPE;
use poem::Response;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;

use crate::clock::Clock;
use crate::issuer::KeySetStatus;
use crate::verifier::Tally;

use super::app::App;
use super::application::Running;
use super::denylist::Denials;
use super::logout::LogoutCounts;
use super::reload::Reloads;
use super::server::{Connections, Tls};
use super::telemetry;
use super::used_proofs::UsedProofs;
use page::{Page, Value};

pub use catalogue::metrics_table;
pub(super) use requests::{Observation, Operation, Requests};

/// Every metric of the process.
pub(super) struct Metrics(Registry);

/// The sources of the numbers.
pub(super) struct Sources {
    pub(super) requests: Arc<Requests>,
    /// The connections of each listener, by its section of the settings.
    pub(super) connections: [(&'static str, Arc<Connections>); 2],
    pub(super) verdicts: Arc<Tally>,
    pub(super) denials: Denials,
    pub(super) used_proofs: UsedProofs,
    pub(super) logouts: Arc<LogoutCounts>,
    pub(super) app: Arc<ArcSwap<App>>,
    pub(super) reloads: Arc<Reloads>,
    /// Of the listener for callers.
    pub(super) tls: Option<Tls>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) application: Arc<dyn Running>,
}

impl Metrics {
    pub(super) fn new(sources: Sources) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(sources));
        Self(registry)
    }

    pub(super) fn render(&self) -> Response {
        let mut body = String::new();
        text::encode(&mut body, &self.0).expect("a String takes every text");
        Response::builder()
            .header(
                CONTENT_TYPE,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
            )
            .body(body)
    }
}

impl Collector for Sources {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page::new(encoder);
        self.requests.write(&mut page)?;
        self.write_connections(&mut page)?;
        self.write_certificate(&mut page)?;
        self.write_verdicts(&mut page)?;
        self.write_keys(&mut page)?;
        self.write_introspection(&mut page)?;
        self.write_denylist(&mut page)?;
        self.write_used_proofs(&mut page)?;
        self.write_logouts(&mut page)?;
        self.write_reloads(&mut page)?;
        let dropped = Value::Count(telemetry::dropped_lines());
        page.one(&catalogue::LOG_LINES_DROPPED, dropped)?;
        page.all(
            &catalogue::BUILD_INFO,
            [(
                [self.application.outline().version.as_str(), &FEATURES],
                Value::Level(1.0),
            )],
        )?;
        process::write(&mut page)?;
        page.write_application(&self.application.metrics())
    }
}

impl Sources {
    fn write_connections(&self, page: &mut Page<'_>) -> fmt::Result {
        let each = |value: fn(&Connections) -> Value| {
            let listeners = self.connections.iter();
            listeners.map(move |(name, connections)| ([*name], value(connections)))
        };
        page.all(
            &catalogue::CONNECTIONS,
            each(|of| Value::level(of.open() as u64)),
        )?;
        page.all(
            &catalogue::CONNECTIONS_MAX,
            each(|of| Value::level(of.max() as u64)),
        )?;
        page.all(
            &catalogue::CONNECTIONS_UPGRADED,
            each(|of| Value::level(of.upgraded() as u64)),
        )?;
        page.all(
            &catalogue::CONNECTIONS_ACCEPTED,
            each(|of| Value::Count(of.accepted())),
        )
    }

    /// Described without TLS too, where there is no sample.
    fn write_certificate(&self, page: &mut Page<'_>) -> fmt::Result {
        let days = self.tls.as_ref();
        let days = days.and_then(|tls| tls.days_left(self.clock.now()));
        let days = days.map(|days| ([""; 0], Value::Level(days)));
        page.all(&catalogue::CERTIFICATE_DAYS, days)
    }

    fn write_verdicts(&self, page: &mut Page<'_>) -> fmt::Result {
        let counts = self.verdicts.counts();
        page.all(
            &catalogue::VERIFICATIONS,
            [
                (["accepted"], Value::Count(counts.accepted)),
                (["refused"], Value::Count(counts.refused)),
                (["no_keys"], Value::Count(counts.without_keys)),
                (["denylist_stale"], Value::Count(counts.without_denylist)),
                (
                    ["not_introspected"],
                    Value::Count(counts.without_introspection),
                ),
                (["not_decrypted"], Value::Count(counts.without_decryption)),
            ],
        )?;
        page.all(
            &catalogue::CACHE_LOOKUPS,
            [
                (["hit"], Value::Count(counts.cache_hits)),
                (["miss"], Value::Count(counts.cache_misses)),
            ],
        )
    }

    fn write_keys(&self, page: &mut Page<'_>) -> fmt::Result {
        let app = self.app.load();
        let issuers = app.keys.all();
        let of_each = |value: &dyn Fn(&KeySetStatus) -> Value| {
            let issuers = issuers.iter().filter(|it| it.has_use);
            let samples: Vec<_> = issuers
                .map(|it| ([it.name.clone()], value(&it.status)))
                .collect();
            samples
        };
        let keys = of_each(&|status| Value::level(status.keys as u64));
        page.all(&catalogue::KEYS, keys)?;
        // Before the first successful fetch there is no age, and no sample.
        let ages = issuers.iter().filter(|it| it.has_use).filter_map(|it| {
            let age = Value::Level(it.status.age?.as_secs_f64());
            Some(([it.name.as_str()], age))
        });
        page.all(&catalogue::KEYS_AGE, ages)?;
        let max_stale = Value::Level(app.max_stale.as_secs_f64());
        page.one(&catalogue::KEYS_MAX_STALE, max_stale)?;
        let attempts = of_each(&|status| Value::Count(status.attempts));
        page.all(&catalogue::KEY_FETCHES, attempts)?;
        let failures = of_each(&|status| Value::Count(status.failures));
        page.all(&catalogue::KEY_FETCH_FAILURES, failures)
    }

    /// Issuers without introspection have no samples.
    fn write_introspection(&self, page: &mut Page<'_>) -> fmt::Result {
        let issuers = self.app.load().keys.all();
        let asked = || {
            let rows = issuers.iter();
            rows.filter_map(|it| Some((it.name.as_str(), it.introspection.as_ref()?)))
        };
        let calls = asked().flat_map(|(name, status)| {
            let calls = status.calls.into_iter();
            calls.map(move |(word, number)| ([name, word], Value::Count(number)))
        });
        page.all(&catalogue::INTROSPECTION_CALLS, calls)?;
        let spent = asked().map(|(name, status)| ([name], Value::Count(status.budget_spent)));
        page.all(&catalogue::INTROSPECTION_BUDGET_SPENT, spent)?;
        let ages = asked().filter_map(|(name, status)| {
            let age = status.last_answer?.as_secs_f64();
            Some(([name], Value::Level(age)))
        });
        page.all(&catalogue::INTROSPECTION_AGE, ages)?;
        let limits = asked().map(|(name, status)| {
            let max_age = status.max_age.as_secs_f64();
            ([name], Value::Level(max_age))
        });
        page.all(&catalogue::INTROSPECTION_MAX_AGE, limits)
    }

    fn write_denylist(&self, page: &mut Page<'_>) -> fmt::Result {
        let list = self.denials.list();
        let entries = Value::level(list.len() as u64);
        page.one(&catalogue::DENYLIST_ENTRIES, entries)?;
        // Nobody but Redis has anything to confirm.
        if self.denials.is_shared() {
            let age = Value::Level(list.age().as_secs_f64());
            page.one(&catalogue::DENYLIST_AGE, age)?;
        }
        Ok(())
    }

    fn write_used_proofs(&self, page: &mut Page<'_>) -> fmt::Result {
        let outcomes = self.used_proofs.outcomes().into_iter();
        let outcomes = outcomes.map(|(word, count)| ([word], Value::Count(count)));
        page.all(&catalogue::PROOFS, outcomes)?;
        let (bytes, max_bytes) = self.used_proofs.memory_bytes();
        page.one(&catalogue::PROOFS_MEMORY, Value::level(bytes as u64))?;
        page.one(
            &catalogue::PROOFS_MEMORY_MAX,
            Value::level(max_bytes as u64),
        )?;
        let failures = self.used_proofs.failures();
        let failures = failures.map(|count| ([""; 0], Value::Count(count)));
        page.all(&catalogue::PROOFS_REDIS_FAILURES, failures)
    }

    fn write_logouts(&self, page: &mut Page<'_>) -> fmt::Result {
        if self.app.load().has_logout {
            let [done, refused, failed] = self.logouts.counts().map(Value::Count);
            let samples = [
                (["done"], done),
                (["refused"], refused),
                (["failed"], failed),
            ];
            return page.all(&catalogue::LOGOUTS, samples);
        }
        page.all(&catalogue::LOGOUTS, [([""; 1], Value::Count(0)); 0])
    }

    fn write_reloads(&self, page: &mut Page<'_>) -> fmt::Result {
        let (done, failed) = self.reloads.counts();
        page.all(
            &catalogue::RELOADS,
            [
                (["ok"], Value::Count(done)),
                (["failed"], Value::Count(failed)),
            ],
        )?;
        let last = f64::from(u8::from(self.reloads.last_was_done()));
        page.one(&catalogue::LAST_RELOAD_OK, Value::Level(last))
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sources")
    }
}

/// What this program was built with besides the service.
static FEATURES: LazyLock<String> = LazyLock::new(|| {
    let features = [
        ("dev", cfg!(feature = "dev")),
        ("otel", cfg!(feature = "otel")),
        ("redis", cfg!(feature = "redis")),
        ("testing", cfg!(feature = "testing")),
    ];
    let on = features.iter().filter(|(_, is_on)| *is_on);
    on.map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
});
