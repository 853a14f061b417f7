//! Decides on one request: by its credentials, the verdict of the verifier, and the requirement.

use std::sync::Arc;

use http::uri::Scheme;
use poem::Request;

use crate::token::{Claims, Verified};
use crate::verifier::{Authenticated, BindingError, VerifyError, VerifyResult};

use super::bearer::AuthorizationScheme;
#[cfg(feature = "service")]
use super::challenge::Asked;
use super::observer::Refusal;
use super::presented::certificate;
use super::principal::Principal;
use super::rejection::Rejection;
use super::rule::Requirement;
use super::{Guard, bearer};

impl Guard {
    /// Decides on one request.
    ///
    /// If DPoP proofs need nonces, the next nonce of an admitted caller is not returned. Use
    /// [`Guard::require`] instead to send it in the response. Otherwise, the caller gets the next nonce
    /// with the refusal of the first proof whose nonce has expired.
    ///
    /// # Errors
    ///
    /// The [`Rejection`] to answer with.
    pub async fn admit(
        &self,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Rejection> {
        let judged = self.judge(request, requirement, &mut None).await;
        judged.map_err(|refusal| refusal.rejection)
    }

    pub(super) async fn judge(
        &self,
        request: &Request,
        requirement: &Requirement,
        next_nonce: &mut Option<String>,
    ) -> Result<Principal, Refusal> {
        match self.judge_at_once(request, requirement) {
            Some(judged) => judged,
            None => self.judge_new(request, requirement, next_nonce).await,
        }
    }

    /// Decides on a request for which [`Guard::judge_at_once`] has no decision. An admitted caller
    /// whose nonce expires soon gets the next one.
    pub(super) async fn judge_new(
        &self,
        request: &Request,
        requirement: &Requirement,
        next_nonce: &mut Option<String>,
    ) -> Result<Principal, Refusal> {
        let (scheme, token) = bearer::credentials(request.headers())?;
        let token = bearer::read(token)?;
        if scheme == AuthorizationScheme::Dpop {
            let caller = self.prove(token, request, requirement, next_nonce).await?;
            let caller = self.meet(caller, request, requirement)?;
            return self.wait_for_checks(caller, request, requirement).await;
        }
        let verdict = if requirement.must_wait() {
            self.verdict(token, requirement).await
        } else {
            self.verifier.verify_new(token).await
        };
        let caller = self.conclude(verdict, request, requirement)?;
        self.wait_for_checks(caller, request, requirement).await
    }

    /// The verdict on a token, with an answer of its issuer if the requirement needs one.
    async fn verdict(&self, token: &str, requirement: &Requirement) -> VerifyResult {
        if requirement.must_introspect() {
            return self.verifier.verify_introspected(token).await;
        }
        self.verifier.verify_claims(token).await
    }

    /// Decides on a token with the scheme `DPoP`.
    async fn prove(
        &self,
        token: &str,
        request: &Request,
        requirement: &Requirement,
        next_nonce: &mut Option<String>,
    ) -> Result<Authenticated, Rejection> {
        let claims = self.verdict(token, requirement).await?;
        if !requirement.bindings().bound {
            return Err(BindingError::BoundTokenNotAccepted.into());
        }
        let presentation = self.present(request, token);
        let proven = self.verifier.authenticate(claims, &presentation).await?;
        *next_nonce = proven.next_nonce;
        Ok(proven.caller)
    }

    /// Decides immediately if there are no credentials, or if their token is remembered and no
    /// check waits.
    pub(super) fn judge_at_once(
        &self,
        request: &Request,
        requirement: &Requirement,
    ) -> Option<Result<Principal, Refusal>> {
        if let Err(rejection) = self.require_tls(request) {
            return Some(Err(rejection.into()));
        }
        // The form of a remembered token was checked when it arrived first, and its bytes are the same.
        match bearer::credentials(request.headers()) {
            Ok((AuthorizationScheme::Bearer, token)) if !requirement.must_wait() => {
                let verdict = self.verifier.recall(token)?;
                Some(self.conclude(verdict, request, requirement))
            }
            Ok(_) => None,
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
        self.require_tls(request)?;
        let verdict = self.verdict(token, requirement).await;
        let caller = self.conclude(verdict, request, requirement)?;
        self.wait_for_checks(caller, request, requirement).await
    }

    /// The answer of the service's own paths to a request without TLS, if TLS is required.
    #[cfg(feature = "service")]
    pub(crate) fn refusal_without_tls(&self, request: &Request) -> Option<poem::Response> {
        let rejection = self.require_tls(request).err()?;
        Some(self.challenge().answer_to(Asked::default(), rejection))
    }

    #[inline]
    pub(super) fn require_tls(&self, request: &Request) -> Result<(), Rejection> {
        if self.requires_tls && request.scheme() != &Scheme::HTTPS {
            return Err(Rejection::TlsRequired);
        }
        Ok(())
    }

    async fn wait_for_checks(
        &self,
        caller: Principal,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
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
        let claims = verdict.map_err(Rejection::from)?;
        let caller = match Authenticated::unbound(claims) {
            Ok(caller) if requirement.bindings().bearer => caller,
            Ok(_) => return Err(Rejection::from(BindingError::BearerTokenNotAccepted).into()),
            Err(bound) => authenticate_bearer(bound, request, requirement)?,
        };
        self.meet(caller, request, requirement)
    }

    /// Decides whether a caller meets the requirement.
    fn meet(
        &self,
        caller: Authenticated,
        request: &Request,
        requirement: &Requirement,
    ) -> Result<Principal, Refusal> {
        let caller = Principal::new(caller, self.shared_challenge());
        match requirement.check(&caller, request, &self.verifier) {
            Ok(()) => Ok(caller),
            Err(rejection) => Err(Refusal {
                rejection,
                caller: Some(caller),
            }),
        }
    }
}

/// Decides on a bound token with the scheme `Bearer`: the certificate must be its own.
#[cold]
fn authenticate_bearer(
    claims: Arc<Verified<Claims>>,
    request: &Request,
    requirement: &Requirement,
) -> Result<Authenticated, Rejection> {
    if !requirement.bindings().bound {
        return Err(BindingError::BoundTokenNotAccepted.into());
    }
    Ok(Authenticated::bearer(claims, certificate(request))?)
}

impl From<VerifyError> for Rejection {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Token(error) => Self::InvalidToken(error),
            VerifyError::Binding(error) => Self::InvalidBinding(error),
            VerifyError::NoKeys => Self::Unavailable,
            VerifyError::DenylistStale => Self::DenylistStale,
            VerifyError::NotDecrypted { retry_after } => Self::NotDecrypted { retry_after },
            VerifyError::NotIntrospected {
                reason,
                retry_after,
            } => Self::NotIntrospected {
                reason,
                retry_after,
            },
        }
    }
}

impl From<BindingError> for Rejection {
    fn from(error: BindingError) -> Self {
        Self::InvalidBinding(error)
    }
}
