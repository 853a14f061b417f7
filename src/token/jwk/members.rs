//! Reads the members of a JSON Web Key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::json::Object;
use super::error::KeyError;

pub(super) fn text<'a>(members: &'a Object<'_>, member: &'static str) -> Result<&'a str, KeyError> {
    members.text(member).ok_or(malformed(member))
}

pub(super) fn decode(members: &Object<'_>, member: &'static str) -> Result<Vec<u8>, KeyError> {
    URL_SAFE_NO_PAD
        .decode(text(members, member)?)
        .map_err(|_| malformed(member))
}

pub(super) fn malformed(member: &'static str) -> KeyError {
    KeyError::Malformed { member }
}
