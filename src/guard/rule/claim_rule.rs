//! A claim that must have, or must not have, one of some values.

use std::fmt;

use serde_json::{Number, Value};

use crate::token::Claims;

/// A claim, and the values that decide.
///
/// The segments of its path are separated by `/`, as in `realm_access/roles`. A claim whose whole
/// name contains `/`, such as a URL, is found by its name: see [`Claims::at`].
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimRule {
    path: String,
    values: Vec<ClaimValue>,
    is_negated: bool,
}

impl ClaimRule {
    pub(super) fn new(path: String, values: Vec<ClaimValue>, is_negated: bool) -> Self {
        Self {
            path,
            values,
            is_negated,
        }
    }

    /// The path of the claim.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The values that decide.
    pub fn values(&self) -> &[ClaimValue] {
        &self.values
    }

    /// Whether the claim must have none of the values, rather than one of them.
    pub fn is_negated(&self) -> bool {
        self.is_negated
    }

    /// Whether these claims satisfy the rule. A claim that is absent has no value.
    pub(super) fn is_met(&self, claims: &Claims) -> bool {
        let is_one = |value: &Value| self.values.iter().any(|known| known.is(value));
        let has_one = match claims.at(&self.path) {
            Some(Value::Array(values)) => values.iter().any(is_one),
            Some(value) => is_one(&value),
            None => false,
        };
        has_one != self.is_negated
    }
}

/// A value of a claim.
///
/// A number or a boolean equals only a claim of the same type. A string also equals a number or a
/// boolean that JSON writes in this way, because a setting in a variable is always a string.
///
/// ```
/// use poem_resource_server::guard::Requirement;
///
/// let requirement = Requirement::default()
///     .with_claim("groups", ["admins", "auditors"])
///     .with_claim("level", [3, 4])
///     .with_claim("email_verified", [true]);
///
/// assert_eq!(requirement.claims().len(), 3);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimValue(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Text(String),
    Number(Number),
    Bool(bool),
}

impl ClaimValue {
    fn is(&self, value: &Value) -> bool {
        match (&self.0, value) {
            (Kind::Text(text), Value::String(value)) => text == value,
            (Kind::Text(text), Value::Number(value)) => *text == value.to_string(),
            (Kind::Text(text), Value::Bool(value)) => *text == value.to_string(),
            (Kind::Number(number), Value::Number(value)) => is_same(number, value),
            (Kind::Bool(flag), Value::Bool(value)) => flag == value,
            _ => false,
        }
    }
}

/// Whether both are the same number, as `7` and `7.0` are.
fn is_same(one: &Number, other: &Number) -> bool {
    let whole = |number: &Number| {
        let unsigned = number.as_u64().map(i128::from);
        unsigned.or_else(|| number.as_i64().map(i128::from))
    };
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        // A larger whole number may be rounded to the other.
        (Some(whole), None) | (None, Some(whole)) if whole.unsigned_abs() > MAX_EXACT => false,
        _ => one.as_f64() == other.as_f64(),
    }
}

impl From<&str> for ClaimValue {
    fn from(text: &str) -> Self {
        Self(Kind::Text(text.to_owned()))
    }
}

impl From<String> for ClaimValue {
    fn from(text: String) -> Self {
        Self(Kind::Text(text))
    }
}

impl From<bool> for ClaimValue {
    fn from(flag: bool) -> Self {
        Self(Kind::Bool(flag))
    }
}

impl From<i32> for ClaimValue {
    fn from(number: i32) -> Self {
        Self(Kind::Number(number.into()))
    }
}

impl From<i64> for ClaimValue {
    fn from(number: i64) -> Self {
        Self(Kind::Number(number.into()))
    }
}

impl From<u64> for ClaimValue {
    fn from(number: u64) -> Self {
        Self(Kind::Number(number.into()))
    }
}

impl From<f64> for ClaimValue {
    /// A number that is not finite equals no claim.
    fn from(number: f64) -> Self {
        match Number::from_f64(number) {
            Some(number) => Self(Kind::Number(number)),
            None => Self(Kind::Text(String::from("not a finite number"))),
        }
    }
}

/// The greatest whole number up to which an `f64` has each one.
const MAX_EXACT: u128 = 1 << 53;

impl fmt::Display for ClaimValue {
    /// As JSON writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Text(text) => write!(f, "{text:?}"),
            Kind::Number(number) => number.fmt(f),
            Kind::Bool(flag) => flag.fmt(f),
        }
    }
}
