//! Who is signed out: a subject identifier (RFC 9493).

use serde_json::{Map, Value};

use crate::token::json;

use super::SignOutError;

/// A user, as the issuer identifies them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SubjectIdentifier {
    /// `{"format": "email", "email": ..}`.
    Email(String),
    /// `{"format": "iss_sub", "iss": .., "sub": ..}`.
    IssuerSubject {
        /// The issuer that knows the user by this subject.
        issuer: String,
        /// The subject.
        subject: String,
    },
}

impl SubjectIdentifier {
    /// Reads the body of a global token revocation: an object whose only member is `sub_id`.
    pub(crate) fn parse_body(body: &[u8]) -> Result<Self, SignOutError> {
        let members = json::object_of_at_most(MAX_VALUES, body);
        let members = members.ok_or(SignOutError::MalformedClaim(SUB_ID))?;
        let subject = members.get(SUB_ID);
        let subject = subject.ok_or(SignOutError::MissingClaim(SUB_ID))?;
        if members.len() > 1 {
            return Err(SignOutError::MalformedClaim(SUB_ID));
        }
        Self::read(subject)
    }

    /// Reads the identifier of an event. Of one that has several parts, the user is read.
    pub(super) fn read(value: &Value) -> Result<Self, SignOutError> {
        let Value::Object(members) = value else {
            return Err(SignOutError::MalformedClaim(SUB_ID));
        };
        match members.get("format").and_then(Value::as_str) {
            Some("email") => {
                refuse_others(members, &["format", "email"])?;
                text(members, "email").map(Self::Email)
            }
            Some("iss_sub") => {
                refuse_others(members, &["format", "iss", "sub"])?;
                Ok(Self::IssuerSubject {
                    issuer: text(members, "iss")?,
                    subject: text(members, "sub")?,
                })
            }
            Some("complex") => match members.get("user") {
                Some(Value::Object(user)) if !is_complex(user) => {
                    Self::read(&Value::Object(user.clone()))
                }
                _ => Err(SignOutError::SubjectNotSupported),
            },
            Some(_) => Err(SignOutError::SubjectNotSupported),
            None => Err(SignOutError::MalformedClaim(SUB_ID)),
        }
    }
}

fn is_complex(members: &Map<String, Value>) -> bool {
    members.get("format").is_some_and(|it| it == "complex")
}

fn refuse_others(members: &Map<String, Value>, known: &[&str]) -> Result<(), SignOutError> {
    if members.keys().all(|name| known.contains(&name.as_str())) {
        return Ok(());
    }
    Err(SignOutError::MalformedClaim(SUB_ID))
}

fn text(members: &Map<String, Value>, name: &str) -> Result<String, SignOutError> {
    match members.get(name) {
        Some(Value::String(text)) if (1..=MAX_TEXT_BYTES).contains(&text.len()) => Ok(text.clone()),
        _ => Err(SignOutError::MalformedClaim(SUB_ID)),
    }
}

pub(super) const SUB_ID: &str = "sub_id";
/// The body has four to six values.
const MAX_VALUES: usize = 16;
/// As in a denial.
const MAX_TEXT_BYTES: usize = 1024;
