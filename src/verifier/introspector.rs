//! Asks an issuer about tokens: at most once at a time for each token, and within the budget.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
#[cfg(feature = "service")]
use crate::issuer::IntrospectionStatus;
use crate::issuer::{
    Budget, CallResult, Health, IntrospectionEndpoint, IntrospectionMode, IntrospectionPolicy,
    NoAnswer,
};
use crate::token::{Claims, IntrospectionResponse, TokenError, Verified};

use super::error::VerifyError;
use super::flights::Flights;
use super::rejections::Rejections;

/// The introspection at one issuer.
#[derive(Debug)]
pub(super) struct Introspector {
    endpoint: IntrospectionEndpoint,
    budget: Budget,
    health: Health,
    rejections: Rejections,
    pub(super) flights: Flights<Result<Arc<Verified<Claims>>, VerifyError>>,
    clock: Arc<dyn Clock>,
}

impl Introspector {
    pub(super) fn new(name: &str, endpoint: IntrospectionEndpoint, clock: Arc<dyn Clock>) -> Self {
        let policy = endpoint.policy();
        Self {
            budget: Budget::new(policy.max_calls, policy.max_calls_at_once, clock.clone()),
            health: Health::new(name),
            rejections: Rejections::new(policy.max_age),
            flights: Flights::default(),
            endpoint,
            clock,
        }
    }

    pub(super) fn policy(&self) -> &IntrospectionPolicy {
        self.endpoint.policy()
    }

    pub(super) fn is_for_every_token(&self) -> bool {
        self.policy().mode == IntrospectionMode::Always
    }

    /// Until when an answer that arrives now is used.
    pub(super) fn until(&self) -> Duration {
        self.clock.monotonic() + self.policy().max_age
    }

    /// Refuses a token that was refused a short time before.
    pub(super) fn refuse_known(&self, token: &str) -> Result<(), TokenError> {
        match self.rejections.find(token, self.clock.monotonic()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Remembers for a short time that a token is refused.
    pub(super) fn remember_refusal(&self, token: &str, error: &TokenError) {
        let now = self.clock.monotonic();
        self.rejections.insert(token, error.clone(), now);
    }

    /// Asks the issuer about a token, if the budget allows it.
    pub(super) async fn ask(&self, token: &str) -> Result<IntrospectionResponse, VerifyError> {
        let now = self.clock.monotonic();
        self.health.check_pause(now)?;
        let _permit = self
            .budget
            .take()
            .map_err(|retry_after| self.health.budget_spent(now, retry_after))?;
        let answer = self.endpoint.ask(token).await;
        let now = self.clock.monotonic();
        let response = answer.map_err(|error| self.health.failed(&error, now))?;
        let result = match response {
            IntrospectionResponse::Active(_) => CallResult::Active,
            IntrospectionResponse::Inactive => CallResult::Inactive,
        };
        self.health.answered(result, now);
        Ok(response)
    }

    #[cfg(feature = "service")]
    pub(super) fn status(&self) -> IntrospectionStatus {
        let (now, max_age) = (self.clock.monotonic(), self.policy().max_age);
        self.health.status(now, max_age)
    }
}

impl From<NoAnswer> for VerifyError {
    fn from(no_answer: NoAnswer) -> Self {
        Self::NotIntrospected {
            reason: no_answer.reason,
            retry_after: no_answer.retry_after,
        }
    }
}
