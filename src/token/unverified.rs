//! Reads a token without verification, and evaluates each rule by itself, for an explanation.
//!
//! It uses the same functions as the verification. Nothing here decides on a request.

use std::time::Duration;

use super::claims::{audience, clients, confirmation, date, required, scope, string, subject};
use super::compact::is_compact_character;
use super::json::{self, Object};
use super::jws::{
    algorithm, decode, decode_header, key_id, members, refuse_critical, refuse_unencoded,
    token_type,
};
use super::{
    Algorithm, ClaimNames, Claims, Confirmation, Kind, NumericDate, Segment, TokenError, TokenType,
    Validation,
};

/// The segments of a token.
pub(crate) struct UnverifiedToken<'a> {
    text: &'a str,
    segments: Vec<&'a str>,
}

impl<'a> UnverifiedToken<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            segments: text.split('.').collect(),
        }
    }

    pub(crate) fn check_characters(&self) -> Result<(), TokenError> {
        if self
            .text
            .bytes()
            .all(|it| it == b'.' || is_compact_character(it))
        {
            return Ok(());
        }
        Err(TokenError::IllegalCharacter)
    }

    pub(crate) fn check_segments(&self) -> Result<(), TokenError> {
        match self.segments.len() {
            3 => Ok(()),
            found => Err(TokenError::Segments { found }),
        }
    }

    /// The keys that the token is bound to; `None` if it is not bound or cannot be read.
    pub(crate) fn confirmation(&self) -> Option<Confirmation> {
        let payload = self.payload().ok()?;
        let members = json::object(&payload)?;
        Confirmation::read(members.get("cnf")?)
    }

    pub(crate) fn header(&self) -> Result<UnverifiedHeader, TokenError> {
        UnverifiedHeader::read(self.segment(0))
    }

    pub(crate) fn payload(&self) -> Result<Vec<u8>, TokenError> {
        decode(self.segment(1), Segment::Payload)
    }

    pub(crate) fn signature(&self) -> Result<Vec<u8>, TokenError> {
        decode(self.segment(2), Segment::Signature)
    }

    fn segment(&self, position: usize) -> &'a str {
        self.segments.get(position).copied().unwrap_or_default()
    }
}

/// A header. Each member is evaluated by itself.
pub(crate) struct UnverifiedHeader {
    pub(crate) algorithm: Result<Algorithm, TokenError>,
    pub(crate) critical: Result<(), TokenError>,
    pub(crate) token_type: Result<Option<TokenType>, TokenError>,
    pub(crate) key_id: Result<(), TokenError>,
    pub(crate) encoding: Result<(), TokenError>,
}

impl UnverifiedHeader {
    fn read(segment: &str) -> Result<Self, TokenError> {
        let bytes = decode_header(segment)?;
        let members = members(&bytes)?;
        Ok(Self {
            algorithm: algorithm(&members),
            critical: refuse_critical(&members),
            token_type: token_type(&members),
            key_id: key_id(&members).map(|_| ()),
            encoding: refuse_unencoded(&members),
        })
    }
}

/// The claims of a token. Each claim is evaluated by itself.
pub(crate) struct UnverifiedClaims {
    members: Object<'static>,
    names: ClaimNames,
    whole: Result<Claims, TokenError>,
}

impl UnverifiedClaims {
    /// Reads a payload.
    ///
    /// # Errors
    ///
    /// [`TokenError::MalformedPayload`] when it is not a JSON object with unique names.
    pub(crate) fn read(payload: &[u8], names: &ClaimNames) -> Result<Self, TokenError> {
        let members = json::object(payload).ok_or(TokenError::MalformedPayload)?;
        Ok(Self {
            members: members.into_owned(),
            whole: Claims::read(payload, names),
            names: names.clone(),
        })
    }

    /// Every claim that is missing, malformed or contradicts another claim.
    pub(crate) fn faults(&self) -> Vec<TokenError> {
        let (all, names) = (&self.members, &self.names);
        let mut faults: Vec<TokenError> = self.whole.as_ref().err().cloned().into_iter().collect();
        let others = [
            string(all, "iss").and_then(|it| required(it, "iss")).err(),
            audience(all, names).err(),
            date(all, "exp").and_then(|it| required(it, "exp")).err(),
            date(all, "nbf").err(),
            date(all, "iat").err(),
            subject(all, names).err(),
            scope(all, names).err(),
            clients(all).err(),
            string(all, "uid").err(),
            string(all, "jti").err(),
            confirmation(all).err(),
        ];
        for fault in others.into_iter().flatten() {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        faults
    }

    /// The claims, if each of them can be read. They are not verified.
    pub(crate) fn whole(&self) -> Option<&Claims> {
        self.whole.as_ref().ok()
    }

    pub(crate) fn check_kind(&self) -> Result<(), TokenError> {
        Kind::from_claims(&self.members).check()
    }

    /// `None` where the claim cannot be read.
    pub(crate) fn check_audience(&self, rules: &Validation) -> Option<Result<(), TokenError>> {
        Some(rules.check_audience(&audience(&self.members, &self.names).ok()?))
    }

    /// `None` where the claims cannot be read.
    pub(crate) fn check_clients(&self, rules: &Validation) -> Option<Result<(), TokenError>> {
        Some(rules.check_clients(self.whole()?.client_ids()))
    }

    /// `None` where the claims cannot be read.
    pub(crate) fn check_required_claims(
        &self,
        rules: &Validation,
    ) -> Option<Result<(), TokenError>> {
        Some(rules.check_required_claims(self.whole()?))
    }

    /// `None` where the claim cannot be read.
    pub(crate) fn check_expiry(
        &self,
        rules: &Validation,
        now: Duration,
    ) -> Option<Result<(), TokenError>> {
        Some(rules.check_expiry(self.date("exp")?, now))
    }

    /// `None` where the claim cannot be read.
    pub(crate) fn check_not_before(
        &self,
        rules: &Validation,
        now: Duration,
    ) -> Option<Result<(), TokenError>> {
        let not_before = date(&self.members, "nbf").ok()?;
        Some(rules.check_not_before(not_before, now))
    }

    /// `None` where the claim cannot be read.
    pub(crate) fn check_issued_at(
        &self,
        rules: &Validation,
        now: Duration,
    ) -> Option<Result<(), TokenError>> {
        let issued_at = date(&self.members, "iat").ok()?;
        Some(rules.check_issued_at(issued_at, now))
    }

    /// A claim that is a time; `None` where it is absent or cannot be read.
    pub(crate) fn date(&self, claim: &'static str) -> Option<NumericDate> {
        date(&self.members, claim).ok()?
    }
}
