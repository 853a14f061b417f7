//! Reads JSON whose names are unique at every depth.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::value::{Json, Object};

/// Reads one object.
pub(in crate::token) fn object(bytes: &[u8]) -> Option<Object<'_>> {
    object_of_at_most(usize::MAX, bytes)
}

/// As [`object`], with a maximum number of values, counted at every depth and including itself.
pub(in crate::token) fn object_of_at_most(max_values: usize, bytes: &[u8]) -> Option<Object<'_>> {
    object_of_few_values(max_values, str::from_utf8(bytes).ok()?)
}

/// As [`object`], for a string.
pub(in crate::token) fn object_of_text(text: &str) -> Option<Object<'_>> {
    object_of_few_values(usize::MAX, text)
}

/// As [`object_of_at_most`], for a string.
pub(in crate::token) fn object_of_few_values(max_values: usize, text: &str) -> Option<Object<'_>> {
    let values_left = &Cell::new(max_values);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = UniqueNames {
        values_left,
        expected_names: EXPECTED_NAMES,
    };
    let value = value.deserialize(&mut deserializer);
    match value {
        Ok(Json::Object(object)) => deserializer.end().ok().map(|()| object),
        _ => None,
    }
}

/// Reads one value. It may contain this many values, including itself.
#[derive(Clone, Copy)]
pub(in crate::token) struct UniqueNames<'c> {
    pub(in crate::token) values_left: &'c Cell<usize>,
    /// Room for so many members, if the value is an object.
    pub(in crate::token) expected_names: usize,
}

impl<'de> DeserializeSeed<'de> for UniqueNames<'_> {
    type Value = Json<'de>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        let left = self.values_left.get().checked_sub(1);
        self.values_left
            .set(left.ok_or_else(|| D::Error::custom("too many values"))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UniqueNames<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with unique names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let inner = Self {
            expected_names: 0,
            ..self
        };
        let mut members = Vec::with_capacity(self.expected_names);
        while let Some(name) = access.next_key_seed(Name)? {
            members.push((name, access.next_value_seed(inner)?));
        }
        if are_unique(&members) {
            Ok(Json::Object(Object(members)))
        } else {
            Err(A::Error::custom("a name appears twice"))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element_seed(self)? {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Json<'de>, E> {
        Number::from_f64(number)
            .map(Json::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<Json<'de>, E> {
        Ok(Json::Boolean(boolean))
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }
}

/// Reads the name of a member.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Compares a few names with each other, and sorts many. The time must not grow with the square of
/// their number, because anybody can send a token.
fn are_unique(members: &[(Cow<'_, str>, Json<'_>)]) -> bool {
    let names = || members.iter().map(|(name, _)| &**name);
    if members.len() <= MAX_COMPARED {
        let mut prefixes = [0; MAX_COMPARED];
        for (prefix, name) in prefixes.iter_mut().zip(names()) {
            *prefix = prefix_of(name);
        }
        let mut positions = 0..members.len();
        return positions.all(|at| {
            let mut others = at + 1..members.len();
            others.all(|it| prefixes[it] != prefixes[at] || members[it].0 != members[at].0)
        });
    }
    let mut sorted: Vec<&str> = names().collect();
    sorted.sort_unstable();
    sorted.windows(2).all(|pair| pair[0] != pair[1])
}

/// The length of a name and its first bytes. Different prefixes mean different names.
fn prefix_of(name: &str) -> u64 {
    let bytes = name.bytes().take(7);
    bytes.fold(name.len() as u64, |prefix, byte| {
        prefix << 8 | u64::from(byte)
    })
}

/// Enough for the claims of most access tokens.
const EXPECTED_NAMES: usize = 16;
/// The number of names up to which comparing each pair is faster than sorting.
const MAX_COMPARED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_begin_alike_are_different_names() {
        for (names, is_read) in [
            (["issuer_a", "issuer_b"], true),
            (["issuer_a", "issuer_ab"], true),
            (["issuer_a", "issuer_a"], false),
        ] {
            let [first, second] = names;
            let text = format!("{{\"{first}\":1,\"{second}\":1}}");

            assert_eq!(object(text.as_bytes()).is_some(), is_read, "{text}");
        }
    }

    #[test]
    fn a_repeated_name_is_found_among_few_and_among_many() {
        for count in [2, MAX_COMPARED, MAX_COMPARED + 1, 400] {
            let names: Vec<String> = (0..count)
                .map(|number| format!("\"n{number}\":1"))
                .collect();
            let unique = names.join(",");
            let accepted = format!("{{{unique}}}");
            let repeated = format!("{{{unique},\"\\u006e0\":2}}");
            let nested = format!("{{\"a\":[{repeated}]}}");

            let found = object(accepted.as_bytes()).map(|it| it.len());
            assert_eq!(found, Some(count), "{count}");
            assert_eq!(object(repeated.as_bytes()), None, "{count}");
            assert_eq!(object(nested.as_bytes()), None, "{count}");
        }
    }

    #[test]
    fn text_with_escapes_is_read_and_other_text_is_referred_to() {
        let object = object(br#"{"plain": "a\"b", "\u0061": "plain"}"#).unwrap();

        assert_eq!(object.text("plain"), Some("a\"b"));
        assert!(matches!(
            object.get("a"),
            Some(Json::Text(Cow::Borrowed("plain")))
        ));
    }
}
