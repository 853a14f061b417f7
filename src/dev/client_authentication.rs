//! Authenticates the client. RFC 6749 section 2.3.
//!
//! 1. Credentials are in the `Authorization` header or in the form, not in both.
//! 2. The client is known.
//! 3. A confidential client sends its secret. A public client has none.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poem::http::{HeaderMap, header};
use url::form_urlencoded;

use super::directory::Client;
use super::parameters::Parameters;
use super::refusal::Refusal;

/// Identifies the client and checks its secret.
pub(super) fn authenticate(
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<&'static Client, Refusal> {
    let basic = basic_credentials(headers)?;
    let (id, secret) = match &basic {
        Some(_) if form.find("client_secret").is_some() => return Err(REPEATED),
        Some((id, _)) if form.find("client_id").is_some_and(|other| other != id) => {
            return Err(REPEATED);
        }
        Some((id, secret)) => (id.as_str(), Some(secret.as_str())),
        None => (
            form.find("client_id").ok_or(MISSING)?,
            form.find("client_secret"),
        ),
    };
    let client = Client::find(id).ok_or(WRONG)?;
    let accepted = match (client.secret, secret) {
        (Some(expected), Some(given)) => {
            verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_ok()
        }
        // Some clients send `dev-spa:` with nothing after the colon.
        (None, given) => given.unwrap_or_default().is_empty(),
        (Some(_), None) => false,
    };
    if accepted { Ok(client) } else { Err(WRONG) }
}

/// Name and secret from HTTP Basic, both form-encoded underneath.
fn basic_credentials(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(REPEATED);
    }
    let (scheme, encoded) = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .ok_or(WRONG)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(WRONG);
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| WRONG)?;
    let (id, secret) = std::str::from_utf8(&decoded)
        .ok()
        .and_then(|pair| pair.split_once(':'))
        .ok_or(WRONG)?;
    Ok(Some((form_decoded(id), form_decoded(secret))))
}

/// Undoes the form encoding of one value. RFC 6749 section 2.3.1.
fn form_decoded(value: &str) -> String {
    // A bare `=` or `&` would end the value; encoders escape both.
    let name = value.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(name.as_bytes())
        .next()
        .map(|(value, _)| value.into_owned())
        .unwrap_or_default()
}

const MISSING: Refusal = Refusal::invalid_client("No client credentials found.");
const WRONG: Refusal = Refusal::invalid_client(
    "Client authentication failed. Either the client or the client credentials are invalid.",
);
const REPEATED: Refusal = Refusal::invalid_request(
    "Cannot supply multiple client credentials. Use one of the following: credentials in the \
     Authorization header, or credentials in the post body.",
);
