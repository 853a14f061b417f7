//! One line, one observation and one span per request.
//!
//! The operation is poem-openapi's id or the route's pattern, never the path that was
//! asked for: what a stranger types is in no line and no label.

use std::future::poll_fn;
use std::sync::Arc;
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
use super::current::Current;
use super::metrics::{Observation, Operation, Requests};
use super::request_id::{RequestId, RequestIds};
use super::traces::{Answered, Call, Traces};

/// Names, logs and counts requests, and has them answered.
pub(super) struct Observe {
    current: Current,
    requests: Arc<Requests>,
    clock: Arc<dyn Clock>,
    ids: RequestIds,
    traces: Option<Traces>,
}

impl Observe {
    pub(super) fn new(
        current: Current,
        requests: Arc<Requests>,
        clock: Arc<dyn Clock>,
        traces: Option<Traces>,
    ) -> Self {
        Self {
            current,
            requests,
            clock,
            traces,
            ids: RequestIds::new(),
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
        let mut answer = self.current.answer(request, request_id);
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
        self.current.limits_of(method, path)
    }
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

const NO_ROUTE: &str = "none";
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
