//! What pages of other origins may do (the Fetch standard's CORS).

use http::Method;
use http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};

use super::attempt::{Attempt, Expected};

/// Attempts at an open operation, where only the rules for cookies can be wrong.
pub(super) fn open_attempts(plain: &Attempt) -> Vec<Attempt> {
    let attempt = plain.trying("foreign_origin", FOREIGN, Expected::Open);
    vec![attempt.with_header(ORIGIN, FOREIGN)]
}

/// Attempts at a protected operation. Without allowed origins, no page may call it, and nothing
/// has to be readable.
pub(super) fn protected_attempts(
    plain: &Attempt,
    good: Option<&str>,
    origins: &[String],
    is_required: bool,
) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    let is_open_to_all = origins.iter().any(|origin| origin == "*");
    if !is_open_to_all {
        for origin in foreign(origins) {
            let expected = || Expected::Unreadable(origin.clone());
            let attempt = match good {
                Some(token) => plain.with_token("foreign_origin", &origin, token, expected()),
                None => plain.trying("foreign_origin", &origin, expected()),
            };
            attempts.push(attempt.with_header(ORIGIN, &origin));
            let preflight = plain.trying(
                "foreign_origin",
                &format!("preflight of {origin}"),
                expected(),
            );
            attempts.push(preflight.into_preflight(&origin));
        }
    }
    let own: Vec<_> = if is_open_to_all {
        vec![FOREIGN.to_owned()]
    } else {
        origins.to_vec()
    };
    for origin in &own {
        let preflight = Expected::Preflight(origin.clone());
        let preflight = plain.trying(
            "allowed_origin",
            &format!("preflight of {origin}"),
            preflight,
        );
        attempts.push(preflight.into_preflight(origin));
        let readable = || Expected::Readable(origin.clone());
        if is_required {
            let refusal = plain.trying(
                "allowed_origin",
                &format!("no credentials from {origin}"),
                readable(),
            );
            attempts.push(refusal.with_header(ORIGIN, origin));
        }
        if let Some(token) = good {
            let attempt = plain.with_token(
                "allowed_origin",
                &format!("a good token from {origin}"),
                token,
                readable(),
            );
            attempts.push(attempt.with_header(ORIGIN, origin));
        }
    }
    attempts
}

impl Attempt {
    /// The preflight of a browser before it sends a token.
    fn into_preflight(mut self, origin: &str) -> Self {
        self.body = None;
        self.headers.clear();
        let method = self.method.to_string();
        self.by(Method::OPTIONS)
            .with_header(ORIGIN, origin)
            .with_header(ACCESS_CONTROL_REQUEST_METHOD, &method)
            .with_header(ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
    }
}

/// Origins that are not allowed, and those that a careless comparison takes for an allowed one.
fn foreign(origins: &[String]) -> Vec<String> {
    let mut foreign = vec![FOREIGN.to_owned(), "null".to_owned()];
    if let Some((scheme, host)) = origins.first().and_then(|origin| origin.split_once("://")) {
        foreign.push(format!("{scheme}://{host}.foreign.example"));
        foreign.push(format!("{scheme}://foreign{host}"));
    }
    foreign
}

const FOREIGN: &str = "https://foreign.example";
