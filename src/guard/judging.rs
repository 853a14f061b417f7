//! Decides on one request: by its credentials, the verdict of the verifier, and the requirement.

use poem::Request;

use crate::verifier::{VerifyError, VerifyResult};

use super::observer::Refusal;
use super::principal::Principal;
use super::rejection::Rejection;
use super::rule::Requirement;
use super::{Guard, bearer};

impl Guard {
    /// Decides on one request.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] to answer with.
    pub async fn admit(
        &self,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Rejection> {
        let judged = self.judge(request, requirement).await;
        judged.map_err(|refusal| refusal.rejection)
    }

    pub(super) async fn judge(
        &self,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        match self.judge_at_once(request, requirement) {
            Some(judged) => judged,
            None => self.judge_new(request, requirement).await,
        }
    }

    /// Decides on a request for which [`Guard::judge_at_once`] has no decision.
    pub(super) async fn judge_new(
        &self,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        let token = bearer::token(request.headers())?;
        let verdict = if requirement.must_wait() {
            self.verifier.verify(token).await
        } else {
            self.verifier.verify_new(token).await
        };
        self.wait_for_checks(verdict, request, requirement).await
    }

    /// Decides immediately if there are no credentials, or if their token is remembered and no
    /// check waits.
    pub(super) fn judge_at_once(
        &self,
        request: &Request,
        requirement: &Requirement,
    ) -> Option<Result<Principal, Refusal>> {
        // The form of a remembered token was checked when it arrived first, and its bytes are the same.
        match bearer::credentials(request.headers()) {
            Ok(_) if requirement.must_wait() => None,
            Ok(credentials) => {
                let verdict = self.verifier.recall(credentials)?;
                Some(self.conclude(verdict, request, requirement))
            }
            Err(error) => Some(Err(error.into())),
        }
    }

    /// Decides on a token that was not in the `Authorization` header.
    pub(super) async fn judge_token(
        &self,
        token: &str,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        let verdict = self.verifier.verify(token).await;
        self.wait_for_checks(verdict, request, requirement).await
    }

    async fn wait_for_checks(
        &self,
        verdict: VerifyResult,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        let caller = self.conclude(verdict, request, requirement)?;
        match requirement.check_waiting(&caller, request).await {
            Ok(()) => Ok(caller),
            Err(rejection) => Err(Refusal {
                rejection,
                caller: Some(caller),
            }),
        }
    }

    fn conclude(
        &self,
        verdict: VerifyResult,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        let claims = verdict.map_err(|error| match error {
            VerifyError::Token(error) => Rejection::InvalidToken(error),
            VerifyError::NoKeys => Rejection::Unavailable,
            VerifyError::DenylistStale => Rejection::DenylistStale,
        })?;
        let caller = Principal::new(claims);
        match requirement.check(&caller, request, &self.verifier) {
            Ok(()) => Ok(caller),
            Err(rejection) => Err(Refusal {
                rejection,
                caller: Some(caller),
            }),
        }
    }
}
