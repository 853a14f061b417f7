//! One denial: which tokens, and until when.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::token::MAX_LEEWAY;

use super::names::Names;
use super::source::DenialSource;
use super::terms::Term;

/// Denies the tokens that have every member of this denial, until it expires.
///
/// In JSON: an object with at least one of `jti`, `sub`, `uid`, `email`, `cid` and `issued_before`. It
/// may also have `iss`. `cid` is compared with each of the claims `client_id`, `cid` and `azp`. `email`
/// is compared with each of the claims of
/// [`Denylist::with_email_claims`](super::Denylist::with_email_claims), without regard to case. Times
/// are in seconds since 1970. A denial must not expire before the tokens that it denies. It is applied for [`MAX_LEEWAY`](crate::token::MAX_LEEWAY)
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
    uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_before: Option<u64>,
    exp: u64,
}

/// The user whose tokens a sign-out denies.
#[cfg(feature = "service")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeniedUser<'a> {
    /// By the claim `sub`.
    Subject(&'a str),
    /// By the claim `uid`, which Okta uses for the id of a user.
    UserId(&'a str),
    /// By an e-mail address.
    Email(&'a str),
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

    /// Denies the tokens of a user of this issuer that were issued before a time.
    #[cfg(feature = "service")]
    pub(crate) fn sign_out(
        issuer: &str,
        user: DeniedUser<'_>,
        issued_before: u64,
        exp: u64,
    ) -> Result<Self, DenialError> {
        let (sub, uid, email) = match user {
            DeniedUser::Subject(text) => (Some(text), None, None),
            DeniedUser::UserId(text) => (None, Some(text), None),
            DeniedUser::Email(text) => (None, None, Some(text)),
        };
        let denial = Self {
            iss: Some(issuer.to_owned()),
            jti: None,
            sub: sub.map(str::to_owned),
            uid: uid.map(str::to_owned),
            email: email.map(str::to_owned),
            cid: None,
            issued_before: Some(issued_before),
            exp,
        };
        denial.checked()
    }

    /// The issuer, the client and the token that it names, in this order.
    #[cfg(feature = "service")]
    pub(crate) fn issuer_client_and_token(&self) -> [Option<&str>; 3] {
        [&self.iss, &self.cid, &self.jti].map(Option::as_deref)
    }

    /// The user that it names.
    #[cfg(feature = "service")]
    pub(crate) fn user(&self) -> Option<DeniedUser<'_>> {
        let subject = self.sub.as_deref().map(DeniedUser::Subject);
        let user_id = self.uid.as_deref().map(DeniedUser::UserId);
        subject
            .or(user_id)
            .or(self.email.as_deref().map(DeniedUser::Email))
    }

    fn checked(mut self) -> Result<Self, DenialError> {
        self.email = self.email.map(|email| email.to_lowercase());
        let texts = [
            &self.iss,
            &self.jti,
            &self.sub,
            &self.uid,
            &self.email,
            &self.cid,
        ];
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
            user_id: self.uid.as_deref(),
            email: self.email.as_deref(),
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
    #[error(
        "a denial is a JSON object of `iss`, `jti`, `sub`, `uid`, `email`, `cid`, `issued_before` and `exp`"
    )]
    Malformed(#[source] serde_json::Error),
    /// A string is empty or too long.
    #[error("a string in a denial has 1 to {MAX_TEXT_BYTES} bytes")]
    Text,
    /// It would deny every token.
    #[error(
        "a denial names at least one of `jti`, `sub`, `uid`, `email`, `cid` and `issued_before`"
    )]
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
