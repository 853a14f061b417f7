//! Whether the process is alive, and whether it can verify tokens.
//!
//! `/readyz?verbose` adds details for people: the same first line, and the state of the keys.

use std::fmt::Write as _;
use std::time::Duration;

use http::StatusCode;
use http::header::CACHE_CONTROL;
use poem::endpoint::{Endpoint, make_sync};
use poem::{IntoResponse, Request, Response};
use tokio::sync::watch;

use crate::issuer::{DiscoveryError, IntrospectionStatus, KeySetStatus};

use super::denylist::Denials;
use super::keys::{IssuerKeys, Keys};
use super::readiness::Conditions;
use super::server::Stage;

/// How much a listener shows of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Its stable word, for everybody.
    Word,
    /// The causes too, which may name machines, for operators.
    Cause,
}

/// Why the service is not ready, for the log line: it stays in the response's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotReady(pub(super) &'static str);

/// Whether the service is ready, or why not.
struct Readiness {
    not_ready: Option<NotReady>,
    line: &'static str,
    meaning: &'static str,
}

pub(super) fn live() -> Response {
    answer(StatusCode::OK, "alive\n".to_owned())
}

/// 503 until there are keys, shared denials are read and the application's own conditions hold.
/// It is 503 again when the keys have become too old, and from the beginning of the shutdown.
pub(super) fn ready(
    keys: impl Fn() -> Keys + Send + Sync + 'static,
    denials: Denials,
    conditions: Conditions,
    stage: watch::Receiver<Stage>,
    detail: Detail,
) -> impl Endpoint<Output = Response> + 'static {
    make_sync(move |request| {
        let keys = keys();
        let has_keys = keys.are_ready();
        let readiness = Readiness::new(*stage.borrow(), has_keys, denials.is_ready(), &conditions);
        let mut text = format!("{}\n", readiness.line);
        if is_verbose(&request) {
            let _ = writeln!(text, "{}\n", readiness.meaning);
            text += &issuer_rows(&keys.all(), detail);
            text += &condition_rows(&conditions, detail);
        }
        let Some(reason) = readiness.not_ready else {
            return answer(StatusCode::OK, text);
        };
        let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, text);
        response.extensions_mut().insert(reason);
        response
    })
}

impl Readiness {
    fn new(stage: Stage, has_keys: bool, has_denials: bool, conditions: &Conditions) -> Self {
        let (reason, line, meaning) = match (stage, has_keys) {
            (Stage::Draining | Stage::Closed, _) => (
                "stopping",
                "stopping",
                "The service is stopping. Send new calls to another replica.",
            ),
            (Stage::Open, false) => (
                "no_keys",
                "no keys to verify tokens with",
                "Protected operations answer 503 until the issuer's keys can be fetched. \
                 Other operations are served.",
            ),
            (Stage::Open, _) if !has_denials => (
                "denylist_not_read",
                "the denylist is not read yet",
                "Redis has not answered yet, so revoked tokens are not known here. \
                 With `denylist.wait_for_list = false`, the wait ends after `denylist.max_age`.",
            ),
            (Stage::Open, _) if !conditions.hold() => (
                "condition_failed",
                "a readiness check of the application fails",
                "The application's own checks run every 5 s. Each must succeed.",
            ),
            (Stage::Open, _) => ("", "ready", "Tokens are verified."),
        };
        Self {
            not_ready: (!reason.is_empty()).then_some(NotReady(reason)),
            line,
            meaning,
        }
    }
}

fn is_verbose(request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    query
        .split('&')
        .any(|pair| pair.split('=').next() == Some("verbose"))
}

/// The state of the keys of each issuer, by name if there are several.
fn issuer_rows(issuers: &[IssuerKeys], detail: Detail) -> String {
    let rows = |issuer: &IssuerKeys| {
        let mut rows = key_rows(&issuer.status, detail);
        if let Some(introspection) = &issuer.introspection {
            rows += &introspection_rows(introspection, detail);
        }
        match issuers.len() {
            1 => rows,
            _ => format!("issuer {}\n{rows}", issuer.name),
        }
    };
    let rows: Vec<_> = issuers.iter().map(rows).collect();
    rows.join("\n")
}

