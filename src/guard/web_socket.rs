//! Reads the token that a browser sends with a WebSocket.
//!
//! A browser cannot set `Authorization` on a WebSocket. It can offer protocols, and so it sends
//! the token as one: `new WebSocket(url, ["bearer", token])`, where protocols of the application
//! may follow.
//!
//! 1. The request is a GET with an upgrade to `websocket`, of an operation that may answer 101.
//!    The header of other requests is not read.
//! 2. There is no `Authorization` header.
//! 3. One `Sec-WebSocket-Protocol` header has the entry `bearer` once, directly followed by the
//!    token: a `b64token` whose characters a protocol may have, as every JWT is.
//! 4. Once the caller is admitted, both entries are removed, so that no handler can echo the
//!    token. A response that selects no protocol selects `bearer`, because a browser closes a
//!    connection that selects none of those it offered.
//!
//! Some proxies log this header, as some log URLs. Configure them not to log it, and keep tokens
//! short-lived. The token is never read from the query, which is logged and stored far more often.

use http::header::{AUTHORIZATION, CONNECTION, SEC_WEBSOCKET_PROTOCOL, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use poem::{Request, Response};

use super::bearer::{self, BearerError, is_scheme_character};

/// Whether the request opens a WebSocket.
pub(super) fn is_opened_by(request: &Request) -> bool {
    request.method() == Method::GET
        && has_entry(request.headers(), &UPGRADE, "websocket")
        && has_entry(request.headers(), &CONNECTION, "upgrade")
}

/// The token among the protocols that are offered, if they name `bearer`.
pub(super) fn token(headers: &HeaderMap) -> Result<Option<String>, BearerError> {
    let fields = headers.get_all(SEC_WEBSOCKET_PROTOCOL);
    let names_bearer = |field: &HeaderValue| entries(field).any(|entry| entry == SCHEME);
    if !fields.iter().any(names_bearer) {
        return Ok(None);
    }
    let mut fields = fields.iter();
    if headers.contains_key(AUTHORIZATION) {
        return Err(BearerError::InTwoPlaces);
    }
    let (Some(field), None) = (fields.next(), fields.next()) else {
        return Err(BearerError::MalformedProtocol);
    };
    let mut entries = entries(field).skip_while(|entry| *entry != SCHEME).skip(1);
    let token = entries.next().ok_or(BearerError::MalformedProtocol)?;
    let is_protocol = token.iter().copied().all(is_scheme_character);
    if !is_protocol || token == SCHEME || entries.any(|entry| entry == SCHEME || entry == token) {
        return Err(BearerError::MalformedProtocol);
    }
    let token = bearer::read(token).map_err(|_| BearerError::MalformedProtocol)?;
    Ok(Some(token.to_owned()))
}

/// Removes the token and `bearer` from the protocols that are offered.
pub(super) fn remove_token(headers: &mut HeaderMap) {
    let Some(field) = headers.remove(SEC_WEBSOCKET_PROTOCOL) else {
        return;
    };
    let all: Vec<_> = entries(&field).collect();
    let scheme = all.iter().position(|entry| *entry == SCHEME);
    let others = all.iter().enumerate().filter(|(position, entry)| {
        let is_ours = scheme.is_some_and(|scheme| (scheme..=scheme + 1).contains(position));
        !is_ours && !entry.is_empty()
    });
    let others: Vec<&[u8]> = others.map(|(_, entry)| *entry).collect();
    if let Ok(value) = HeaderValue::from_bytes(&others.join(&b", "[..]))
        && !others.is_empty()
    {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, value);
    }
}

/// Selects `bearer` where the application selects nothing.
pub(super) fn select_protocol(response: &mut Response) {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let headers = response.headers_mut();
        let selected = headers.entry(SEC_WEBSOCKET_PROTOCOL);
        selected.or_insert(HeaderValue::from_static("bearer"));
    }
}

fn has_entry(headers: &HeaderMap, name: &HeaderName, wanted: &str) -> bool {
    let mut fields = headers.get_all(name).iter();
    fields.any(|field| entries(field).any(|entry| entry.eq_ignore_ascii_case(wanted.as_bytes())))
}

fn entries(field: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let entries = field.as_bytes().split(|byte| *byte == b',');
    entries.map(<[u8]>::trim_ascii)
}

const SCHEME: &[u8] = b"bearer";

#[cfg(test)]
mod tests;
