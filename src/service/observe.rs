//! One line, one observation and one span per request.
//!
//! The operation is poem-openapi's id or the route's pattern, never the path that was
//! asked for: what a stranger types is in no line and no label.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderName, HeaderValue, Method};
use poem::PathPattern;
use poem::{Request, Response};
use poem_openapi::OperationId;
use tracing::info;

use crate::clock::Clock;
use crate::guard::Problem;

use super::answers::{Answers, RequestLimits};
use super::metrics::{Observation, Operation, Requests};
use super::reload::InForce;
use super::traces::{Answered, Call, Traces};

/// Names, logs and counts requests, and has them answered.
pub(super) struct Observe {
    in_force: InForce,
    requests: Arc<Requests>,
    clock: Arc<dyn Clock>,
    ids: RequestIds,
    traces: Option<Traces>,
}

impl Observe {
    pub(super) fn new(
        in_force: InForce,
        requests: Arc<Requests>,
        clock: Arc<dyn Clock>,
        traces: Option<Traces>,
    ) -> Self {
        Self {
            in_force,
            requests,
            clock,
            traces,
            ids: RequestIds {
                process: fastrand::u32(..),
                next: AtomicU64::new(1),
            },
        }
    }

    fn record(
        &self,
        method: &'static str,
        response: &Response,
        request_id: RequestId,
        latency: Duration,
        call: Option<Call>,
    ) {
        let pattern = match response.data::<PathPattern>() {
            Some(PathPattern(pattern)) if !pattern.is_empty() => Some(pattern),
            _ => None,
        };
        let operation = match (response.data::<OperationId>(), pattern) {
            (Some(OperationId(id)), _) => Operation::Id(id),
            (None, Some(pattern)) => Operation::Route(pattern),
            (None, None) => Operation::Id(NO_ROUTE),
        };
        let status = response.status().as_u16();
        let reason = response
            .data::<Problem>()
            .map_or("ok", |problem| problem.reason);
        self.requests.observe(&Observation {
            operation,
            status,
            reason,
            latency,
        });
        info!(
            target: "access",
            request_id = %request_id,
            trace_id = call.as_ref().map(Call::trace_id).map(display),
            method,
            route = pattern.map_or(NO_ROUTE, |pattern| pattern),
            status,
            reason,
            latency_us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX),
            "request answered"
        );
        if let Some(call) = call {
            call.end(&Answered {
                method,
                route: pattern.map(|it| &**it),
                status,
                reason,
                request_id: &request_id,
            });
        }
    }
}

impl Answers for Observe {
    fn answer(self: Arc<Self>, request: Request) -> BoxFuture<'static, Response> {
        let started = self.clock.monotonic();
        let method = name(request.method());
        let request_id = self.ids.next();
        let call = self.traces.as_ref().and_then(|it| it.begin(&request));
        let mut answer = self.in_force.answer(request, request_id);
        Box::pin(async move {
            let answer = poll_fn(|context| {
                let _current = call.as_ref().map(Call::attach);
                answer.as_mut().poll(context)
            });
            let mut response = answer.await;
            if let Some(call) = &call
                && let Some(problem) = response.data::<Problem>()
            {
                let body = problem.body_with_trace_id(&call.trace_id().to_string());
                response.set_body(body);
            }
            if let Ok(value) = HeaderValue::try_from(request_id.to_text()) {
                response.headers_mut().insert(X_REQUEST_ID, value);
            }
            let latency = self.clock.monotonic().saturating_sub(started);
            self.record(method, &response, request_id, latency, call);
            response
        })
    }

    fn limits_of(&self, method: &Method, path: &str) -> RequestLimits {
        self.in_force.limits_of(method, path)
    }
}

/// Names requests by a counter, told apart from other processes' by a random start.
struct RequestIds {
    process: u32,
    next: AtomicU64,
}

impl RequestIds {
    fn next(&self) -> RequestId {
        RequestId {
            process: self.process,
            number: self.next.fetch_add(1, Ordering::Relaxed),
        }
    }
}

/// The name of one request, which is in its answer and its log lines.
#[derive(Clone, Copy)]
pub(super) struct RequestId {
    process: u32,
    number: u64,
}

impl RequestId {
    /// As `{process:08x}-{number:08x}`, at a fifth of its price.
    fn to_text(self) -> String {
        let mut text = [b'-'; 2 * MAX_DIGITS + 1];
        let number = write_hexadecimal(&mut text, self.number);
        let start = write_hexadecimal(&mut text[..number - 1], self.process.into());
        String::from_utf8_lossy(&text[start..]).into_owned()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// Writes to the end of `text`, with zeros before as needed, and tells where that begins.
fn write_hexadecimal(text: &mut [u8], mut number: u64) -> usize {
    let mut start = text.len();
    while number > 0 || text.len() - start < ID_DIGITS {
        start -= 1;
        let digit = number.to_le_bytes()[0] & 0xf;
        text[start] = b"0123456789abcdef"[usize::from(digit)];
        number >>= 4;
    }
    start
}

/// A stranger may send any token as a method; only registered ones are repeated.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

const ID_DIGITS: usize = 8;
const MAX_DIGITS: usize = 16;
const NO_ROUTE: &str = "none";
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_eight_digits_and_more_when_it_is_larger() {
        for number in [0, 1, 0x1234_abcd, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
            let process = 0xabc;

            let text = RequestId { process, number }.to_text();

            assert_eq!(text, format!("00000abc-{number:08x}"));
        }
    }
}
