//! The claims of a token that signs a user out, and the checks of their values.

use std::time::{Duration, SystemTime};

use crate::token::claims::{audience, date, required, string};
use crate::token::json::{self, Json, Object};
use crate::token::{ClaimNames, MAX_HEADER_VALUES, NumericDate, SignedPayload};

use super::error::SignOutError;
use super::statement::{MAX_LIFETIME, SignOut, SignOutForm, SignOutPolicy};
use super::subject::{SUB_ID, SubjectIdentifier};

/// The claims of a token whose signature verified. Their values are not checked yet.
#[derive(Debug)]
pub(crate) struct SignOutClaims {
    issuer: String,
    audience: Box<[String]>,
    expires_at: Option<NumericDate>,
    not_before: Option<NumericDate>,
    issued_at: NumericDate,
    id: String,
    sender: Option<String>,
    user: Option<SubjectIdentifier>,
}

impl SignOutClaims {
    pub(super) fn read(payload: &SignedPayload, form: SignOutForm) -> Result<Self, SignOutError> {
        let all = json::object_of_at_most(MAX_VALUES, payload.as_bytes());
        let all = all.ok_or(SignOutError::Malformed)?;
        let expires_at = date(&all, "exp")?;
        let sender = string(&all, "sub")?;
        let (issuer, id) = (filled(&all, "iss")?, filled(&all, "jti")?);
        let user = match form {
            SignOutForm::GlobalRevocation => {
                required(expires_at, "exp")?;
                filled(&all, "sub")?;
                None
            }
            SignOutForm::BackChannel => Some(logged_out_user(&all, &issuer, sender)?),
            SignOutForm::SessionRevoked => Some(revoked_user(&all)?),
        };
        Ok(Self {
            audience: audience(&all, &ClaimNames::default())?,
            expires_at,
            not_before: date(&all, "nbf")?,
            issued_at: required(date(&all, "iat")?, "iat")?,
            sender: sender.map(str::to_owned),
            issuer,
            id,
            user,
        })
    }

    /// Compares the claims with the policy and the time.
    pub(crate) fn check(
        self,
        policy: &SignOutPolicy,
        now: SystemTime,
    ) -> Result<SignOut, SignOutError> {
        if self.issuer != policy.issuer {
            return Err(SignOutError::WrongIssuer);
        }
        if !self.audience.iter().any(|it| policy.audiences.contains(it)) {
            return Err(SignOutError::WrongAudience);
        }
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let issued_at = self.issued_at.since_epoch();
        let expires_at = self.expires_at.map(NumericDate::since_epoch);
        // A security event token has no `exp` (RFC 8417 section 2.2).
        let until = expires_at.unwrap_or(issued_at + MAX_LIFETIME) + policy.leeway;
        if now >= until {
            return Err(SignOutError::Expired);
        }
        let lifetime = expires_at.map_or(MAX_LIFETIME, |it| it.saturating_sub(issued_at));
        if lifetime > MAX_LIFETIME || until > now + MAX_LIFETIME + 2 * policy.leeway {
            return Err(SignOutError::LivesTooLong);
        }
        let is_ahead = |time: Duration| time > now + policy.leeway;
        if self.not_before.is_some_and(|it| is_ahead(it.since_epoch())) {
            return Err(SignOutError::NotYetValid);
        }
        if is_ahead(issued_at) {
            return Err(SignOutError::IssuedInFuture);
        }
        Ok(SignOut {
            sender: self.sender,
            user: self.user,
            id: self.id,
            issued_at,
            until,
        })
    }
}

/// OpenID Connect Back-Channel Logout 1.0 section 2.6.
fn logged_out_user(
    all: &Object<'_>,
    issuer: &str,
    subject: Option<&str>,
) -> Result<SubjectIdentifier, SignOutError> {
    event(all, LOGOUT_EVENT)?;
    if all.contains("nonce") {
        return Err(SignOutError::Nonce);
    }
    match subject {
        Some(subject) if !subject.is_empty() => Ok(SubjectIdentifier::IssuerSubject {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
        }),
        Some(_) => Err(SignOutError::MalformedClaim("sub")),
        None if all.contains("sid") => Err(SignOutError::SessionOnly),
        None => Err(SignOutError::MissingClaim("sub")),
    }
}

/// The subject is a claim of the token (RFC 9493 section 4.1), or, in older drafts, a member of the
/// event.
fn revoked_user(all: &Object<'_>) -> Result<SubjectIdentifier, SignOutError> {
    let event = event(all, SESSION_REVOKED_EVENT)?;
    let subject = all.get(SUB_ID).or_else(|| event.get("subject"));
    SubjectIdentifier::read(subject.ok_or(SignOutError::MissingClaim(SUB_ID))?)
}

fn event<'a, 'j>(all: &'a Object<'j>, name: &str) -> Result<&'a Object<'j>, SignOutError> {
    match all.get("events") {
        None => Err(SignOutError::MissingClaim("events")),
        Some(Json::Object(events)) => match events.get(name) {
            Some(Json::Object(event)) => Ok(event),
            Some(_) => Err(SignOutError::MalformedClaim("events")),
            None => Err(SignOutError::WrongEvent),
        },
        Some(_) => Err(SignOutError::MalformedClaim("events")),
    }
}

fn filled(all: &Object<'_>, claim: &'static str) -> Result<String, SignOutError> {
    match required(string(all, claim)?, claim)? {
        "" => Err(SignOutError::MalformedClaim(claim)),
        text => Ok(text.to_owned()),
    }
}

const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const SESSION_REVOKED_EVENT: &str =
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
/// An event has a subject of several parts.
const MAX_VALUES: usize = 4 * MAX_HEADER_VALUES;
