//! One request, one answer, within limits; whatever goes wrong is a problem of fixed text.
//!
//! 1. A body that says it is too long is 413, and so is one that turns out to be.
//! 2. An answer that is not there in time is 408.
//! 3. Every answer carries the headers that keep a browser from guessing.

use std::convert::Infallible;
use std::future::{Future, poll_fn, ready};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::Either;
use http::header::{
    CONNECTION, CONTENT_LENGTH, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::uri::Scheme;
use http::{HeaderMap, HeaderValue, StatusCode, Version};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Body, IntoResponse, Request, Response};
use tokio::sync::watch;

use super::Stage;
use super::held::Held;
use super::limits::Limits;
use super::origin::Origin;
use super::pace::Pace;
use crate::service::answers::Answers;
use crate::service::config::TrustedProxies;
use crate::service::problems::problem;

/// Answers the requests of every connection of a listener.
pub(super) struct Answerer {
    endpoint: Arc<dyn Answers>,
    request_timeout: Duration,
    max_body_bytes: usize,
    trusted_proxies: Arc<TrustedProxies>,
    stage: watch::Receiver<Stage>,
}

impl Answerer {
    pub(super) fn new(
        endpoint: Arc<dyn Answers>,
        limits: &Limits,
        stage: watch::Receiver<Stage>,
    ) -> Self {
        Self {
            endpoint,
            request_timeout: limits.request_timeout,
            max_body_bytes: limits.max_body_bytes,
            trusted_proxies: limits.trusted_proxies.clone(),
            stage,
        }
    }

    pub(super) fn answer(
        self: &Arc<Self>,
        request: http::Request<Incoming>,
        origin: &Origin,
        pace: &Arc<Pace>,
    ) -> impl Future<Output = Result<hyper::Response<Held>, Infallible>> + Send + use<> {
        let version = request.version();
        let mut in_flight = pace.begin(version == Version::HTTP_2);
        let origin = (origin.clone()).behind(&self.trusted_proxies, request.headers());
        let is_secure = origin.scheme == Scheme::HTTPS;
        let response = self.respond(request, origin);
        let answerer = self.clone();
        async move {
            let mut response = response.await;
            in_flight.answered();
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
            if is_last && version <= Version::HTTP_11 {
                response.headers_mut().insert(CONNECTION, CLOSE);
            }
            let response: hyper::Response<BoxBody<Bytes, io::Error>> = response.into();
            Ok(response.map(|body| Held::new(body, in_flight)))
        }
    }

    fn respond(
        &self,
        request: http::Request<Incoming>,
        origin: Origin,
    ) -> impl Future<Output = Response> + Send + use<> {
        if declared_length(request.headers()) > self.max_body_bytes as u64 {
            let refusal = problem(StatusCode::PAYLOAD_TOO_LARGE).into_response();
            return Either::Left(ready(refusal));
        }
        let has_body = !request.body().is_end_stream();
        let local = LocalAddr(Addr::custom("local", ""));
        let address = origin.address;
        let caller = RemoteAddr(address.map_or_else(|| Addr::custom("unix", ""), Addr::from));
        let mut request = Request::from((request, local, caller, origin.scheme));
        let limit = has_body.then(|| self.limit_body(&mut request));
        let mut answer = self.endpoint.clone().answer(request);
        let request_timeout = self.request_timeout;
        Either::Right(async move {
            // Most are there at once, and need no clock.
            let response = match poll_fn(|context| Poll::Ready(answer.poll_unpin(context))).await {
                Poll::Ready(response) => response,
                Poll::Pending => match tokio::time::timeout(request_timeout, answer).await {
                    Ok(response) => response,
                    Err(_) => return problem(StatusCode::REQUEST_TIMEOUT).into_response(),
                },
            };
            match limit {
                Some(is_broken) if is_broken.load(Ordering::Relaxed) => {
                    problem(StatusCode::PAYLOAD_TOO_LARGE).into_response()
                }
                _ => response,
            }
        })
    }

    /// Breaks a body off where it becomes too long, and tells so afterwards.
    fn limit_body(&self, request: &mut Request) -> Arc<AtomicBool> {
        let is_broken = Arc::new(AtomicBool::new(false));
        let tell = is_broken.clone();
        let body: BoxBody<Bytes, io::Error> = request.take_body().into();
        let body = Limited::new(body, self.max_body_bytes).map_err(move |error| {
            if error.is::<LengthLimitError>() {
                tell.store(true, Ordering::Relaxed);
            }
            io::Error::other(error)
        });
        request.set_body(Body::from(BoxBody::new(body)));
        is_broken
    }
}

/// What `Content-Length` says; hyper lets only a number pass.
fn declared_length(headers: &HeaderMap) -> u64 {
    headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(0)
}

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
