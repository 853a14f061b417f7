//! Checks that a running API is secure, whoever wrote it.
//!
//! 1. Reads the operations and who may call them from the API's OpenAPI document.
//! 2. Makes hostile credentials of a good token, without any key of the issuer.
//! 3. Sends each operation all of them, one after the other, and judges the answers.
//!
//! Requests go to the API alone, and no more of them than are allowed. Operations that may
//! change something are left out until asked for. Nothing of a token is kept or shown.

mod answer;
mod attempt;
mod attempts;
mod caller;
mod cross_origin;
mod document;
mod faults;
mod forge;
mod garbage;
mod judge;
mod own_key;
mod paths;
mod report;
mod target;
mod tokens;
mod verdict;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use url::Url;

use crate::clock::Clock;
use crate::description::operation::Operation;
use crate::guard::Rule;
use crate::token::{Scope, ScopeToken};

use attempt::Attempt;
use attempts::Attempts;
use judge::Judge;
use own_key::{OwnKey, Trap};

pub use caller::{Caller, CallerError};
pub use faults::CHECKS;
pub use report::{Fault, Outcome, Report, Severity};
pub use target::{Target, TargetError};
pub use tokens::Tokens;

/// What is checked, and with what.
#[derive(Debug)]
pub struct Check {
    target: Target,
    tokens: Tokens,
    /// Origins whose pages may call; `*` for all.
    origins: Vec<String>,
    methods: Methods,
    /// The issuer's public keys as JWKs, for tokens that take one for a secret.
    issuer_keys: Vec<serde_json::Value>,
}

/// Which operations are called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Methods {
    /// Those that change nothing: `GET`, `HEAD`, `OPTIONS`.
    #[default]
    Safe,
    /// All that the document has.
    All,
}

impl Check {
    /// A check of the API with these tokens.
    pub fn new(target: Target, tokens: Tokens) -> Self {
        Self {
            target,
            tokens,
            origins: Vec::new(),
            methods: Methods::default(),
            issuer_keys: Vec::new(),
        }
    }

    /// Origins whose pages may call the API; `*` when all may.
    #[must_use]
    pub fn with_origins(self, origins: Vec<String>) -> Self {
        Self { origins, ..self }
    }

    /// Which operations are called.
    #[must_use]
    pub fn with_methods(self, methods: Methods) -> Self {
        Self { methods, ..self }
    }

    /// The issuer's public keys (JWKs), which are tried as the secret of an HMAC.
    #[must_use]
    pub fn with_issuer_keys(self, issuer_keys: Vec<serde_json::Value>) -> Self {
        Self {
            issuer_keys,
            ..self
        }
    }

    /// The API that is checked.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The scopes that the operations require, for whoever gets the tokens.
    pub fn required_scope(target: &Target) -> Scope {
        let operations: Vec<_> = Operation::all(target.document()).collect();
        let scopes = operations.iter().flatten().filter_map(Operation::scope);
        scopes.flat_map(Scope::iter).cloned().collect()
    }

    /// The scopes that the document's flows offer, but those of OpenID Connect, which are for
    /// people and not for clients of their own.
    pub fn offered_scope(target: &Target) -> Scope {
        let schemes = &target.document()["components"]["securitySchemes"];
        let schemes = schemes.as_object().into_iter().flatten();
        let flows = schemes.filter_map(|(_, scheme)| scheme["flows"].as_object());
        let scopes = flows
            .flatten()
            .filter_map(|(_, flow)| flow["scopes"].as_object());
        let names = scopes.flatten().map(|(name, _)| name.as_str());
        let own = names.filter(|name| !OF_OPENID_CONNECT.contains(name));
        own.filter_map(|name| ScopeToken::parse(name).ok())
            .collect()
    }

