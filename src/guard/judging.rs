//! Decides on one request: by its credentials, the verdict of the verifier, and the requirement.

use http::HeaderMap;

use crate::verifier::{VerifyError, VerifyResult};

use super::observer::Refusal;
use super::principal::Principal;
use super::rejection::Rejection;
use super::rule::Requirement;
use super::{Guard, bearer};

impl Guard {
    /// Decides on one request. Only its headers are read.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] to answer with.
    pub async fn admit(
        &self,
        headers: &HeaderMap,
        requirement: &Requirement,
    ) -> Result<Principal, Rejection> {
        let judged = self.judge(headers, requirement).await;
        judged.map_err(|refusal| refusal.rejection)
    }

    pub(super) async fn judge(
        &self,
        headers: &HeaderMap,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        match self.judge_at_once(headers, requirement) {
            Some(judged) => judged,
            None => self.judge_new(headers, requirement).await,
        }
    }

    /// Decides on a request for which [`Guard::judge_at_once`] has no decision.
    pub(super) async fn judge_new(
        &self,
        headers: &HeaderMap,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        let token = bearer::token(headers)?;
        Self::conclude(self.verifier.verify_new(token).await, requirement)
    }

    /// Decides immediately if there are no credentials, or if their token is remembered.
    pub(super) fn judge_at_once(
        &self,
        headers: &HeaderMap,
        requirement: &Requirement,
    ) -> Option<Result<Principal, Refusal>> {
        // The form of a remembered token was checked when it arrived first, and its bytes are the same.
        match bearer::credentials(headers) {
            Ok(credentials) => {
                let verdict = self.verifier.recall(credentials)?;
                Some(Self::conclude(verdict, requirement))
            }
            Err(error) => Some(Err(error.into())),
        }
    }

    /// Decides on a token that was not in the `Authorization` header.
    pub(super) async fn judge_token(
        &self,
        token: &str,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        Self::conclude(self.verifier.verify(token).await, requirement)
    }

    fn conclude(verdict: VerifyResult, requirement: &Requirement) -> Result<Principal, Refusal> {
        let claims = verdict.map_err(|error| match error {
            VerifyError::Token(error) => Rejection::InvalidToken(error),
            VerifyError::NoKeys => Rejection::Unavailable,
            VerifyError::DenylistStale => Rejection::DenylistStale,
        })?;
        let verdict = requirement.check(&claims);
        let caller = Principal::new(claims);
        match verdict {
            Ok(()) => Ok(caller),
            Err(rejection) => Err(Refusal {
                rejection,
                caller: Some(caller),
            }),
        }
    }
}
