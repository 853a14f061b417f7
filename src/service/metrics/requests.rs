//! Counts requests: atomic numbers, found without a lock.
//!
//! The library's own families and histograms lock at each request. What is counted here is
//! few: operations and routes by name, and of each the answers that it gave.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::catalogue;
use super::list::List;
use super::page::{Page, Value};

/// The requests of a process.
pub(in crate::service) struct Requests(List<OfOperation>);

/// One request, as it is counted. No part of it is the caller's own text.
pub(in crate::service) struct Observation<'a> {
    pub(in crate::service) operation: Operation<'a>,
    pub(in crate::service) status: u16,
    pub(in crate::service) reason: &'static str,
    pub(in crate::service) latency: Duration,
}

/// What was called: an operation by its id, else a route by its pattern.
#[derive(Clone, Copy)]
pub(in crate::service) enum Operation<'a> {
    Id(&'static str),
    Route(&'a Arc<str>),
}

/// What was counted of one operation or route.
struct OfOperation {
    name: Arc<str>,
    answers: List<Answer>,
    durations: [AtomicU64; BUCKETS.len() + 1],
    total_nanos: AtomicU64,
}

struct Answer {
    status: u16,
    reason: &'static str,
    count: AtomicU64,
}

impl Requests {
    pub(in crate::service) fn new() -> Self {
        Self(List::new())
    }

    pub(in crate::service) fn observe(&self, request: &Observation<'_>) {
        let name = match request.operation {
            Operation::Id(id) => id,
            Operation::Route(pattern) => pattern,
        };
        let operation = self
            .0
            .find_or_add(|it| *it.name == *name, || OfOperation::new(name));
        let answer = operation.answers.find_or_add(
            |it| it.status == request.status && it.reason == request.reason,
            || Answer {
                status: request.status,
                reason: request.reason,
                count: AtomicU64::new(0),
            },
        );
        answer.count.fetch_add(1, Ordering::Relaxed);
        operation.time(request.latency);
    }

    pub(super) fn write(&self, page: &mut Page<'_>) -> fmt::Result {
        let answers = self.0.iter().flat_map(|operation| {
            let answers = operation.answers.iter();
            answers.map(move |answer| (&*operation.name, answer))
        });
        page.all(
            &catalogue::REQUESTS,
            answers.map(|(operation, answer)| {
                let labels =
                    [operation, &answer.status.to_string(), answer.reason].map(str::to_owned);
                let count = answer.count.load(Ordering::Relaxed);
                (labels, Value::Count(count))
            }),
        )?;
        page.all(
            &catalogue::REQUEST_DURATION,
            self.0
                .iter()
                .map(|operation| ([&*operation.name], operation.durations())),
        )
    }
}

impl OfOperation {
    fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            answers: List::new(),
            durations: Default::default(),
            total_nanos: AtomicU64::new(0),
        }
    }

    fn time(&self, latency: Duration) {
        let nanos = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BUCKETS.iter().position(|bucket| nanos <= *bucket);
        let bucket = bucket.unwrap_or(BUCKETS.len());
        self.durations[bucket].fetch_add(1, Ordering::Relaxed);
        self.total_nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    fn durations(&self) -> Value {
        let total = Duration::from_nanos(self.total_nanos.load(Ordering::Relaxed));
        let upper = BUCKETS
            .iter()
            .map(|nanos| Duration::from_nanos(*nanos).as_secs_f64())
            .chain([f64::INFINITY]);
        let counts = self.durations.iter();
        let counts = counts.map(|count| count.load(Ordering::Relaxed));
        Value::Durations {
            total: total.as_secs_f64(),
            buckets: upper.zip(counts).collect(),
        }
    }
}

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;

/// The longest duration of each bucket but the last, in nanoseconds.
const BUCKETS: [u64; 12] = [
    100 * MICROSECOND,
    250 * MICROSECOND,
    500 * MICROSECOND,
    MILLISECOND,
    2_500 * MICROSECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    500 * MILLISECOND,
    1_000 * MILLISECOND,
    5_000 * MILLISECOND,
];
