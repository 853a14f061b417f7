//! One denial: which tokens, and until when.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::token::{Claims, MAX_LEEWAY};

use super::source::DenialSource;
use super::terms::Term;

/// Denies the tokens that have every member of this denial, until it expires.
///
/// In JSON: an object with at least one of `jti`, `sub`, `cid` and `issued_before`. It may also have
/// `iss`. `cid` is compared with each of the claims `client_id`, `cid` and `azp`. Times are in seconds since 1970. A denial must not expire
/// before the tokens that it denies. It is applied for [`MAX_LEEWAY`](crate::token::MAX_LEEWAY)
/// longer than it states, because expired tokens are accepted for that long too.
///
/// ```
/// use poem_resource_server::verifier::Denial;
///
/// let denial = Denial::parse(br#"{"sub": "ada", "issued_before": 1790000000, "exp": 1790086400}"#)?;
/// # Ok::<(), poem_resource_server::verifier::DenialError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denial {
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_before: Option<u64>,
    exp: u64,
}

/// The members of a denial without `issued_before`. `None` fits every token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Names<'a> {
    issuer: Option<&'a str>,
    token_id: Option<&'a str>,
    subject: Option<&'a str>,
    client: Option<&'a str>,
}

/// The number of shapes of [`Names`]: each of four members is named or not.
pub(super) const SHAPES: usize = 16;

impl<'a> Names<'a> {
    /// Which members are named, as a number below [`SHAPES`].
    pub(super) fn shape(&self) -> usize {
        [self.issuer, self.token_id, self.subject, self.client]
            .into_iter()
            .fold(0, |shape, name| shape * 2 + usize::from(name.is_some()))
    }

    /// The names of this shape that fit these claims: one for each client that they name, if
    /// the shape names a client, and none where the claims lack a member.
    pub(super) fn matching(claims: &'a Claims, shape: usize) -> impl Iterator<Item = Self> {
        let has = |bit: usize| shape & bit != 0;
        let names = Self {
            issuer: has(8).then(|| claims.issuer()),
            token_id: claims.token_id().filter(|_| has(4)),
            subject: has(2).then(|| claims.subject()),
            client: None,
        };
        let without = (!has(1)).then_some(names).into_iter();
        let clients = has(1).then(|| claims.client_ids()).into_iter().flatten();
        let with = clients.map(move |client| Self {
            client: Some(client),
            ..names
        });
        without
            .chain(with)
            .filter(move |names| names.shape() == shape)
    }
}

impl Denial {
    /// Reads a denial.
    ///
    /// # Errors
    ///
    /// A [`DenialError`]. It repeats only names of members.
    pub fn parse(json: &[u8]) -> Result<Self, DenialError> {
        let denial: Self = serde_json::from_slice(json).map_err(DenialError::Malformed)?;
        denial.checked()
    }

    /// Reads a list of denials.
    ///
    /// # Errors
    ///
    /// As for a single denial, see [`Denial::parse`].
    pub fn parse_list(json: &[u8]) -> Result<Vec<Self>, DenialError> {
        let denials: Vec<Self> = serde_json::from_slice(json).map_err(DenialError::Malformed)?;
        denials.into_iter().map(Self::checked).collect()
    }

    /// The denial as JSON. Equal denials have equal strings.
    ///
    /// # Panics
    ///
    /// Never: strings and numbers can be serialized.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers")
    }

    /// The expiry of the last token that it denies, in seconds since 1970.
    pub fn expires_at(&self) -> u64 {
        self.exp
    }

    fn checked(self) -> Result<Self, DenialError> {
        let texts = [&self.iss, &self.jti, &self.sub, &self.cid];
        let is_fit = |text: &String| (1..=MAX_TEXT_BYTES).contains(&text.len());
        if !texts.into_iter().flatten().all(is_fit) {
            return Err(DenialError::Text);
        }
        if texts[1..].iter().all(|text| text.is_none()) && self.issued_before.is_none() {
            return Err(DenialError::Everything);
        }
        Ok(self)
    }

    pub(super) fn names(&self) -> Names<'_> {
        Names {
            issuer: self.iss.as_deref(),
            token_id: self.jti.as_deref(),
            subject: self.sub.as_deref(),
            client: self.cid.as_deref(),
        }
    }

    pub(super) fn term(&self, source: DenialSource) -> Term {
        Term {
            end: self.exp,
            issued_before: self.issued_before.unwrap_or(u64::MAX),
            source,
        }
    }

    pub(super) fn is_active(&self, now: SystemTime) -> bool {
        is_active_until(now, self.exp)
    }
}

/// Whether a denial with this end still applies. A token is accepted for some leeway after its
/// `exp`, so a denial with the same `exp` must apply for as long.
pub(super) fn is_active_until(now: SystemTime, end: u64) -> bool {
    let now = now.duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default() < Duration::from_secs(end).saturating_add(MAX_LEEWAY)
}

/// Why JSON is not a denial.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DenialError {
    /// It is not an object with the members of a denial.
    #[error("a denial is a JSON object of `iss`, `jti`, `sub`, `cid`, `issued_before` and `exp`")]
    Malformed(#[source] serde_json::Error),
    /// A string is empty or too long.
    #[error("a string in a denial has 1 to {MAX_TEXT_BYTES} bytes")]
    Text,
    /// It would deny every token.
    #[error("a denial names at least one of `jti`, `sub`, `cid` and `issued_before`")]
    Everything,
}

/// More than any claim that a token of 8 KiB carries in practice.
const MAX_TEXT_BYTES: usize = 1024;

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn malformed_denials_are_refused_and_their_accepted_twins_are_not() {
        let long = "x".repeat(1025);
        let rows = [
            ("no JSON", "{".to_owned()),
            ("a list", "[]".to_owned()),
            ("no end", json!({ "jti": "1" }).to_string()),
            (
                "an unknown member",
                json!({ "jti": "1", "exp": 1, "ip": "x" }).to_string(),
            ),
            (
                "a doubled member",
                r#"{"jti": "1", "jti": "2", "exp": 1}"#.to_owned(),
            ),
            (
                "a number for a text",
                json!({ "sub": 1, "exp": 1 }).to_string(),
            ),
            (
                "a text for a number",
                json!({ "sub": "a", "exp": "1" }).to_string(),
            ),
            (
                "a time before 1970",
                json!({ "issued_before": -1, "exp": 1 }).to_string(),
            ),
            ("an empty text", json!({ "sub": "", "exp": 1 }).to_string()),
            ("a long text", json!({ "sub": long, "exp": 1 }).to_string()),
            ("everything", json!({ "exp": 1 }).to_string()),
            (
                "everything of an issuer",
                json!({ "iss": "https://id.example", "exp": 1 }).to_string(),
            ),
        ];
        for (name, text) in rows {
            let error = Denial::parse(text.as_bytes()).expect_err(name);

            let list = Denial::parse_list(format!("[{text}]").as_bytes());
            assert!(list.is_err(), "{name}");
            assert_eq!(
                matches!(error, DenialError::Everything),
                name.starts_with("everything"),
                "{name}"
            );
        }
        let twin = json!({ "sub": &long[1..], "exp": 1 }).to_string();
        assert_eq!(Denial::parse(twin.as_bytes()).unwrap().to_json(), twin);
    }
}
