//! Reads the `iss` of a payload that is not verified yet, to select the issuer that judges the
//! token.
//!
//! 1. The payload is one JSON object, with nothing after it.
//! 2. It has `iss` exactly once, in any notation of JSON.
//! 3. The value is a string.
//!
//! Other members are skipped. They are read once the signature is verified. Do not use the value
//! for anything but the selection: anybody can write it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{ClaimFault, TokenError};

/// The `iss` of a payload.
///
/// # Errors
///
/// [`TokenError::MalformedPayload`] if it is not an object, or has `iss` more than once, and
/// [`TokenError::Claim`] if `iss` is missing or not a string.
pub(super) fn read(payload: &str) -> Result<Cow<'_, str>, TokenError> {
    let malformed = |_| TokenError::MalformedPayload;
    let mut deserializer = serde_json::Deserializer::from_str(payload);
    let found = deserializer.deserialize_map(Members).map_err(malformed)?;
    deserializer.end().map_err(malformed)?;
    let claim = |fault| TokenError::Claim {
        claim: "iss",
        fault,
    };
    match found {
        None => Err(claim(ClaimFault::Missing)),
        Some(None) => Err(claim(ClaimFault::Malformed)),
        Some(Some(issuer)) => Ok(issuer),
    }
}

/// The value of `iss`; `Some(None)` if it is not a string.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Option<Option<Cow<'de, str>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_issuer) = access.next_key_seed(Name)? {
            if !is_issuer {
                access.next_value::<IgnoredAny>()?;
            } else if found.replace(access.next_value_seed(Text)?).is_some() {
                return Err(A::Error::custom("`iss` is repeated"));
            }
        }
        Ok(found)
    }
}

/// Whether a name is `iss`.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == "iss")
    }
}

/// A string; `None` for any other value.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        while access.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_read_only_if_it_is_there_once_and_is_a_string() {
        let missing = TokenError::Claim {
            claim: "iss",
            fault: ClaimFault::Missing,
        };
        let malformed = TokenError::Claim {
            claim: "iss",
            fault: ClaimFault::Malformed,
        };
        let deep = format!("{{\"a\": {}1{}}}", "[".repeat(4000), "]".repeat(4000));
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("the only member", r#"{"iss": "a"}"#, Ok("a")),
            ("among others", r#"{"sub": {"iss": "b"}, "iss": "a", "aud": ["iss"]}"#, Ok("a")),
            ("with escapes", r#"{"\u0069ss": "\u0061/\/"}"#, Ok("a//")),
            ("absent", r#"{"sub": "iss"}"#, Err(missing.clone())),
            ("in another member", r#"{"a": {"iss": "a"}}"#, Err(missing.clone())),
            ("deep below nothing", &deep, Err(missing)),
            ("a list", r#"{"iss": ["a"]}"#, Err(malformed.clone())),
            ("a number", r#"{"iss": 1}"#, Err(malformed.clone())),
            ("null", r#"{"iss": null}"#, Err(malformed.clone())),
            ("an object", r#"{"iss": {"iss": "a"}}"#, Err(malformed)),
            ("twice", r#"{"iss": "a", "iss": "a"}"#, Err(TokenError::MalformedPayload)),
            ("twice in two notations", r#"{"iss": "a", "\u0069ss": "a"}"#, Err(TokenError::MalformedPayload)),
            ("more after the object", r#"{"iss": "a"} {}"#, Err(TokenError::MalformedPayload)),
            ("an array", r#"["iss", "a"]"#, Err(TokenError::MalformedPayload)),
            ("cut off", r#"{"iss": "a""#, Err(TokenError::MalformedPayload)),
            ("nothing", "", Err(TokenError::MalformedPayload)),
        ];
        for (row, payload, expected) in rows {
            let found = read(payload);

            assert_eq!(found.as_deref(), expected.as_ref().map(|it| *it), "{row}");
        }
    }
}
