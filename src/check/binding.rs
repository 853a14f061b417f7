//! Asks the API whether tokens that cannot be read are bound to a key.
//!
//! 1. The token is sent as a bearer token. Unless the API refuses it and has a challenge for DPoP, it
//!    counts as one. If the document has an operation that accepts only bound tokens, it counts as one
//!    only if the API serves the caller.
//! 2. If the API refuses it, it is sent with the scheme `DPoP` and a proof by the key of the holder. If
//!    the API does not refuse it, it is bound to this key.
//! 3. Otherwise, nothing is known: the token may be bound to another key, or not be valid.

use http::StatusCode;

use crate::clock::Clock;
use crate::description::operation::Operation;
use crate::description::scheme::accepts_bearer;
use crate::guard::Rule;

use super::answer::Answer;
use super::attempt::{Attempt, Expected};
use super::caller::{Caller, CallerError};
use super::opaque_token::OpaqueBinding;
use super::plain;
use super::presented::Presented;
use super::sender::Sender;
use super::subject::{Check, MAX_OPERATIONS};

impl Check {
    /// Asks the API whether the good tokens are bound to a key of which nothing is known, with at
    /// most three requests for each.
    ///
    /// # Errors
    ///
    /// If no connection is possible.
    pub async fn ask_for_bindings(
        mut self,
        caller: &Caller,
        clock: &dyn Clock,
    ) -> Result<Self, CallerError> {
        let good = self.tokens.good().iter();
        let unknown = good.filter(|token| self.tokens.may_be_bound(token));
        let unknown: Vec<_> = unknown.cloned().collect();
        if unknown.is_empty() {
            return Ok(self);
        }
        let requires_bound = Self::requires_bound_tokens(&self.target);
        let (Some(of_bearer), Some(of_bound)) = (
            self.question(accepts_bearer),
            self.question(|rule| !accepts_bearer(rule)),
        ) else {
            return Ok(self);
        };
        let mut sender = Sender::new(caller, clock);
        for token in unknown {
            let bearer = of_bearer
                .clone()
                .carrying(format!("Bearer {token}").as_bytes());
            let Some(answer) = answered(&mut sender, &bearer).await? else {
                continue;
            };
            let is_refused = if requires_bound {
                answer.status == StatusCode::UNAUTHORIZED
            } else {
                answer.may_mean_bound()
            };
            if !is_refused {
                if !requires_bound || answer.is_served() {
                    self.tokens.set_binding(&token, OpaqueBinding::Unbound);
                }
                continue;
            }
            let Some(holder) = self.tokens.key() else {
                continue;
            };
            let proven = of_bound
                .clone()
                .carrying(format!("DPoP {token}").as_bytes());
            let proven = proven.presented(Presented::new(holder, &token));
            if let Some(answer) = answered(&mut sender, &proven).await?
                && !answer.status.is_server_error()
                && !matches!(
                    answer.status,
                    StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED
                )
            {
                self.tokens.set_binding(&token, OpaqueBinding::Bound);
            }
        }
        Ok(self)
    }

    /// The request of the first operation that requires a token and changes nothing, if possible one
    /// with a rule that is `better`.
    fn question(&self, better: impl Fn(&Rule) -> bool) -> Option<Attempt> {
        let operations = Operation::all(self.target.document()).take(MAX_OPERATIONS);
        let mut first = None;
        let mut askable = operations.flatten().filter(|operation| {
            matches!(operation.rule, Rule::Protected(_)) && operation.method.is_safe()
        });
        let best = askable.find_map(|operation| {
            let plain = plain::attempt(&operation, &self.target, &self.values).ok()?;
            if better(&operation.rule) {
                return Some(plain);
            }
            first.get_or_insert(plain);
            None
        });
        let plain = best.or(first)?;
        Some(plain.trying("good_token", "a good token", Expected::Accepted))
    }
}

/// `None` without an answer, which the check itself reports.
async fn answered(
    sender: &mut Sender<'_>,
    attempt: &Attempt,
) -> Result<Option<Answer>, CallerError> {
    match sender.send(attempt).await {
        Ok(answer) => Ok(Some(answer)),
        Err(error @ CallerError::Connect(_)) => Err(error),
        Err(_) => Ok(None),
    }
}
