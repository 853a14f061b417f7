//! The rules of a [`Validation`], each by itself: a verdict stops at the first that is broken,
//! an explanation evaluates all of them. `now` is the time since 1970.

use std::time::Duration;

use crate::token::{Algorithm, Claims, NumericDate, TokenError, TokenType};

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
        let is_any = self.token_types.is_empty() && token_type != Some(TokenType::OktaInternal);
        if is_any || token_type.is_some_and(has) {
            return Ok(());
        }
        Err(TokenError::WrongType)
    }

    pub(crate) fn check_issuer(&self, issuer: &str) -> Result<(), TokenError> {
        if issuer == self.issuer {
            return Ok(());
        }
        Err(TokenError::WrongIssuer)
    }

    pub(crate) fn check_audience(&self, audience: &[String]) -> Result<(), TokenError> {
        let is_accepted = |it: &String| self.audiences().any(|accepted| accepted == it);
        if audience.iter().any(is_accepted) {
            return Ok(());
        }
        Err(TokenError::WrongAudience)
    }

    /// A token may name several clients (`client_id`, `cid` and `azp`). Each must be accepted, so
    /// that no other party of the token is overlooked.
    pub(crate) fn check_clients<'a>(
        &self,
        clients: impl Iterator<Item = &'a str>,
    ) -> Result<(), TokenError> {
        if self.clients.is_empty() {
            return Ok(());
        }
        let mut clients = clients.peekable();
        let is_accepted = |client: &str| self.clients.iter().any(|accepted| accepted == client);
        if clients.peek().is_some() && clients.all(is_accepted) {
            return Ok(());
        }
        Err(TokenError::ClientNotAccepted)
    }

    pub(crate) fn check_required_claims(&self, claims: &Claims) -> Result<(), TokenError> {
        let is_met = |(claim, values): &&(String, Vec<String>)| match values.as_slice() {
            [] => claims.get(claim).is_some_and(|value| !value.is_null()),
            values => claims.has(claim, values),
        };
        match self.required_claims.iter().find(|claim| !is_met(claim)) {
            Some((claim, _)) => Err(TokenError::RequiredClaim {
                claim: claim.as_str().into(),
            }),
            None => Ok(()),
        }
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
