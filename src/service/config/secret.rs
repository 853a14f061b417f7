//! A string that is never shown.

use std::fmt;

use figment::value::Value;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

use super::problem::{Fault, MASK};
use super::value;

/// A string that is never shown: not in a log, not in an error, and not by the command `config`.
///
/// A field of this type in an application's own settings makes its key a secret: it may come
/// from a file in the credentials directory that is named by the key, as in
/// `app.database.password`. It must not be empty. Its printed form is a mask.
///
/// ```
/// use poem_resource_server::Secret;
///
/// #[derive(serde::Deserialize)]
/// struct Database {
///     password: Secret,
/// }
///
/// let database: Database = serde_json::from_str(r#"{"password": "open sesame"}"#)?;
/// assert_eq!(database.password.reveal(), "open sesame");
/// assert_eq!(database.password.to_string(), "********");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(super) fn read(value: &Value) -> Result<Self, Fault> {
        value::filled_text(value).map(Self)
    }

    /// The name by which the settings reader recognizes the type.
    pub(super) const NAME: &'static str = "poem_resource_server::Secret";

    /// The string itself. Use it only to send it to its recipient.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(Self::NAME, SecretVisitor)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Secret, D::Error> {
        self.visit_string(String::deserialize(inner)?)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
        Secret::read(&Value::from(text)).map_err(|fault| E::custom(fault.what()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}
