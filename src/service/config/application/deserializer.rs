//! Reads one value into the type that the application requires.
//!
//! Strings are read as the form that is asked for, because variables and flags are strings
//! always. [`Value::Empty`], which no source can contain, is a placeholder for a value
//! that was already refused: it becomes whatever the type accepts, so that the next fault
//! is found too.

use std::collections::BTreeMap;
use std::time::Duration;

use figment::value::Value;
use serde::de::{Deserializer, Visitor};

use super::fault::{Cause, ReadFault, one_of};
use super::parts::{ListItems, NamedVariant, TableFields};
use super::reading::AppReading;
use crate::service::config::problem::Fault;
use crate::service::config::secret::Secret;
use crate::service::config::value;

impl<'r> AppReading<'r> {
    fn table(self, fields: &'static [&'static str]) -> Result<TableFields<'r>, ReadFault> {
        let (at, notes) = (self.at, self.notes);
        let entries = match self.value {
            Value::Dict(_, entries) => entries,
            placeholder @ Value::Empty(..) => {
                let entry = |field: &&str| ((*field).to_owned(), placeholder.clone());
                fields.iter().map(entry).collect()
            }
            _ => {
                let fault = Fault::new("must be a table");
                return Err(fault.fix(format!("write it as the section [{at}]")).into());
            }
        };
        Ok(TableFields::new(entries, at, fields, notes))
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $number:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
            self.read(|it| {
                if it.is_placeholder() {
                    return visitor.$visit(0);
                }
                let range = i128::from(<$number>::MIN)..=i128::from(<$number>::MAX);
                let number = value::whole_number(&it.value, &range)?;
                visitor.$visit(<$number>::try_from(number).expect("a number of the range"))
            })
        }
    )*};
}

macro_rules! as_any {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
            self.deserialize_any(visitor)
        }
    )*};
}

macro_rules! as_string {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
            if self.is_placeholder() {
                return self.read(|_| visitor.visit_str(""));
            }
            self.deserialize_any(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for AppReading<'_> {
    type Error = ReadFault;

    whole_numbers! {
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
    }

    as_any! { deserialize_bytes deserialize_byte_buf deserialize_unit }

    as_string! { deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        self.read(|it| match it.value {
            Value::String(_, text) => visitor.visit_string(text),
            Value::Char(_, character) => visitor.visit_char(character),
            Value::Bool(_, boolean) => visitor.visit_bool(boolean),
            Value::Empty(..) => visitor.visit_unit(),
            Value::Num(_, number) => match (value::whole(number), number.to_f64()) {
                (Some(whole), _) => match (i64::try_from(whole), u64::try_from(whole)) {
                    (Ok(number), _) => visitor.visit_i64(number),
                    (_, Ok(number)) => visitor.visit_u64(number),
                    _ => visitor.visit_i128(whole),
                },
                (None, Some(broken)) => visitor.visit_f64(broken),
                (None, None) => Err(Fault::new("must be a smaller number").into()),
            },
            Value::Array(..) => visitor.visit_seq(ListItems::new(it.items()?, it.at, it.notes)),
            Value::Dict(..) => visitor.visit_map(it.table(&[])?),
        })
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        self.read(|it| visitor.visit_bool(!it.is_placeholder() && value::boolean(&it.value)?))
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        self.read(|it| {
            if it.is_placeholder() {
                visitor.visit_f64(0.0)
            } else {
                visitor.visit_f64(value::float(&it.value)?)
            }
        })
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        self.read(|it| {
            if it.is_placeholder() {
                visitor.visit_char(' ')
            } else {
                visitor.visit_string(value::text(&it.value)?)
            }
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        self.read(|it| {
            if it.is_placeholder() {
                visitor.visit_none()
            } else {
                visitor.visit_some(it)
            }
        })
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.read(|mut it| {
            if name == Secret::NAME {
                it.notes.secrets.borrow_mut().insert(it.at.clone());
                if it.is_placeholder() {
                    it.value = Value::from("placeholder");
                }
            }
            visitor.visit_newtype_struct(it)
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        self.read(|it| visitor.visit_seq(ListItems::new(it.items()?, it.at, it.notes)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.read(|it| visitor.visit_seq(ListItems::new(it.fixed_items(length)?, it.at, it.notes)))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        self.read(|it| visitor.visit_map(it.table(&[])?))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.read(|mut it| {
            // `std::time::Duration`, which is written as every duration here is.
            if name == "Duration" && fields == DURATION && !it.is_placeholder() {
                let range = Duration::ZERO..=Duration::MAX;
                let duration = value::duration(&it.value, &range)?;
                let parts = [duration.as_secs(), u64::from(duration.subsec_nanos())];
                let names = DURATION.iter().map(|name| (*name).to_owned());
                it.value = names
                    .zip(parts.map(Value::from))
                    .collect::<BTreeMap<_, _>>()
                    .into();
            }
            visitor.visit_map(it.table(fields)?)
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadFault> {
        self.read(|it| {
            let variant = NamedVariant::find(&it, variants)
                .ok_or_else(|| Cause::Form(Fault::new(format!("must be {}", one_of(variants)))))?;
            visitor.visit_enum(variant)
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadFault> {
        let mut unknown = self.notes.unknown.borrow_mut();
        unknown.insert(self.at, self.siblings);
        visitor.visit_unit()
    }
}

/// How serde names the fields of a [`Duration`].
pub(super) const DURATION: &[&str] = &["secs", "nanos"];
