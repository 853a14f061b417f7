//! Reads claims as typed values (RFC 7519, RFC 9068, and Okta's `cid`, `uid`, `scp`).
//!
//! Decides nothing by the values of the claims: see [`Validation`](super::Validation).

mod kind;
mod locate;
mod set;
mod size;

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use super::{ClaimFault, Scope, ScopeToken, SignedPayload, TokenError};

pub(crate) use kind::Kind;
pub(crate) use locate::unescaped;
use set::ClaimsSet;
pub(crate) use size::ALLOCATION_BYTES;

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
        Self::read(payload.as_bytes())
    }

    /// As [`Claims::parse`], for unverified bytes. Only the fuzzer uses it.
    #[cfg(fuzzing)]
    pub fn parse_unverified(bytes: &[u8]) -> Result<Self, TokenError> {
        Self::read(bytes)
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, TokenError> {
        let (set, all) = ClaimsSet::parse(bytes).ok_or(TokenError::MalformedPayload)?;
        let (client_id, other_clients) = clients(&all)?;
        Ok(Self {
            issuer: required(string(&all, "iss")?, "iss")?.into(),
            audience: audience(&all)?,
            expires_at: required(date(&all, "exp")?, "exp")?,
            not_before: date(&all, "nbf")?,
            issued_at: date(&all, "iat")?,
            subject: subject(&all)?.into(),
            scope: scope(&all)?.shrunk(),
            client_id,
            other_clients,
            user_id: string(&all, "uid")?.map(Into::into),
            token_id: string(&all, "jti")?.map(Into::into),
            all: set,
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
    /// [`Verified::derived`](super::Verified::derived). For a single claim, use [`Claims::get`].
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

    /// Whether there is `cnf` (RFC 7800): such a token requires a proof from the caller.
    pub(super) fn are_bound_to_a_proof(&self) -> bool {
        self.all.is_bound_to_a_proof()
    }
}

/// Seconds since 1970-01-01 UTC, with fractions, up to the end of year 9999 (RFC 7519 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumericDate(Duration);

impl NumericDate {
    /// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
    pub const MAX_SECS: u64 = 253_402_300_799;

    /// The time since 1970.
    pub fn since_epoch(self) -> Duration {
        self.0
    }

    /// The date as the system's type.
    pub fn to_system_time(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.0
    }

    pub(crate) fn read(value: &Value) -> Option<Self> {
        let since_epoch = match value.as_u64() {
            Some(seconds) => Duration::from_secs(seconds),
            // Refuses a value that is negative, too large or not a number.
            None => Duration::try_from_secs_f64(value.as_f64()?).ok()?,
        };
        (since_epoch <= Duration::from_secs(Self::MAX_SECS)).then_some(Self(since_epoch))
    }
}

pub(super) fn string<'a>(
    all: &'a Map<String, Value>,
    claim: &'static str,
) -> Result<Option<&'a str>, TokenError> {
    match all.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(claim)),
    }
}

pub(super) fn date(
    all: &Map<String, Value>,
    claim: &'static str,
) -> Result<Option<NumericDate>, TokenError> {
    all.get(claim)
        .map(|value| NumericDate::read(value).ok_or(malformed(claim)))
        .transpose()
}

pub(super) fn subject(all: &Map<String, Value>) -> Result<&str, TokenError> {
    match required(string(all, "sub")?, "sub")? {
        "" => Err(malformed("sub")),
        subject => Ok(subject),
    }
}

/// RFC 9068 says `client_id`, Okta `cid`, OpenID Connect `azp`: the first of them, and those of
/// the others that differ from it.
pub(super) fn clients(all: &Map<String, Value>) -> Result<Clients, TokenError> {
    let [first, second, third] = ["client_id", "cid", "azp"].map(|claim| string(all, claim));
    let mut ids = [first?, second?, third?].into_iter().flatten();
    let first = ids.next();
    let others = ids
        .filter(|id| Some(*id) != first)
        .map(Into::into)
        .collect();
    Ok((first.map(Into::into), others))
}

type Clients = (Option<Box<str>>, Box<[Box<str>]>);

pub(super) fn audience(all: &Map<String, Value>) -> Result<Box<[String]>, TokenError> {
    match required(all.get("aud"), "aud")? {
        Value::String(audience) => Ok(Box::new([audience.clone()])),
        Value::Array(audiences) => strings(audiences)
            .map(|audience| audience.map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or(malformed("aud")),
        _ => Err(malformed("aud")),
    }
}

/// Okta sends `scp` as an array, RFC 9068 `scope` as a string, and other issuers mix the two.
/// A token with both claims must have the same scopes in both.
pub(super) fn scope(all: &Map<String, Value>) -> Result<Scope, TokenError> {
    let read = |claim: &'static str| {
        let scope = match all.get(claim) {
            None => return Ok(None),
            Some(Value::String(text)) => text.parse::<Scope>().ok(),
            Some(Value::Array(values)) => strings(values)
                .map(|scope| scope.and_then(|scope| ScopeToken::parse(scope).ok()))
                .collect(),
            Some(_) => None,
        };
        scope.map(Some).ok_or(malformed(claim))
    };
    match (read("scp")?, read("scope")?) {
        (Some(scp), Some(scope)) if !scp.same_set(&scope) => Err(TokenError::Claim {
            claim: "scope",
            fault: ClaimFault::DiffersFrom("scp"),
        }),
        (Some(scope), _) | (None, Some(scope)) => Ok(scope),
        (None, None) => Ok(Scope::none()),
    }
}

fn strings(values: &[Value]) -> impl Iterator<Item = Option<&str>> {
    values.iter().map(Value::as_str)
}

pub(super) fn required<T>(value: Option<T>, claim: &'static str) -> Result<T, TokenError> {
    value.ok_or(TokenError::Claim {
        claim,
        fault: ClaimFault::Missing,
    })
}

fn malformed(claim: &'static str) -> TokenError {
    TokenError::Claim {
        claim,
        fault: ClaimFault::Malformed,
    }
}

#[cfg(test)]
mod tests;
