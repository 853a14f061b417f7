//! Answers one request within its limits. Every fault is answered with a problem of fixed text.
//!
//! 1. Where the memory of the process is spent, a request that needs more of it is 503.
//! 2. A doubtful certificate from a trusted proxy is 400.
//! 3. A head of HTTP/2 with too many fields is 431, as hyper answers one of HTTP/1.1.
//! 4. A body that says it is too long is 413, and so is one that turns out to be.
//! 5. A response whose head is not there in time is 408. The time starts again whenever bytes
//!    of the request's body are taken.
//! 6. A handler may upgrade the connection, if there are not too many upgraded ones.
//! 7. Every answer carries the headers that keep a browser from guessing.

use std::convert::Infallible;
use std::future::{Future, poll_fn, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either};
use http::header::{
    CONNECTION, CONTENT_LENGTH, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use http_body_util::combinators::BoxBody;
use hyper::body::{Body as _, Incoming};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Body, IntoResponse, Request, Response};
use tokio::sync::watch;

use super::certificate_header::{self, MalformedCertificate};
use super::counted_body::CountedBody;
use super::in_flight::{InFlight, Progress};
use super::limits::Limits;
use super::origin::Origin;
use super::pace::{Pace, Share};
use super::presented::{Presented, PresentedReader};
use super::proxies::TrustedProxies;
use super::stage::Stage;
use super::upgrades::{Asked, Upgrades};
use super::upload::Upload;
use crate::guard::{ClientCertificate, Problem};
use crate::service::answers::Answers;
use crate::service::problems::problem;

/// Answers the requests of every connection of a listener.
pub(super) struct Answerer {
    endpoint: Arc<dyn Answers>,
    request_timeout: Duration,
    max_header_fields: usize,
    max_body_bytes: usize,
    trusted_proxies: Arc<TrustedProxies>,
    presented: PresentedReader,
    upgrades: Upgrades,
    stage: watch::Receiver<Stage>,
}

impl Answerer {
    pub(super) fn new(
        endpoint: Arc<dyn Answers>,
        limits: &Limits,
        upgrades: Upgrades,
        stage: watch::Receiver<Stage>,
    ) -> Self {
        Self {
            endpoint,
            request_timeout: limits.request_timeout,
            max_header_fields: limits.max_header_fields,
            max_body_bytes: limits.max_body_bytes,
            trusted_proxies: limits.trusted_proxies.clone(),
            presented: PresentedReader::new(
                limits.trusted_proxies.clone(),
                limits.client_certificate.clone(),
            ),
            upgrades,
            stage,
        }
    }

    pub(super) fn answer(
        self: &Arc<Self>,
        mut request: http::Request<Incoming>,
        origin: &Origin,
        certificate: Option<ClientCertificate>,
        pace: &Arc<Pace>,
    ) -> impl Future<Output = Result<hyper::Response<CountedBody>, Infallible>> + Send + use<> {
        let version = request.version();
        let share = self.share(&request);
        let fields = request.headers().len().min(self.max_header_fields);
        let mut in_flight = InFlight::begin(pace, version == Version::HTTP_2, fields, share);
        let asked = self.upgrades.asked(&mut request, pace);
        let presented = (self.presented).read(request.headers_mut(), origin, certificate);
        let origin = (origin.clone()).behind(&self.trusted_proxies, request.headers());
        let is_secure = origin.scheme == Scheme::HTTPS;
        let response = self.respond(request, origin, presented, share, &in_flight);
        let answerer = self.clone();
        async move {
            let mut response = match asked.refusal(in_flight.pace()) {
                None => response.await,
                Some(refusal) => refusal,
            };
            in_flight.answered(response.status() < StatusCode::BAD_REQUEST);
            if asked != Asked::Nothing {
                response = asked.settle(response, in_flight.pace());
            }
            let headers = response.headers_mut();
            if is_secure {
                headers.insert(STRICT_TRANSPORT_SECURITY, A_YEAR);
            }
            for (name, value) in [
                (X_CONTENT_TYPE_OPTIONS, NOSNIFF),
                (REFERRER_POLICY, NO_REFERRER),
            ] {
                headers.entry(name).or_insert(value);
            }
            // The rest of a body that is too long is not waited for.
            let is_last = response.status() == StatusCode::PAYLOAD_TOO_LARGE
                || *answerer.stage.borrow() != Stage::Open;
            let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
            if is_last && version <= Version::HTTP_11 && !is_upgraded {
                response.headers_mut().insert(CONNECTION, CLOSE);
            }
            let response: hyper::Response<BoxBody<Bytes, io::Error>> = response.into();
            Ok(response.map(|body| CountedBody::new(body, in_flight)))
        }
    }

