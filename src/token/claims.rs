//! Reads claims as typed values (RFC 7519, RFC 9068, and Okta's `cid`, `uid`, `scp`).
//!
//! Decides nothing by the values of the claims: see [`Validation`](super::Validation).

mod kind;
mod locate;
mod members;
mod names;
mod set;
mod size;

use serde_json::{Map, Value};

use super::json::{self, Object};
use super::{ActiveToken, Confirmation, NumericDate, Scope, SignedPayload, TokenError};

pub(crate) use kind::Kind;
pub(crate) use locate::unescaped;
#[cfg(feature = "service")]
pub(super) use members::confirmation;
pub(super) use members::{audience, clients, date, required, scope, string, subject};
pub use names::ClaimNames;
use set::ClaimsSet;

/// The claims of an access token, each of the type its RFC gives it.
///
/// The claims that have a method of their own are parsed once. The other claims are read again
/// from the payload at each use: see [`Claims::all`].
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    issuer: Box<str>,
    subject: Box<str>,
    audience: Box<[String]>,
    expires_at: NumericDate,
    not_before: Option<NumericDate>,
    issued_at: Option<NumericDate>,
    token_id: Option<Box<str>>,
    client_id: Option<Box<str>>,
    /// The clients that other claims name. Nearly always, there are none.
    other_clients: Box<[Box<str>]>,
    user_id: Option<Box<str>>,
    scope: Scope,
    all: ClaimsSet,
}

impl Claims {
    /// Reads a payload whose signature verified.
    ///
    /// # Errors
    ///
    /// [`TokenError::MalformedPayload`] when it is not a JSON object with unique names,
    /// [`TokenError::Claim`] for a claim that is missing or of another type.
    pub fn parse(payload: &SignedPayload) -> Result<Self, TokenError> {
        Self::parse_with(payload, &ClaimNames::default())
    }

    /// As [`Claims::parse`], for an issuer that uses other claims.
    ///
    /// # Errors
    ///
    /// As [`Claims::parse`].
    pub fn parse_with(payload: &SignedPayload, names: &ClaimNames) -> Result<Self, TokenError> {
        Self::read(payload.as_bytes(), names)
    }

    /// Reads what an issuer states about a token that it calls active.
    ///
    /// # Errors
    ///
    /// As [`Claims::parse`].
    pub(crate) fn parse_introspected(
        token: &ActiveToken,
        names: &ClaimNames,
    ) -> Result<Self, TokenError> {
        Self::read(token.as_bytes(), names)
    }

    /// As [`Claims::parse`], for unverified bytes. Only the fuzzer uses it.
    #[cfg(fuzzing)]
    pub fn parse_unverified(bytes: &[u8]) -> Result<Self, TokenError> {
        Self::read(bytes, &ClaimNames::default())
    }

    pub(super) fn read(bytes: &[u8], names: &ClaimNames) -> Result<Self, TokenError> {
        let text = str::from_utf8(bytes).map_err(|_| TokenError::MalformedPayload)?;
        let members = json::object_of_text(text).ok_or(TokenError::MalformedPayload)?;
        Self::from_members(text, &members, names)
    }

    /// `members` are those of `text`.
    pub(super) fn from_members(
        text: &str,
        members: &Object<'_>,
        names: &ClaimNames,
    ) -> Result<Self, TokenError> {
        let all = ClaimsSet::new(text, members)?;
        let (client_id, other_clients) = clients(members)?;
        Ok(Self {
            issuer: required(string(members, "iss")?, "iss")?.into(),
            audience: audience(members, names)?,
            expires_at: required(date(members, "exp")?, "exp")?,
            not_before: date(members, "nbf")?,
            issued_at: date(members, "iat")?,
            subject: subject(members, names)?.into(),
            scope: scope(members, names)?.shrunk(),
            client_id,
            other_clients,
            user_id: string(members, "uid")?.map(Into::into),
            token_id: string(members, "jti")?.map(Into::into),
            all,
        })
    }

    /// `iss`: who issued the token.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `sub`: the user, or the client itself if no user takes part. Never empty.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// `aud`: the APIs that the token is meant for.
    pub fn audience(&self) -> &[String] {
        &self.audience
    }

    /// `exp`: the time at which the token expires.
    pub fn expires_at(&self) -> NumericDate {
        self.expires_at
    }

    /// `nbf`: the time before which the token is not valid.
    pub fn not_before(&self) -> Option<NumericDate> {
        self.not_before
    }

    /// `iat`: the time at which the token was issued.
    pub fn issued_at(&self) -> Option<NumericDate> {
        self.issued_at
    }

    /// `jti`: the identifier of the token.
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// `client_id`, Okta's `cid` or OpenID Connect's `azp`: the first of them that is present.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// Every client that the claims name: `client_id`, `cid` and `azp` may differ. The first is
    /// [`Claims::client_id`].
    pub(crate) fn client_ids(&self) -> impl Iterator<Item = &str> {
        let first = self.client_id.iter();
        first.chain(&self.other_clients).map(|id| &**id)
    }

    /// Okta's `uid`: the user's id, absent if no user takes part.
    pub fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// `scope` (RFC 9068) or `scp` (Okta): the granted scopes.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Every claim as it was sent.
    ///
    /// Each call parses the payload again, which takes a microsecond or two
    /// for ten claims. Call it once, and keep what each call of an API needs with
    /// [`Verified::derived`](super::Verified::derived). For a single claim, use [`Claims::get`], and to pass them on, [`Claims::json`].
    pub fn all(&self) -> Map<String, Value> {
        self.all.members()
    }

    /// One claim as it was sent. The other claims are skipped, which is faster than reading them.
    pub fn get(&self, claim: &str) -> Option<Value> {
        self.all.get(claim)
    }

    /// Whether a claim equals one of `accepted`, or is an array that contains one of them.
    pub fn has(&self, claim: &str, accepted: &[String]) -> bool {
        self.all.has(claim, accepted)
    }

    /// Whether the claims are those of an access token or of another token.
    pub(super) fn kind(&self) -> Kind {
        self.all.kind()
    }

    /// `cnf`: the keys that the caller must prove to have (RFC 7800).
    pub fn confirmation(&self) -> Option<&Confirmation> {
        self.all.confirmation()
    }
}

#[cfg(test)]
mod tests;
