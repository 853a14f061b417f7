//! One line, one observation and one span per request.
//!
//! The operation is poem-openapi's id or the pattern of the route, and never the path of the
//! request: no line and no label contains an arbitrary string of the caller.
//!
//! The line of a refused call also has the issuer of its token, the accepted value and the value
//! of the token (see `guard/mismatch.rs`), and by setting the address of the caller.

use std::borrow::Cow;
use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderName, Method, StatusCode};
use poem::PathPattern;
use poem::{IntoResponse, Request, Response};
use poem_openapi::OperationId;
use tracing::info;

use crate::clock::Clock;
use crate::guard::{Mismatch, Problem, Rejection};

use super::answers::{Answers, RequestLimits};
use super::current::Current;
use super::health::NotReady;
use super::metrics::{Observation, Operation, Requests};
use super::request_id::{RequestId, RequestIds};
use super::traces::{Answered, Call, Traces};

/// Numbers, logs and counts requests, and passes them on.
pub(super) struct Observe {
    current: Current,
    requests: Arc<Requests>,
    clock: Arc<dyn Clock>,
    ids: RequestIds,
    traces: Option<Traces>,
    addresses: Addresses,
}

/// Whether the log line of a refused call has the address of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Addresses {
    Logged,
    NotLogged,
}

impl Addresses {
    /// By `log.client_address`.
    pub(super) fn from_setting(is_logged: bool) -> Self {
        if is_logged {
            Self::Logged
        } else {
            Self::NotLogged
        }
    }
}

impl Observe {
    pub(super) fn new(
        current: Current,
        requests: Arc<Requests>,
        clock: Arc<dyn Clock>,
        traces: Option<Traces>,
        addresses: Addresses,
    ) -> Self {
        Self {
            addresses,
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
        address: Option<IpAddr>,
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
        let reason = match response.data::<Problem>() {
            Some(problem) => problem.reason,
            None if status == StatusCode::SERVICE_UNAVAILABLE.as_u16() => {
                let not_ready = response.data::<NotReady>();
                not_ready.map_or("ok", |NotReady(reason)| reason)
            }
            None => "ok",
        };
        self.requests.observe(&Observation {
            operation,
            status,
            reason,
            latency,
        });
        let latency_us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let route = pattern.map_or(NO_ROUTE, |pattern| pattern);
        if matches!(
            response.status(),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS
        ) {
            info!(
                target: "access",
                request_id = %request_id,
                trace_id = call.as_ref().map(Call::trace_id).map(display),
                method,
                route,
                status,
                reason,
                issuer = mismatch(response).and_then(|it| it.issuer.as_deref()),
                wanted = mismatch(response).and_then(|it| it.wanted.as_deref()),
                found = mismatch(response).and_then(|it| it.found.as_deref()),
                address = address.map(display),
                latency_us,
                "request answered"
            );
        } else {
            info!(
                target: "access",
                request_id = %request_id,
                trace_id = call.as_ref().map(Call::trace_id).map(display),
                method,
                route,
                status,
                reason,
                latency_us,
                "request answered"
            );
        }
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
    fn answer(self: Arc<Self>, request: Box<Request>) -> BoxFuture<'static, Response> {
        let started = self.clock.monotonic();
        let method = name(request.method());
        let request_id = self.ids.next();
        let call = self.traces.as_ref().and_then(|it| it.begin(&request));
        let address = match self.addresses {
            Addresses::NotLogged => None,
            Addresses::Logged => request.remote_addr().as_socket_addr().map(SocketAddr::ip),
        };
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
                let detail = response.data::<Rejection>().map(Rejection::detail);
                let detail = detail.unwrap_or(Cow::Borrowed(problem.detail));
                let body = problem.body_with_trace_id(&detail, &call.trace_id().to_string());
                response.set_body(body);
            }
            add_header(&mut response, request_id);
            let latency = self.clock.monotonic().saturating_sub(started);
            self.record(method, &response, request_id, latency, call, address);
            response
        })
    }

    fn refuse(&self, method: &Method, problem: Problem) -> Response {
        let request_id = self.ids.next();
        let mut response = problem.into_response();
        add_header(&mut response, request_id);
        let method = name(method);
        self.record(method, &response, request_id, Duration::ZERO, None, None);
        response
    }

    fn limits_of(&self, method: &Method, path: &str) -> RequestLimits {
        self.current.limits_of(method, path)
    }
}

/// Adds `x-request-id`.
fn add_header(response: &mut Response, request_id: RequestId) {
    if let Some(mut value) = request_id.to_header() {
        // HTTP/2 would put each value into the table of the connection, in place of fields that
        // are the same in each response, and compare it with all the values before.
        value.set_sensitive(true);
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
}

/// Read only while the line is enabled.
fn mismatch(response: &Response) -> Option<&Mismatch> {
    response.data()
}

/// A caller may send any token as a method. Only registered methods are logged.
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
