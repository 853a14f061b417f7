//! Lets pages of listed origins read answers (Fetch standard, section 3.2).
//!
//! Poem's own `Cors` answers 403 to any request whose origin is not listed, which makes
//! it a filter that it cannot be, and lets every requested header through once one of
//! them is allowed. Here the browser decides, by headers that only listed origins get:
//! requests pass as they are, refusals carry the headers too, and a preflight is answered
//! without a token, because a browser sends none with it.

use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::OptionFuture;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
    VARY,
};
use http::{HeaderValue, Method, StatusCode};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result};

use super::config::CorsConfig;

/// The middleware, with the origins of the settings.
#[derive(Clone)]
pub(super) struct CrossOrigin {
    allowed_origins: Vec<String>,
    max_age_secs: HeaderValue,
}

impl CrossOrigin {
    pub(super) fn new(config: &CorsConfig) -> Self {
        Self {
            allowed_origins: config
                .allowed_origins
                .iter()
                .map(ToString::to_string)
                .collect(),
            max_age_secs: config.max_age.as_secs().into(),
        }
    }

    /// The request's origin, if it is listed, to the byte.
    fn allowed(&self, request: &Request) -> Option<HeaderValue> {
        let origin = request.headers().get(ORIGIN)?;
        self.allowed_origins
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes())
            .then(|| origin.clone())
    }

    /// Says who may read the answer, where it depends on that.
    fn mark(&self, response: &mut Response, allowed: Option<HeaderValue>) {
        let headers = response.headers_mut();
        let is_open_to_all = headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN);
        if self.allowed_origins.is_empty() || is_open_to_all {
            return;
        }
        // A cache must not give one origin's answer to another.
        headers.append(VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = allowed {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }

    fn preflight(&self) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age_secs.clone());
        response
    }
}

impl<E: Endpoint> Middleware<E> for CrossOrigin {
    type Output = CrossOriginEndpoint<E>;

    fn transform(&self, inner: E) -> CrossOriginEndpoint<E> {
        CrossOriginEndpoint {
            inner,
            settings: self.clone(),
        }
    }
}

pub(super) struct CrossOriginEndpoint<E> {
    inner: E,
    settings: CrossOrigin,
}

impl<E: Endpoint> Endpoint for CrossOriginEndpoint<E> {
    type Output = Response;

    fn call(&self, request: Request) -> impl Future<Output = Result<Response>> + Send {
        let allowed = self.settings.allowed(&request);
        let is_preflight = allowed.is_some() && is_preflight(&request);
        let answer = (!is_preflight).then(|| self.inner.call(request));
        OptionFuture::from(answer).map(|answer| {
            let mut response = match answer {
                Some(answer) => answer?.into_response(),
                None => self.settings.preflight(),
            };
            self.settings.mark(&mut response, allowed);
            Ok(response)
        })
    }
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

const ALLOWED_METHODS: HeaderValue =
    HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE");
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type");
const EXPOSED_HEADERS: HeaderValue =
    HeaderValue::from_static("www-authenticate, retry-after, x-request-id");
