//! The parts of a value: items of a list, fields of a table, the content of a variant.

use std::collections::BTreeMap;

use figment::value::Value;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess};
use serde::de::{VariantAccess, Visitor};

use super::fault::ReadFault;
use super::reading::{AppReading, Notes};
use crate::service::config::key::Key;
use crate::service::config::problem::Fault;

/// The items of a list; each has its position as the last segment of its key.
pub(super) struct ListItems<'r> {
    items: std::iter::Enumerate<std::vec::IntoIter<Value>>,
    at: Key,
    notes: &'r Notes,
}

impl<'r> ListItems<'r> {
    pub(super) fn new(items: Vec<Value>, at: Key, notes: &'r Notes) -> Self {
        let items = items.into_iter().enumerate();
        Self { items, at, notes }
    }
}

impl<'de> SeqAccess<'de> for ListItems<'_> {
    type Error = ReadFault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadFault> {
        let Some((position, item)) = self.items.next() else {
            return Ok(None);
        };
        let at = self.at.join(&position.to_string());
        AppReading::new(item, at, self.notes)
            .read(|it| seed.deserialize(it))
            .map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The fields of a table.
pub(super) struct TableFields<'r> {
    entries: std::collections::btree_map::IntoIter<String, Value>,
    next: Option<(String, Value)>,
    at: Key,
    known: &'static [&'static str],
    notes: &'r Notes,
}

impl<'r> TableFields<'r> {
    pub(super) fn new(
        entries: BTreeMap<String, Value>,
        at: Key,
        known: &'static [&'static str],
        notes: &'r Notes,
    ) -> Self {
        Self {
            entries: entries.into_iter(),
            next: None,
            at,
            known,
            notes,
        }
    }
}

impl<'de> MapAccess<'de> for TableFields<'_> {
    type Error = ReadFault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadFault> {
        self.next = self.entries.next();
        let Some((name, _)) = &self.next else {
            return Ok(None);
        };
        // The table is at fault if it may not have this key, and not the key's value.
        let name = Value::from(name.as_str());
        let reading = AppReading::new(name, self.at.clone(), self.notes);
        seed.deserialize(reading).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadFault> {
        let (name, value) = self.next.take().expect("a key was read before its value");
        let mut reading = AppReading::new(value, self.at.join(&name), self.notes);
        reading.siblings = self.known;
        // A type may refuse what its own deserializer took, as with `try_from`.
        reading.read(|it| seed.deserialize(it))
    }
}

/// The variant of an enum: a name alone, or a table of a name and its content.
pub(super) struct NamedVariant<'r> {
    name: String,
    content: Option<Value>,
    at: Key,
    notes: &'r Notes,
}

impl<'r> NamedVariant<'r> {
    /// Finds the variant that the value names; `None` if it names none.
    pub(super) fn find(reading: &AppReading<'r>, known: &[&str]) -> Option<Self> {
        let (name, content) = match &reading.value {
            Value::String(_, name) => (name.clone(), None),
            Value::Dict(_, entries) if entries.len() == 1 => {
                let (name, content) = entries.iter().next()?;
                (name.clone(), Some(content.clone()))
            }
            // A type could contain itself, and its placeholder would have no end.
            Value::Empty(..) if reading.at.segments().len() < MAX_DEPTH => {
                ((*known.first()?).to_owned(), Some(reading.value.clone()))
            }
            _ => return None,
        };
        Some(Self {
            name,
            content,
            at: reading.at.clone(),
            notes: reading.notes,
        })
    }

    fn content(self) -> Result<AppReading<'r>, ReadFault> {
        let at = self.at.join(&self.name);
        let name = self.name;
        let content = self.content.ok_or_else(|| {
            let fault = Fault::new(format!("needs a value for `{name}`"));
            fault.fix(format!("write it as `{at} = ..`"))
        })?;
        Ok(AppReading::new(content, at, self.notes))
    }
}

impl<'de> EnumAccess<'de> for NamedVariant<'_> {
    type Error = ReadFault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadFault> {
        let name = Value::from(self.name.as_str());
        let reading = AppReading::new(name, self.at.clone(), self.notes);
        Ok((seed.deserialize(reading)?, self))
    }
}

impl<'de> VariantAccess<'de> for NamedVariant<'_> {
    type Error = ReadFault;

    fn unit_variant(self) -> Result<(), ReadFault> {
        match self.content {
            None | Some(Value::Empty(..)) => Ok(()),
            Some(_) => {
                let fault = Fault::new(format!("must be `{}` alone", self.name));
                Err(fault.fix(format!("write {:?}", self.name)).into())
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadFault> {
        self.content()?.read(|it| seed.deserialize(it))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.content()?.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.content()?.deserialize_struct("", fields, visitor)
    }
}

const MAX_DEPTH: usize = 32;
