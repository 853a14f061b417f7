//! A JSON value that refers to the text that it was read from.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

/// A value whose names are unique at every depth.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::token) enum Json<'a> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Object<'a>),
}

/// An object whose names are unique, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::token) struct Object<'a>(pub(super) Vec<(Cow<'a, str>, Json<'a>)>);

impl<'a> Json<'a> {
    pub(in crate::token) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::token) fn as_array(&self) -> Option<&[Json<'a>]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    pub(in crate::token) fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(in crate::token) fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The same value with copies of the text.
    pub(in crate::token) fn into_owned(self) -> Json<'static> {
        match self {
            Self::Null => Json::Null,
            Self::Boolean(boolean) => Json::Boolean(boolean),
            Self::Number(number) => Json::Number(number),
            Self::Text(text) => Json::Text(Cow::Owned(text.into_owned())),
            Self::Array(elements) => {
                Json::Array(elements.into_iter().map(Json::into_owned).collect())
            }
            Self::Object(object) => Json::Object(object.into_owned()),
        }
    }
}

impl<'a> Object<'a> {
    /// The value of the member of this name.
    pub(in crate::token) fn get(&self, name: &str) -> Option<&Json<'a>> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    pub(in crate::token) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    pub(in crate::token) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value of the member of this name, which is taken out.
    pub(in crate::token) fn remove(&mut self, name: &str) -> Option<Json<'a>> {
        let position = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(position).1)
    }

    pub(in crate::token) fn len(&self) -> usize {
        self.0.len()
    }

    pub(in crate::token) fn iter(&self) -> impl Iterator<Item = (&str, &Json<'a>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// The same members with copies of the text.
    pub(in crate::token) fn into_owned(self) -> Object<'static> {
        let members = self.0.into_iter();
        let owned =
            members.map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned()));
        Object(owned.collect())
    }
}

impl<'a> From<&'a Value> for Json<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(boolean) => Self::Boolean(*boolean),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(elements) => Self::Array(elements.iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(members.into()),
        }
    }
}

impl<'a> From<&'a Map<String, Value>> for Object<'a> {
    fn from(members: &'a Map<String, Value>) -> Self {
        let members = members.iter();
        let borrowed = members.map(|(name, value)| (Cow::Borrowed(name.as_str()), value.into()));
        Self(borrowed.collect())
    }
}

impl From<Json<'_>> for Value {
    fn from(json: Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Boolean(boolean) => Self::Bool(boolean),
            Json::Number(number) => Self::Number(number),
            Json::Text(text) => Self::String(text.into_owned()),
            Json::Array(elements) => elements.into_iter().map(Self::from).collect(),
            Json::Object(object) => Self::Object(object.into()),
        }
    }
}

impl From<Object<'_>> for Map<String, Value> {
    fn from(object: Object<'_>) -> Self {
        let members = object.0.into_iter();
        let owned = members.map(|(name, value)| (name.into_owned(), value.into()));
        owned.collect()
    }
}
