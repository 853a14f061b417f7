//! `/denylist` at the admin listener: the number of denials, and changes of the list.
//! `/denylist/entries`: the denials, a JSON object a line.
//!
//! A client that may read the metrics may also read the number. Everything else needs the operators'
//! own token, or the file permissions of a Unix socket that others may not write to. No page of a
//! browser has either.
//!
//! The query of a change may contain `who` and `why`, which are logged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::header::{ALLOW, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use poem::{Body, Endpoint, IntoResponse, Request, Response, Result};
use serde_json::json;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::guard::{Problem, bearer_token};
use crate::service::audit::{Audit, DenialChange};
use crate::service::config::{Config, Secret};
use crate::verifier::{Denial, DenialSource, Denylist};

use super::Denials;
use super::store::{LONGEST_DENIAL, StoreError};

struct Admin {
    denials: Denials,
    token: Option<Secret>,
    /// Whether only users of this machine whom the operator lets can connect.
    is_private: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
    audit: AuditInForce,
}

/// The audit log of the settings in force, if there is one.
pub(in crate::service) type AuditInForce = Arc<dyn Fn() -> Option<Arc<Audit>> + Send + Sync>;

/// Who makes a change, and why, as they say.
#[derive(Default)]
struct Author {
    who: Option<String>,
    why: Option<String>,
}

impl Denials {
    /// The routes by which operators read and change it.
    pub(in crate::service) fn endpoint(
        &self,
        config: &Config,
        clock: Arc<dyn Clock>,
        audit: AuditInForce,
    ) -> impl Endpoint<Output = Response> + 'static {
        Admin {
            denials: self.clone(),
            token: config.denylist.token.clone(),
            is_private: self.is_private.clone(),
            clock,
            audit,
        }
    }
}

impl Admin {
    async fn change(&self, mut request: Request) -> std::result::Result<Response, Problem> {
        self.admit(request.headers())?;
        let author = Author::parse(request.uri().query().unwrap_or_default())?;
        let body = request.take_body().into_bytes_limit(MAX_BODY_BYTES).await;
        let body = body.map_err(|_| MALFORMED)?;
        let denial = Denial::parse(&body).map_err(|_| MALFORMED)?;
        self.check_end(&denial)?;
        let (is_denial, entries) = (request.method() == Method::POST, || self.denials.list.len());
        let changed = if is_denial {
            self.denials.store.deny(denial.clone()).await.map(|()| true)
        } else {
            self.denials.store.allow(denial.clone()).await
        };
        match changed {
            Ok(true) => {
                let (who, why) = (author.who.as_deref(), author.why.as_deref());
                info!(is_denial, entries = entries(), who, why, "denylist changed");
                if let Some(audit) = (self.audit)() {
                    let outcome = if is_denial { "denied" } else { "allowed_again" };
                    let denial = &denial;
                    audit.write_change(&DenialChange {
                        outcome,
                        denial,
                        who,
                        why,
                    });
                }
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

impl Author {
    fn parse(query: &str) -> std::result::Result<Self, Problem> {
        let mut author = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "who" => &mut author.who,
                "why" => &mut author.why,
                _ => return Err(AUTHOR),
            };
            let is_fit = (1..=MAX_AUTHOR_CHARS).contains(&value.chars().count())
                && !value.chars().any(char::is_control);
            if !is_fit || place.replace(value.into_owned()).is_some() {
                return Err(AUTHOR);
            }
        }
        Ok(author)
    }
}

/// The denials, as many at a time as fit in a small buffer.
fn entries(list: &Denylist) -> Response {
    let mut rows = list.all().into_iter();
    let line = |(source, denial): (DenialSource, Arc<Denial>)| {
        let source = match source {
            DenialSource::File => "file",
            DenialSource::Shared => "shared",
        };
        format!(
            "{{\"source\":\"{source}\",\"denial\":{}}}\n",
            denial.to_json()
        )
    };
    let pages = std::iter::from_fn(move || {
        let page: String = rows.by_ref().take(ROWS).map(line).collect();
        (!page.is_empty()).then_some(Ok::<_, std::io::Error>(page))
    });
    let body = Body::from_bytes_stream(futures_util::stream::iter(pages));
    Response::builder()
        .content_type("application/x-ndjson")
        .body(body)
}

impl Endpoint for Admin {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let is_list = request.uri().path() == ENTRIES;
        let mut response = match *request.method() {
            Method::POST | Method::DELETE if !is_list => {
                let answer = self.change(request).await;
                answer.unwrap_or_else(IntoResponse::into_response)
            }
            Method::GET | Method::HEAD if is_list => {
                let admitted = self.admit(request.headers());
                let answer = admitted.map(|()| entries(&self.denials.list));
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
            let allowed = if is_list {
                "GET, HEAD"
            } else {
                "GET, HEAD, POST, DELETE"
            };
            let allowed = HeaderValue::from_static(allowed);
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
    "This path does not support this method.",
);
const MALFORMED: Problem = problem(
    StatusCode::BAD_REQUEST,
    "not_a_denial",
    "A denial is a JSON object with `exp` and at least one of `jti`, `sub`, `uid`, `email`, `cid` and `issued_before`.",
);
const AUTHOR: Problem = problem(
    StatusCode::BAD_REQUEST,
    "not_a_denial",
    "The query may contain `who` and `why`, once each, with 1 to 256 characters and no control characters.",
);
const END: Problem = problem(
    StatusCode::BAD_REQUEST,
    "not_a_denial",
    "The end of a denial, `exp`, must be within the next 31 days.",
);
const NOT_ADMITTED: Problem = problem(
    StatusCode::UNAUTHORIZED,
    "not_admitted",
    "This request needs the token of the setting `denylist.token`.",
);
const CLOSED: Problem = problem(
    StatusCode::FORBIDDEN,
    "not_admitted",
    "The denylist cannot be read or changed here. Set `denylist.token`, or set `admin.listen` to a Unix socket.",
);
const UNKNOWN: Problem = problem(
    StatusCode::NOT_FOUND,
    "no_such_denial",
    "This service has no such denial that was made through this listener.",
);
const FULL: Problem = problem(
    StatusCode::INSUFFICIENT_STORAGE,
    "denylist_full",
    "The number of denials has reached `denylist.max_entries`. This denial is not in force here.",
);
#[cfg(feature = "redis")]
const OUT_OF_REACH: Problem = problem(
    StatusCode::SERVICE_UNAVAILABLE,
    "denylist_out_of_reach",
    "The change could not be stored in Redis. Send it again.",
);
#[cfg(feature = "redis")]
const UNHEARD: Problem = problem(
    StatusCode::SERVICE_UNAVAILABLE,
    "denylist_unheard",
    "The change is stored in Redis, but this replica has not received it yet. Send it again.",
);

const MAX_BODY_BYTES: usize = 16 * 1024;
const MAX_AUTHOR_CHARS: usize = 256;
/// The denials of one part of the list: about 100 KiB.
const ROWS: usize = 500;
pub(in crate::service) const ENTRIES: &str = "/denylist/entries";
