//! Reads a document, JSON or YAML, within bounds.
//!
//! An attacker may have written the document. Its values are counted while they are read, and those
//! of a YAML alias are counted at each use, because twenty lines of aliases can exceed any memory.
//! Aliases are accepted, because people write documents with them.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why there is no document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// Neither JSON nor YAML.
    NoDocument,
    /// More values, text or YAML than the limits allow.
    TooLarge,
}

/// The document in `bytes`.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Unread> {
    let bound = Bound {
        values: Cell::new(MAX_VALUES),
        text_bytes: Cell::new(MAX_TEXT_BYTES),
        is_passed: Cell::new(bytes.len() > MAX_TEXT_BYTES),
    };
    if bound.is_passed.get() {
        return Err(Unread::TooLarge);
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let document = bound.deserialize(&mut json).ok();
    if let Some(document) = document.filter(|_| json.end().is_ok()) {
        return Ok(document);
    }
    if bound.is_passed.get() || is_too_much_yaml(bytes) {
        return Err(Unread::TooLarge);
    }
    bound.values.set(MAX_VALUES);
    bound.text_bytes.set(MAX_TEXT_BYTES);
    let yaml = serde_yaml_ng::Deserializer::from_slice(bytes);
    bound.deserialize(yaml).map_err(|_| {
        if bound.is_passed.get() {
            Unread::TooLarge
        } else {
            Unread::NoDocument
        }
    })
}

/// The parser reads all of a file before it returns the first value, and at every step it visits
/// each list and mapping that is open. Their number is not known before parsing, but it is at most
/// the number of brackets.
fn is_too_much_yaml(bytes: &[u8]) -> bool {
    let brackets = bytes.iter().filter(|byte| matches!(byte, b'[' | b'{'));
    let steps = (brackets.count() as u64).saturating_mul(bytes.len() as u64);
    bytes.len() > MAX_YAML_BYTES || steps > MAX_YAML_STEPS
}

/// What the document may still contain.
struct Bound {
    values: Cell<usize>,
    text_bytes: Cell<usize>,
    is_passed: Cell<bool>,
}

impl Bound {
    /// Counts one value with this much text.
    fn count<E: Error>(&self, text_bytes: usize) -> Result<(), E> {
        let values = self.values.get().checked_sub(1);
        let bytes = self.text_bytes.get().checked_sub(text_bytes);
        let (Some(values), Some(bytes)) = (values, bytes) else {
            self.is_passed.set(true);
            return Err(E::custom("the document is too large"));
        };
        self.values.set(values);
        self.text_bytes.set(bytes);
        Ok(())
    }

    fn counted<E: Error>(&self, value: impl Into<Value>) -> Result<Value, E> {
        self.count(0)?;
        Ok(value.into())
    }
}

impl<'de> DeserializeSeed<'de> for &Bound {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Bound {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        self.counted(Value::Null)
    }

    fn visit_bool<E: Error>(self, is: bool) -> Result<Value, E> {
        self.counted(is)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        self.counted(number)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        self.counted(number)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        self.counted(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        self.count(text.len())?;
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.count(0)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.count(0)?;
        let mut members = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            self.count(name.len())?;
            members.insert(name, entries.next_value_seed(self)?);
        }
        Ok(members.into())
    }
}

/// The maximum number of values and names. They take some hundred megabytes.
const MAX_VALUES: usize = 2_000_000;
/// The maximum size of a file, and of its text with all aliases replaced.
const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;
const MAX_YAML_BYTES: usize = 2 * 1024 * 1024;
/// The maximum of brackets times bytes, which takes some seconds to parse.
const MAX_YAML_STEPS: u64 = 8_000_000_000;
