//! Reads a token without any verification, to explain a refusal in the log.
//!
//! Do not decide anything by these values, because anybody can write them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::MAX_TOKEN_BYTES;

/// The values of an unverified token. A value of the wrong form is `None`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct UnverifiedValues {
    /// `iss`.
    pub(crate) issuer: Option<String>,
    /// `aud`. A single string is a list with one entry.
    pub(crate) audiences: Vec<String>,
    /// `alg` of the header.
    pub(crate) algorithm: Option<String>,
    /// `typ` of the header.
    pub(crate) token_type: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: Option<Value>,
    typ: Option<Value>,
}

#[derive(Deserialize)]
struct Payload {
    iss: Option<Value>,
    aud: Option<Value>,
}

impl UnverifiedValues {
    /// Reads a token; `None` if it does not have three parts or is too long.
    pub(crate) fn read(token: &str) -> Option<Self> {
        if token.len() > MAX_TOKEN_BYTES {
            return None;
        }
        let mut parts = token.split('.');
        let (header, payload) = (parts.next()?, parts.next()?);
        let is_jws = parts.next().is_some() && parts.next().is_none();
        if !is_jws {
            return None;
        }
        let header: Option<Header> = decoded(header);
        let payload: Option<Payload> = decoded(payload);
        let string = |value: Option<Value>| match value {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let (algorithm, token_type) = header.map_or((None, None), |it| (it.alg, it.typ));
        let (issuer, audience) = payload.map_or((None, None), |it| (it.iss, it.aud));
        let audiences = match audience {
            Some(Value::Array(items)) => items
                .into_iter()
                .filter_map(|it| string(Some(it)))
                .collect(),
            audience => string(audience).into_iter().collect(),
        };
        Some(Self {
            issuer: string(issuer),
            audiences,
            algorithm: string(algorithm),
            token_type: string(token_type),
        })
    }
}

fn decoded<T: DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readable_values_of_a_malformed_token_are_read() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let header = part(r#"{"alg":"RS256","typ":7}"#);
        let payload = part(r#"{"iss":"https://id.example","aud":["a",1,"b"]}"#);

        let read = UnverifiedValues::read(&format!("{header}.{payload}.x")).expect("three parts");
        let malformed = UnverifiedValues::read(&format!("{header}.!.x")).expect("three parts");

        assert_eq!(read.issuer.as_deref(), Some("https://id.example"));
        assert_eq!(read.audiences, ["a", "b"]);
        assert_eq!(read.algorithm.as_deref(), Some("RS256"));
        assert_eq!(read.token_type, None);
        assert_eq!(
            (malformed.issuer, malformed.algorithm.as_deref()),
            (None, Some("RS256"))
        );
        assert_eq!(UnverifiedValues::read("a.b"), None);
    }

    #[test]
    fn a_token_of_the_maximum_size_is_read_and_one_longer_is_not() {
        let longest = format!("..{}", "x".repeat(MAX_TOKEN_BYTES - 2));

        assert_eq!(
            UnverifiedValues::read(&longest),
            Some(UnverifiedValues::default())
        );
        assert_eq!(UnverifiedValues::read(&format!("{longest}x")), None);
    }
}
