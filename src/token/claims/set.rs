//! The claims of a token as the string that was signed. Each claim can be read again from it.
//!
//! A map of the claims would take several times the memory.

use std::cell::Cell;
use std::fmt;

use memchr::{memchr, memmem};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::kind::Kind;
use super::members::confirmation;
use crate::token::json::{self, Object};
use crate::token::{Confirmation, TokenError};

/// A JSON object whose names are unique at every depth. Two are equal if they
/// have the same members, in any order and notation.
#[derive(Clone)]
pub(super) struct ClaimsSet {
    text: Box<str>,
    /// What most tokens do not have, so that they take no memory for it.
    rare: Option<Box<Rare>>,
}

/// Of a token that is bound to a key, or that is no access token.
#[derive(Clone)]
struct Rare {
    kind: Kind,
    confirmation: Option<Confirmation>,
}

impl ClaimsSet {
    /// `members` are those of `text`.
    pub(super) fn new(text: &str, members: &Object<'_>) -> Result<Self, TokenError> {
        Ok(Self {
            text: text.into(),
            rare: match (Kind::from_claims(members), confirmation(members)?) {
                (Kind::Access, None) => None,
                (kind, confirmation) => Some(Box::new(Rare { kind, confirmation })),
            },
        })
    }

    /// Whether there is no such member for sure. Without escapes, each name is in the text as it is.
    fn lacks(&self, name: &str) -> bool {
        let text = self.text.as_bytes();
        memmem::find(text, name.as_bytes()).is_none() && memchr(b'\\', text).is_none()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn kind(&self) -> Kind {
        self.rare.as_ref().map_or(Kind::Access, |rare| rare.kind)
    }

    pub(super) fn confirmation(&self) -> Option<&Confirmation> {
        self.rare.as_ref()?.confirmation.as_ref()
    }

    pub(super) fn members(&self) -> Map<String, Value> {
        let object = json::object_of_text(&self.text);
        object.expect("checked on construction").into()
    }

    pub(super) fn get(&self, name: &str) -> Option<Value> {
        let values_left = &Cell::new(usize::MAX);
        let value = json::UniqueNames {
            values_left,
            expected_names: 0,
        };
        self.find(name, value).map(Value::from)
    }

    /// Whether a member equals one of `accepted`, or is an array that contains one of them.
    pub(super) fn has(&self, name: &str, accepted: &[String]) -> bool {
        let seed = IsAccepted {
            accepted,
            is_array_allowed: true,
        };
        self.find(name, seed).unwrap_or(false)
    }

    /// The value that `seed` reads from the member of that name. Other members are skipped.
    fn find<'t, S: DeserializeSeed<'t>>(&'t self, name: &str, seed: S) -> Option<S::Value> {
        if self.lacks(name) {
            return None;
        }
        serde_json::Deserializer::from_str(&self.text)
            .deserialize_map(Member { name, seed })
            .expect("checked on construction")
    }
}

impl PartialEq for ClaimsSet {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.members() == other.members()
    }
}

impl fmt::Debug for ClaimsSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.members().fmt(f)
    }
}

struct Member<'a, S> {
    name: &'a str,
    seed: S,
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Member<'_, S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        while let Some(is_it) = access.next_key_seed(Is(self.name))? {
            if is_it {
                let value = access.next_value_seed(self.seed)?;
                while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return Ok(Some(value));
            }
            access.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }
}

/// Whether a name equals this one, in any notation of JSON.
struct Is<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}

#[derive(Clone, Copy)]
struct IsAccepted<'a> {
    accepted: &'a [String],
    /// An array is accepted if one of its elements is. An array within an array is not accepted.
    is_array_allowed: bool,
}

impl IsAccepted<'_> {
    fn is(self, text: &str) -> bool {
        self.accepted.iter().any(|accepted| accepted == text)
    }
}

impl<'de> DeserializeSeed<'de> for IsAccepted<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for IsAccepted<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<bool, E> {
        Ok(self.is(text))
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<bool, E> {
        Ok(self.is(if boolean { "true" } else { "false" }))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<bool, E> {
        Ok(self.is(&number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<bool, E> {
        Ok(self.is(&number.to_string()))
    }

    /// Compares the number as JSON writes it, which differs from Rust's notation.
    fn visit_f64<E: Error>(self, number: f64) -> Result<bool, E> {
        Ok(Number::from_f64(number).is_some_and(|number| self.is(&number.to_string())))
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<bool, A::Error> {
        let element = Self {
            is_array_allowed: false,
            ..self
        };
        let mut has_accepted = false;
        while let Some(is_accepted) = access.next_element_seed(element)? {
            has_accepted |= is_accepted;
        }
        Ok(self.is_array_allowed && has_accepted)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<bool, A::Error> {
        while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }
}