fn key_rows(status: &KeySetStatus, detail: Detail) -> String {
    let mut text = format!("usable keys: {}\n", status.keys);
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "{name}: {value}");
    };
    let ago = |time: Option<Duration>| {
        time.map_or("none yet".to_owned(), |time| {
            format!("{} s ago", time.as_secs())
        })
    };
    match status.age {
        Some(age) => row("age of the keys", &format!("{} s", age.as_secs())),
        None => row("age of the keys", "none held"),
    }
    row("last fetch", &ago(status.last_attempt));
    match &status.last_error {
        Some(error) => row("last error", &shown(error, detail)),
        None => row("last error", "none"),
    }
    if let Some(wait) = status.next_attempt {
        row("next fetch", &format!("in {} s", wait.as_secs()));
    }
    row(
        "fetches",
        &format!("{}, {} failed", status.attempts, status.failures),
    );
    text
}

fn introspection_rows(status: &IntrospectionStatus, detail: Detail) -> String {
    let state = match (&status.last_error, status.last_answer) {
        (Some(error), _) if detail == Detail::Word => format!("fails: {}", error.reason),
        (Some(error), _) => on_one_line(&format!("fails: {}: {}", error.reason, error.message)),
        (None, Some(age)) => format!("answered {} s ago", age.as_secs()),
        (None, None) => "no token yet".to_owned(),
    };
    let calls = status.calls.iter().filter(|(_, number)| *number > 0);
    let calls: Vec<_> = calls
        .map(|(word, number)| format!("{number} {word}"))
        .collect();
    let calls = match calls.as_slice() {
        [] => "none".to_owned(),
        calls => calls.join(", "),
    };
    let spent = status.budget_spent;
    format!("introspection: {state}\nintrospection calls: {calls}; {spent} over the budget\n")
}

fn condition_rows(conditions: &Conditions, detail: Detail) -> String {
    let mut text = String::new();
    for (name, last) in conditions.last() {
        let state = match (last, detail) {
            (None, _) => "not checked yet".to_owned(),
            (Some(Ok(())), _) => "ok".to_owned(),
            (Some(Err(_)), Detail::Word) => "failed".to_owned(),
            (Some(Err(error)), Detail::Cause) => format!("failed: {}", on_one_line(&error)),
        };
        let _ = writeln!(text, "{name}: {state}");
    }
    text
}

/// On one line of bounded length, because the text may contain a part of an issuer's document.
fn shown(error: &DiscoveryError, detail: Detail) -> String {
    if detail == Detail::Word {
        return error.reason().to_owned();
    }
    on_one_line(&format!("{}: {}", error.reason(), error.chain()))
}

fn on_one_line(text: &str) -> String {
    let mut shown: String = (text.chars().take(MAX_ERROR_CHARS))
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    if text.chars().nth(MAX_ERROR_CHARS).is_some() {
        shown.push_str(" ..");
    }
    shown
}

fn answer(status: StatusCode, text: String) -> Response {
    text.with_header(CACHE_CONTROL, "no-store")
        .with_status(status)
        .into_response()
}

const MAX_ERROR_CHARS: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_shown_on_one_line_of_bounded_length() {
        let mismatch = |found: String| DiscoveryError::IssuerMismatch {
            expected: "https://id.example".to_owned(),
            found,
        };

        let short = shown(&mismatch("https://other.example".to_owned()), Detail::Cause);
        assert!(short.contains("\"https://other.example\"") && !short.ends_with(" .."));
        let long = shown(&mismatch("x\n\u{1b}[31m".repeat(10_000)), Detail::Cause);
        assert!(long.chars().count() <= MAX_ERROR_CHARS + 3 && long.ends_with(" .."));
        assert!(!long.contains(char::is_control));
        let word = shown(&mismatch(String::new()), Detail::Word);
        assert_eq!(word, "issuer_mismatch");
    }
}
