//! The request of an operation without credentials, from which all attempts are made.

use http::header::{CONNECTION, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::description::operation::Operation;
use crate::description::request::{GivenValues, SampleRequest};
use crate::guard::Rule;

use super::attempt::{Attempt, Expected};
use super::opaque_token::OpaqueBinding;
use super::target::{MAX_PATH_BYTES, Target};

/// The request, or why there is none.
pub(super) fn attempt(
    operation: &Operation<'_>,
    target: &Target,
    values: &GivenValues,
) -> Result<Attempt, &'static str> {
    if operation.path.len() > MAX_PATH_BYTES {
        return Err("The path of the operation is longer than 2,048 bytes.");
    }
    let sample = SampleRequest::new(operation, target.base_path(), values);
    let mut headers = HeaderMap::new();
    for (name, value) in &sample.headers {
        let (name, value) = (HeaderName::try_from(name), HeaderValue::try_from(value));
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(
                "The document's values cannot be sent in a header. Correct its examples, or give \
                 values with --param.",
            );
        };
        headers.append(name, value);
    }
    let is_upgrade = operation.requires_upgrade();
    if is_upgrade {
        headers.extend(HANDSHAKE.map(|(name, value)| (name, HeaderValue::from_static(value))));
    }
    let url = target.base().join(&sample.path).map_err(|_| {
        "The document's values cannot be sent in a URL. Correct its examples, or give values with \
         --param."
    })?;
    if !target.holds(&url) {
        return Err("The path of the operation is not below --url, and was not called.");
    }
    Ok(Attempt {
        check: "",
        sent: String::new(),
        method: sample.method,
        url,
        headers,
        body: sample.body,
        inputs: sample.inputs,
        is_upgrade,
        expected: Expected::Open,
        is_optional: matches!(operation.rule, Rule::Optional(_)),
        is_derived: false,
        secrets: Vec::new(),
        holder: None,
        opaque: OpaqueBinding::Unbound,
        presented: None,
        support: None,
    })
}

/// The header fields with which a browser opens a WebSocket. Without them, the operation could
/// refuse the handshake before its guard decides. RFC 6455 section 1.3.
const HANDSHAKE: [(HeaderName, &str); 4] = [
    (CONNECTION, "Upgrade"),
    (UPGRADE, "websocket"),
    (SEC_WEBSOCKET_VERSION, "13"),
    (SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="),
];
