//! Decides whether a caller meets a requirement.
//!
//! 1. The issuer is accepted (401, because another token is needed).
//! 2. The user is authenticated strongly and recently enough (401, RFC 9470).
//! 3. The token has every scope of one set.
//! 4. The client, the claims and the owner are accepted, in this order.
//! 5. Each check in code accepts the call, in the order of the code.
//!
//! What depends on claims alone is decided once for a remembered token.

use std::time::{Duration, SystemTime};

use poem::Request;

use crate::guard::principal::Principal;
use crate::guard::rejection::Rejection;
use crate::token::Scope;
use crate::verifier::Verifier;

use super::conditions::{Conditions, Unmet};
use super::named_check::NamedCheck;
use super::requirement::Requirement;
use super::scope_sets::{cheapest_missing, first_met};

impl Requirement {
    /// Judges everything except checks in code that wait.
    pub(in crate::guard) fn check(
        &self,
        caller: &Principal,
        request: &Request,
        verifier: &Verifier,
    ) -> Result<(), Rejection> {
        let Some(conditions) = self.conditions() else {
            return self.check_scopes(caller.scope());
        };
        self.check_claims(conditions, caller, verifier)?;
        let (claims, memo) = (caller.claims(), caller.memo());
        let owns = conditions
            .owners
            .iter()
            .all(|it| it.is_met(claims, memo, request));
        if !owns {
            return Err(Rejection::NotOwner);
        }
        if self.must_wait() {
            return Ok(());
        }
        let mut checks = conditions.checks.iter();
        match checks.find(|check| !check.accepts_now(caller, request)) {
            Some(check) => Err(refused_by(check)),
            None => Ok(()),
        }
    }

    /// Whether a check in code or the introspection waits. Then [`Requirement::check`] makes none of them.
    pub(in crate::guard) fn must_wait(&self) -> bool {
        self.conditions().is_some_and(|conditions| {
            conditions.introspect || conditions.checks.iter().any(NamedCheck::waits)
        })
    }

    /// Whether the issuer is asked about the token.
    pub(crate) fn must_introspect(&self) -> bool {
        self.conditions().is_some_and(|it| it.introspect)
    }

    /// Makes the checks in code, if one of them waits.
    pub(in crate::guard) async fn check_waiting(
        &self,
        caller: &Principal,
        request: &Request,
    ) -> Result<(), Rejection> {
        let Some(conditions) = self.conditions().filter(|_| self.must_wait()) else {
            return Ok(());
        };
        for check in &conditions.checks {
            if !check.accepts(caller, request).await {
                return Err(refused_by(check));
            }
        }
        Ok(())
    }

    /// The scopes that a challenge names for a caller with these scopes: all that a new token
    /// needs.
    pub(in crate::guard) fn named_scope(&self, granted: &Scope) -> Scope {
        let implied = self.conditions().map(|conditions| &conditions.implied);
        let named = cheapest_missing(self.scopes(), granted, implied)
            .or_else(|| first_met(self.scopes(), granted, implied));
        named.cloned().unwrap_or_default()
    }

    #[inline]
    fn check_scopes(&self, granted: &Scope) -> Result<(), Rejection> {
        let sets = self.scopes();
        if sets.is_empty() || sets.iter().any(|set| granted.covers(set)) {
            return Ok(());
        }
        self.check_implied_scopes(granted)
    }

    #[cold]
    fn check_implied_scopes(&self, granted: &Scope) -> Result<(), Rejection> {
        let implied = self.conditions().map(|conditions| &conditions.implied);
        match cheapest_missing(self.scopes(), granted, implied) {
            None => Ok(()),
            Some(required) => Err(Rejection::InsufficientScope {
                required: required.clone(),
            }),
        }
    }

    fn check_claims(
        &self,
        conditions: &Conditions,
        caller: &Principal,
        verifier: &Verifier,
    ) -> Result<(), Rejection> {
        let claims = caller.claims();
        let unmet = conditions.recall_unmet(claims, caller.memo());
        let required = || self.named_scope(caller.scope());
        if unmet.has(Unmet::ISSUER) {
            return Err(Rejection::IssuerNotAccepted {
                required: required(),
            });
        }
        let is_recent = conditions.max_age.as_ref().is_none_or(|max_age| {
            let (now, leeway) = (since_epoch(verifier.now()), verifier.leeway(claims));
            max_age.is_met(claims, caller.memo(), now, leeway)
        });
        if unmet.has(Unmet::ACR) || !is_recent {
            return Err(step_up(conditions, required()));
        }
        self.check_scopes(caller.scope())?;
        if unmet.has(Unmet::CLIENT) {
            return Err(Rejection::ClientNotAccepted);
        }
        if unmet.has(Unmet::CLAIM) {
            return Err(Rejection::ClaimNotAccepted {
                required: required(),
            });
        }
        Ok(())
    }
}

/// The refusal of a caller that is authenticated too weakly or too long ago. It names both
/// conditions, because the next sign-in must meet both.
pub(in crate::guard) fn step_up(conditions: &Conditions, required: Scope) -> Rejection {
    Rejection::InsufficientUserAuthentication {
        acr_values: conditions.acr.clone().unwrap_or_default(),
        max_age: conditions.max_age.as_ref().map(|it| it.limit),
        required,
    }
}

pub(in crate::guard) fn refused_by(check: &NamedCheck) -> Rejection {
    Rejection::Denied {
        reason: check.reason,
        detail: "A check of this operation does not accept the call.",
    }
}

fn since_epoch(now: SystemTime) -> Duration {
    now.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}
