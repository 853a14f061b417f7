//! Who is signed out: a subject identifier (RFC 9493).

use crate::token::json::{self, Json, Object};

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
    pub(super) fn read(value: &Json<'_>) -> Result<Self, SignOutError> {
        let Json::Object(members) = value else {
            return Err(SignOutError::MalformedClaim(SUB_ID));
        };
        match members.text("format") {
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
                Some(user @ Json::Object(members)) if !is_complex(members) => Self::read(user),
                _ => Err(SignOutError::SubjectNotSupported),
            },
            Some(_) => Err(SignOutError::SubjectNotSupported),
            None => Err(SignOutError::MalformedClaim(SUB_ID)),
        }
    }
}

fn is_complex(members: &Object<'_>) -> bool {
    members.text("format") == Some("complex")
}

fn refuse_others(members: &Object<'_>, known: &[&str]) -> Result<(), SignOutError> {
    if members.iter().all(|(name, _)| known.contains(&name)) {
        return Ok(());
    }
    Err(SignOutError::MalformedClaim(SUB_ID))
}

fn text(members: &Object<'_>, name: &str) -> Result<String, SignOutError> {
    match members.get(name) {
        Some(Json::Text(text)) if (1..=MAX_TEXT_BYTES).contains(&text.len()) => {
            Ok((**text).to_owned())
        }
        _ => Err(SignOutError::MalformedClaim(SUB_ID)),
    }
}

pub(super) const SUB_ID: &str = "sub_id";
/// The body has four to six values.
const MAX_VALUES: usize = 16;
/// As in a denial.
const MAX_TEXT_BYTES: usize = 1024;
