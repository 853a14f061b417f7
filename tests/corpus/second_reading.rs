//! The rules for header and claims once more, written from the RFCs alone and as plainly as may
//! be: what the verifier is held against. It takes names for unique.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::forge::{AUDIENCE, ISSUER};

/// What RFC 7515, RFC 8725 and our list of algorithms say of a header with unique names.
pub fn header_is_good(header: &Map<String, Value>) -> bool {
    let types = [
        None,
        Some("jwt"),
        Some("at+jwt"),
        Some("application/at+jwt"),
    ];
    let typ = header
        .get("typ")
        .map(|typ| typ.as_str().map_or("?".into(), str::to_lowercase));
    header.get("alg") == Some(&json!("EdDSA"))
        && [None, Some(&json!("EdDSA"))].contains(&header.get("kid"))
        && types.contains(&typ.as_deref())
        && !header.contains_key("crit")
        && !header.contains_key("b64")
}

/// What RFC 7519 and RFC 9068 say of claims with unique names.
pub fn claims_are_good(claims: &Map<String, Value>, now: u64) -> bool {
    let now = Duration::from_secs(now).as_secs_f64();
    let is_date = |value: &Value| {
        value
            .as_f64()
            .is_some_and(|at| (0.0..=253_402_300_799.0).contains(&at))
    };
    let date = |name: &str| {
        claims
            .get(name)
            .map(|value| value.as_f64().filter(|_| is_date(value)))
    };
    let text_or_absent = |name: &str| claims.get(name).is_none_or(Value::is_string);
    let scopes = |name: &str| -> Option<Vec<String>> {
        let mut scopes: Vec<String> = match claims.get(name)? {
            Value::String(text) if text.is_empty() => vec![],
            Value::String(text) => text.split(' ').map(str::to_owned).collect(),
            Value::Array(values) => values
                .iter()
                .map(|value| value.as_str().unwrap_or("").into())
                .collect(),
            _ => vec![String::new()],
        };
        scopes.sort();
        scopes.dedup();
        Some(scopes)
    };
    let well_formed = |scopes: &Vec<String>| {
        scopes.iter().all(|scope| {
            !scope.is_empty()
                && scope
                    .chars()
                    .all(|c| c.is_ascii_graphic() && c != '"' && c != '\\')
        })
    };
    claims.get("iss") == Some(&json!(ISSUER))
        && match claims.get("aud") {
            Some(Value::String(audience)) => audience == AUDIENCE,
            Some(Value::Array(all)) => {
                all.iter().all(Value::is_string) && all.contains(&json!(AUDIENCE))
            }
            _ => false,
        }
        && claims
            .get("sub")
            .and_then(Value::as_str)
            .is_some_and(|subject| !subject.is_empty())
        && date("exp").flatten().is_some_and(|exp| now < exp + 60.0)
        && ["nbf", "iat"]
            .iter()
            .all(|name| date(name).is_none_or(|at| at.is_some_and(|at| at <= now + 60.0)))
        && ["jti", "cid", "client_id", "uid"]
            .iter()
            .all(|name| text_or_absent(name))
        && ["scp", "scope"]
            .iter()
            .all(|name| scopes(name).is_none_or(|scopes| well_formed(&scopes)))
        && (scopes("scp").is_none()
            || scopes("scope").is_none()
            || scopes("scp") == scopes("scope"))
        && ["cnf", "nonce", "at_hash", "c_hash"]
            .iter()
            .all(|name| !claims.contains_key(*name))
}