    /// Makes every request there is to be, and sends none.
    ///
    /// # Errors
    ///
    /// [`CallerError::Setup`] when no trap for links in tokens can be set.
    pub async fn plan(&self) -> Result<Plan<'_>, CallerError> {
        let trap = if self.target.is_loopback() {
            Some(Trap::set().await.map_err(CallerError::Trap)?)
        } else {
            None
        };
        let key = OwnKey::generate();
        let mut plan = Plan {
            check: self,
            steps: Vec::new(),
            outcomes: Vec::new(),
            trap: trap.map(Arc::new),
        };
        if let Some(trap) = &plan.trap {
            trap.publish(&key);
        }
        if self.target.base().scheme() == "http" && !self.target.is_loopback() {
            plan.outcomes.push(Outcome::of_document(
                "plain_http",
                self.target.base().as_str(),
            ));
        }
        for operation in Operation::all(self.target.document()) {
            let operation = match operation {
                Ok(operation) => operation,
                Err(unreadable) => {
                    let name = target::printable(&unreadable.name);
                    let why = target::printable(&unreadable.why);
                    let outcome = Outcome::not_made(&name, "document", why);
                    plan.outcomes.push(outcome);
                    continue;
                }
            };
            if self.methods == Methods::Safe && !operation.method.is_safe() {
                let name = target::shown(&operation);
                let why = "it may change something; --all-methods calls it too".to_owned();
                plan.outcomes
                    .push(Outcome::not_made(&name, "operation", why));
                continue;
            }
            let attempts = Attempts {
                operation: &operation,
                target: &self.target,
                tokens: &self.tokens,
                origins: &self.origins,
                issuer_keys: &self.issuer_keys,
                own_key: &key,
                trap: plan.trap.as_deref(),
            };
            let (made, not_made) = attempts.all();
            let rule = operation.rule.clone();
            if made.is_empty() {
                plan.outcomes.extend(not_made);
                continue;
            }
            plan.steps.push(Step {
                name: target::shown(&operation),
                rule,
                attempts: made,
                not_made,
            });
        }
        Ok(plan)
    }
}

/// Every request that is to be sent.
#[derive(Debug)]
pub struct Plan<'a> {
    check: &'a Check,
    steps: Vec<Step>,
    /// Of what cannot be checked.
    outcomes: Vec<Outcome>,
    trap: Option<Arc<Trap>>,
}

/// What one operation is sent.
#[derive(Debug)]
struct Step {
    name: String,
    rule: Rule,
    attempts: Vec<Attempt>,
    not_made: Vec<Outcome>,
}

impl Plan<'_> {
    /// How many requests are sent at most; some slow ones are sent again.
    pub fn requests(&self) -> usize {
        let attempts = self.steps.iter().map(|step| step.attempts.len());
        attempts.sum::<usize>() + judge::MAX_REPEATS
    }

    /// How many operations are called.
    pub fn operations(&self) -> usize {
        self.steps.len()
    }

    /// The hosts that requests go to.
    pub fn hosts(&self) -> BTreeSet<String> {
        let base: &Url = self.check.target.base();
        base.host_str().map(str::to_owned).into_iter().collect()
    }

    /// Sends the requests, one after the other, and tells `progress` of each.
    ///
    /// # Errors
    ///
    /// A [`CallerError`] when the API cannot be reached at all.
    pub async fn run(
        self,
        caller: &Caller,
        clock: &dyn Clock,
        mut progress: impl FnMut(),
    ) -> Result<Report, CallerError> {
        let mut judge = Judge::new(caller, clock, self.trap.as_deref());
        let mut report = Report::new(self.outcomes);
        for step in self.steps {
            report.begin(&step.name, &step.rule);
            judge.begin();
            for attempt in &step.attempts {
                let outcome = judge.outcome(&step.name, attempt).await?;
                report.add(outcome);
                progress();
            }
            for outcome in step.not_made {
                report.add(outcome);
            }
        }
        report.count(judge.requests());
        Ok(report)
    }
}

/// OpenID Connect Core sections 5.4 and 11.
const OF_OPENID_CONNECT: [&str; 6] = [
    "openid",
    "profile",
    "email",
    "address",
    "phone",
    "offline_access",
];
