//! JSON as RFC 7515 section 4 and RFC 7519 section 4 require it: names are unique.
//!
//! `serde_json` refuses the rest by itself: trailing bytes, a BOM, lone surrogates,
//! NaN, bad UTF-8 and nesting deeper than 128.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::de::Read;
use serde_json::{Map, Number, Value};

/// Reads one object whose names are unique at every depth.
pub(super) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    object_of_at_most(usize::MAX, bytes)
}

/// As [`object`], with a maximum number of values, counted at every depth and including itself.
pub(super) fn object_of_at_most(max_values: usize, bytes: &[u8]) -> Option<Map<String, Value>> {
    read(max_values, serde_json::Deserializer::from_slice(bytes))
}

/// As [`object`], for a string.
pub(super) fn object_of_text(text: &str) -> Option<Map<String, Value>> {
    read(usize::MAX, serde_json::Deserializer::from_str(text))
}

fn read<'de, R: Read<'de>>(
    max_values: usize,
    mut deserializer: serde_json::Deserializer<R>,
) -> Option<Map<String, Value>> {
    let values_left = &Cell::new(max_values);
    let value = UniqueNames { values_left }.deserialize(&mut deserializer);
    match value {
        Ok(Value::Object(members)) => deserializer.end().ok().map(|()| members),
        _ => None,
    }
}

/// Reads one value. It may contain this many values, including itself.
#[derive(Clone, Copy)]
pub(super) struct UniqueNames<'a> {
    pub(super) values_left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for UniqueNames<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let left = self.values_left.get().checked_sub(1);
        self.values_left
            .set(left.ok_or_else(|| D::Error::custom("too many values"))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UniqueNames<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with unique names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            let value = access.next_value_seed(self)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name appears twice"));
            }
        }
        Ok(Value::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = access.next_element_seed(self)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<Value, E> {
        Ok(Value::Bool(boolean))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}