    fn share(&self, request: &http::Request<Incoming>) -> Share {
        let own = (self.endpoint).limits_of(request.method(), request.uri().path());
        Share {
            timeout: own.request_timeout.unwrap_or(self.request_timeout),
            body_bytes: own.max_body_bytes.unwrap_or(self.max_body_bytes),
        }
    }

    fn respond(
        &self,
        request: http::Request<Incoming>,
        origin: Origin,
        presented: Result<Presented, MalformedCertificate>,
        share: Share,
        in_flight: &InFlight,
    ) -> impl Future<Output = Response> + Send + use<> {
        if !in_flight.may_begin() {
            let mut refusal = MEMORY_SPENT.into_response();
            refusal.headers_mut().insert(RETRY_AFTER, SOON);
            return Either::Left(ready(refusal));
        }
        let Ok(presented) = presented else {
            let refused = certificate_header::MALFORMED;
            let refusal = self.endpoint.refuse(request.method(), refused);
            return Either::Left(ready(refusal));
        };
        // hyper has counted those of HTTP/1.1.
        if request.headers().len() > self.max_header_fields {
            let refusal = problem(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).into_response();
            return Either::Left(ready(refusal));
        }
        if declared_length(request.headers()) > share.body_bytes as u64 {
            let refusal = problem(StatusCode::PAYLOAD_TOO_LARGE).into_response();
            return Either::Left(ready(refusal));
        }
        let has_body = !request.body().is_end_stream();
        let local = LocalAddr(Addr::custom("local", ""));
        let address = origin.address;
        let caller = RemoteAddr(address.map_or_else(|| Addr::custom("unix", ""), Addr::from));
        let mut request = Box::new(Request::from((request, local, caller, origin.scheme)));
        presented.add_to(&mut request);
        let upload = has_body.then(|| {
            let is_too_long = limit_body(&mut request, share.body_bytes, in_flight.upload());
            (is_too_long, in_flight.upload())
        });
        let mut answer = self.endpoint.clone().answer(request);
        Either::Right(async move {
            // Most answers are ready immediately, and need no timer.
            let response = match poll_fn(|context| Poll::Ready(answer.poll_unpin(context))).await {
                Poll::Ready(response) => Some(response),
                Poll::Pending => {
                    let progress = upload.as_ref().map(|(_, progress)| progress);
                    in_time(answer, share.timeout, progress).await
                }
            };
            let Some(response) = response else {
                return problem(StatusCode::REQUEST_TIMEOUT).into_response();
            };
            match upload {
                Some((is_too_long, _)) if is_too_long.load(Ordering::Relaxed) => {
                    problem(StatusCode::PAYLOAD_TOO_LARGE).into_response()
                }
                _ => response,
            }
        })
    }
}

/// Waits for an answer; `None` when nothing has moved for this long.
async fn in_time(
    mut answer: BoxFuture<'static, Response>,
    timeout: Duration,
    upload: Option<&Progress>,
) -> Option<Response> {
    let mut in_time = tokio::time::timeout(timeout, &mut answer).await;
    while in_time.is_err() {
        let moved_at = upload.and_then(Progress::since)?;
        if moved_at.elapsed() >= timeout {
            return None;
        }
        in_time = tokio::time::timeout_at(moved_at + timeout, &mut answer).await;
    }
    in_time.ok()
}

/// Breaks a body off where it becomes too long, and reports so afterwards.
fn limit_body(request: &mut Request, max_bytes: usize, progress: Progress) -> Arc<AtomicBool> {
    let upload = Upload::new(request.take_body().into(), max_bytes, progress);
    let is_too_long = upload.is_too_long();
    request.set_body(Body::from(BoxBody::new(upload)));
    is_too_long
}

/// What `Content-Length` says; hyper lets only a number pass.
fn declared_length(headers: &HeaderMap) -> u64 {
    headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}

const MEMORY_SPENT: Problem = Problem {
    status: StatusCode::SERVICE_UNAVAILABLE,
    detail: "The service has no memory left for more requests.",
    reason: "memory_spent",
};
/// Seconds.
const SOON: HeaderValue = HeaderValue::from_static("1");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
