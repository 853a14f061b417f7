//! Reads request parameters from a form or a query, within limits.
//!
//! 1. A form has the right media type; it, or a query, is at most 16 KiB long.
//! 2. No parameter is repeated (RFC 6749 section 3.2).
//! 3. A parameter without a value counts as absent (section 3.1).

use poem::error::ReadBodyError;
use poem::{Body, Request};
use url::form_urlencoded;

use super::refusal::Refusal;

/// The maximum size of a form or query; real ones are much smaller.
const MAX_BYTES: usize = 16 * 1024;

/// Decoded parameters, each at most once.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads the body of `request`, which is a form.
    pub(super) async fn from_form(request: &Request, body: Body) -> Result<Self, Refusal> {
        let media_type = request.content_type().unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::invalid_request(
                "The body must be of type 'application/x-www-form-urlencoded'.",
            ));
        }
        let form = body.into_bytes_limit(MAX_BYTES).await;
        match form {
            Ok(form) => Self::parse(&form),
            Err(ReadBodyError::PayloadTooLarge) => Err(TOO_LONG),
            Err(_) => Err(Refusal::invalid_request("The body could not be read.")),
        }
    }

    /// Reads a form or a query string, both being encoded alike.
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, Refusal> {
        if encoded.len() > MAX_BYTES {
            return Err(TOO_LONG);
        }
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(Refusal::invalid_request(
                    "A parameter is given more than once.",
                ));
            }
            parameters.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(parameters))
    }

    /// The parameter's value, unless it is missing or empty.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

const TOO_LONG: Refusal = Refusal::invalid_request("The parameters are longer than 16 KiB.");
