//! One value on its way into the application's type.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use figment::value::Value;

use super::fault::ReadFault;
use crate::service::config::key::Key;
use crate::service::config::problem::Fault;
use crate::service::config::value;

/// One value, and where it is.
pub(super) struct AppReading<'r> {
    pub(super) value: Value,
    pub(super) at: Key,
    /// The fields of the structure that the value is a field of.
    pub(super) siblings: &'static [&'static str],
    pub(super) notes: &'r Notes,
}

/// What was seen while reading, whether the reading succeeded or not.
#[derive(Default)]
pub(super) struct Notes {
    /// The keys that are read into a [`Secret`](crate::service::config::secret::Secret).
    pub(super) secrets: RefCell<BTreeSet<Key>>,
    /// The keys that no field takes, and the fields that there are.
    pub(super) unknown: RefCell<BTreeMap<Key, &'static [&'static str]>>,
}

impl<'r> AppReading<'r> {
    pub(super) fn new(value: Value, at: Key, notes: &'r Notes) -> Self {
        let siblings = &[];
        Self {
            value,
            at,
            siblings,
            notes,
        }
    }

    pub(super) fn is_placeholder(&self) -> bool {
        matches!(self.value, Value::Empty(..))
    }

    /// Reads, and adds where to a fault that does not know.
    pub(super) fn read<T>(
        self,
        read: impl FnOnce(Self) -> Result<T, ReadFault>,
    ) -> Result<T, ReadFault> {
        let at = self.at.clone();
        read(self).map_err(|fault| fault.at(&at))
    }

    pub(super) fn items(&self) -> Result<Vec<Value>, ReadFault> {
        Ok(match &self.value {
            Value::Empty(..) => Vec::new(),
            Value::Array(_, items) => items.clone(),
            Value::String(..) => {
                let items = value::list(&self.value, &[','])?;
                items.into_iter().map(Value::from).collect()
            }
            _ => return Err(Fault::new("must be a list").fix("write it as [..]").into()),
        })
    }

    pub(super) fn fixed_items(&self, length: usize) -> Result<Vec<Value>, ReadFault> {
        if self.is_placeholder() {
            return Ok(vec![self.value.clone(); length]);
        }
        let items = self.items()?;
        if items.len() != length {
            return Err(Fault::new(format!("must be a list of {length}")).into());
        }
        Ok(items)
    }
}
