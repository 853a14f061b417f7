//! The rules of a [`Validation`], each by itself: a verdict stops at the first that is broken,
//! an explanation evaluates all of them. `now` is the time since 1970.

use std::time::Duration;

use crate::token::{Algorithm, Kind, NumericDate, TokenError, TokenType};

use super::Validation;

impl Validation {
    pub(crate) fn check_algorithm(&self, algorithm: Algorithm) -> Result<(), TokenError> {
        if self.algorithms().contains(&algorithm) {
            return Ok(());
        }
        Err(TokenError::AlgorithmNotAllowed)
    }

    pub(crate) fn check_token_type(&self, token_type: Option<TokenType>) -> Result<(), TokenError> {
        let has = |it| self.token_types.contains(&it);
        if self.token_types.is_empty() || token_type.is_some_and(has) {
            return Ok(());
        }
        Err(TokenError::WrongType)
    }

    pub(crate) fn check_kind(kind: Kind) -> Result<(), TokenError> {
        match kind {
            Kind::Access => Ok(()),
            Kind::Id => Err(TokenError::IdToken),
            Kind::Logout => Err(TokenError::LogoutToken),
            Kind::Refresh => Err(TokenError::RefreshToken),
        }
    }

    pub(crate) fn check_binding(is_bound_to_a_proof: bool) -> Result<(), TokenError> {
        if is_bound_to_a_proof {
            return Err(TokenError::ProofRequired);
        }
        Ok(())
    }

    pub(crate) fn check_issuer(&self, issuer: &str) -> Result<(), TokenError> {
        if issuer == self.issuer {
            return Ok(());
        }
        Err(TokenError::WrongIssuer)
    }

    pub(crate) fn check_audience(&self, audience: &[String]) -> Result<(), TokenError> {
        if audience.iter().any(|it| it == self.audience.as_str()) {
            return Ok(());
        }
        Err(TokenError::WrongAudience)
    }

    pub(crate) fn check_expiry(
        &self,
        expires_at: NumericDate,
        now: Duration,
    ) -> Result<(), TokenError> {
        let expiry = expires_at.since_epoch();
        if now < expiry + self.leeway {
            return Ok(());
        }
        Err(TokenError::Expired {
            ago: now.saturating_sub(expiry),
        })
    }

    pub(crate) fn check_not_before(
        &self,
        not_before: Option<NumericDate>,
        now: Duration,
    ) -> Result<(), TokenError> {
        match self.ahead(not_before, now) {
            Some(ahead) => Err(TokenError::NotYetValid { ahead }),
            None => Ok(()),
        }
    }

    pub(crate) fn check_issued_at(
        &self,
        issued_at: Option<NumericDate>,
        now: Duration,
    ) -> Result<(), TokenError> {
        match self.ahead(issued_at, now) {
            Some(ahead) => Err(TokenError::IssuedInFuture { ahead }),
            None => Ok(()),
        }
    }

    /// How far the date is in the future, if that is more than the leeway.
    fn ahead(&self, date: Option<NumericDate>, now: Duration) -> Option<Duration> {
        let ahead = date?.since_epoch().checked_sub(now)?;
        (ahead > self.leeway).then_some(ahead)
    }
}
