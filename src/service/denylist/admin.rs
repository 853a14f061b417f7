//! `/denylist` at the admin listener: how many denials there are, one more, one less.
//!
//! A client that may read the metrics may also read the numbers. Changes need the operators' own token, or
//! the file permissions of a Unix socket that others may not write to; no page of a browser has either.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::header::{ALLOW, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use poem::{Endpoint, IntoResponse, Request, Response, Result};
use serde_json::json;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::guard::{Problem, bearer_token};
use crate::service::config::{Config, Secret};
use crate::verifier::Denial;

use super::Denials;
use super::store::{LONGEST_DENIAL, StoreError};

struct Admin {
    denials: Denials,
    token: Option<Secret>,
    /// Whether only users of this machine whom the operator lets can connect.
    is_private: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
}

impl Denials {
    /// The routes by which operators read and change it.
    pub(in crate::service) fn endpoint(
        &self,
        config: &Config,
        clock: Arc<dyn Clock>,
    ) -> impl Endpoint<Output = Response> + 'static {
        Admin {
            denials: self.clone(),
            token: config.denylist.token.clone(),
            is_private: self.is_private.clone(),
            clock,
        }
    }
}

impl Admin {
    async fn change(&self, mut request: Request) -> std::result::Result<Response, Problem> {
        self.admit(request.headers())?;
        let body = request.take_body().into_bytes_limit(MAX_BODY_BYTES).await;
        let body = body.map_err(|_| MALFORMED)?;
        let denial = Denial::parse(&body).map_err(|_| MALFORMED)?;
        self.check_end(&denial)?;
        let (is_denial, entries) = (request.method() == Method::POST, || self.denials.list.len());
        let changed = if is_denial {
            self.denials.store.deny(denial).await.map(|()| true)
        } else {
            self.denials.store.allow(denial).await
        };
        match changed {
            Ok(true) => {
                info!(is_denial, entries = entries(), "denylist changed");
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            Ok(false) => Err(UNKNOWN),
            Err(error @ StoreError::Full(_)) => {
                warn!(%error, "denylist not changed");
                Err(FULL)
            }
            #[cfg(feature = "redis")]
            Err(error @ StoreError::OutOfReach(_)) => {
                warn!(%error, "denylist not changed");
                Err(OUT_OF_REACH)
            }
            #[cfg(feature = "redis")]
            Err(error @ StoreError::NotConfirmed) => {
                warn!(%error, "denylist changed, and not here yet");
                Err(UNHEARD)
            }
        }
    }

    fn admit(&self, headers: &HeaderMap) -> std::result::Result<(), Problem> {
        let Some(token) = &self.token else {
            let is_private = self.is_private.load(Ordering::Relaxed);
            return if is_private { Ok(()) } else { Err(CLOSED) };
        };
        let given = bearer_token(headers).map_err(|_| NOT_ADMITTED)?;
        let (given, token) = (given.as_bytes(), token.reveal().as_bytes());
        verify_slices_are_equal(given, token).map_err(|_| NOT_ADMITTED)
    }

    /// One that has ended denies nothing, and one that never ends is a slip.
    fn check_end(&self, denial: &Denial) -> std::result::Result<(), Problem> {
        let now = self.clock.now().duration_since(std::time::UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let end = Duration::from_secs(denial.expires_at());
        if end <= now || end > now + LONGEST_DENIAL {
            return Err(END);
        }
        Ok(())
    }

    fn state(&self) -> Response {
        let mut state = json!({ "entries": self.denials.list.len() });
        if self.denials.is_shared() {
            state["age_secs"] = json!(self.denials.list.age().as_secs_f64());
        }
        state
            .to_string()
            .with_content_type("application/json")
            .into_response()
    }
}

impl Endpoint for Admin {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let mut response = match *request.method() {
            Method::POST | Method::DELETE => {
                let answer = self.change(request).await;
                answer.unwrap_or_else(IntoResponse::into_response)
            }
            Method::GET | Method::HEAD => self.state(),
            _ => METHOD.into_response(),
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if response.status() == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"admin\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            let allowed = HeaderValue::from_static("GET, HEAD, POST, DELETE");
            response.headers_mut().insert(ALLOW, allowed);
        }
        Ok(response)
    }
}

const fn problem(status: StatusCode, reason: &'static str, detail: &'static str) -> Problem {
    Problem {
        status,
        detail,
        reason,
    }
}

const METHOD: Problem = problem(
    StatusCode::METHOD_NOT_ALLOWED,
    "method_not_allowed",
    "This path does not answer to this method.",
);
const MALFORMED: Problem = problem(
    StatusCode::BAD_REQUEST,
    "not_a_denial",
    "A denial is a JSON object with `exp` and at least one of `jti`, `sub`, `cid` and `issued_before`.",
);
const END: Problem = problem(
    StatusCode::BAD_REQUEST,
    "not_a_denial",
    "The end of a denial, `exp`, must be within the next 31 days.",
);
const NOT_ADMITTED: Problem = problem(
    StatusCode::UNAUTHORIZED,
    "not_admitted",
    "Changes need the token that `denylist.token` sets.",
);
const CLOSED: Problem = problem(
    StatusCode::FORBIDDEN,
    "not_admitted",
    "The denylist cannot be changed here. Set `denylist.token`, or set `admin.listen` to a Unix socket.",
);
const UNKNOWN: Problem = problem(
    StatusCode::NOT_FOUND,
    "no_such_denial",
    "There is no such denial among those that were given here.",
);
const FULL: Problem = problem(
    StatusCode::INSUFFICIENT_STORAGE,
    "denylist_full",
    "There are as many denials as `denylist.max_entries` allows; this one is not in force here.",
);
#[cfg(feature = "redis")]
const OUT_OF_REACH: Problem = problem(
    StatusCode::SERVICE_UNAVAILABLE,
    "denylist_out_of_reach",
    "The change could not be shared; make it again.",
);
#[cfg(feature = "redis")]
const UNHEARD: Problem = problem(
    StatusCode::SERVICE_UNAVAILABLE,
    "denylist_unheard",
    "The change is shared, but this replica has not received it yet. Send it again.",
);

const MAX_BODY_BYTES: usize = 16 * 1024;
