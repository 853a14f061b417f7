//! An issuer whose keys are found by OIDC discovery.

use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::issuer::{
    Fetch, IntrospectionMode, IntrospectionPolicy, Issuer, IssuerError, OrgServer, RefreshPolicy,
    RemoteKeySet,
};
use crate::token::{DecryptionKey, Validation};

use super::trusted::TrustedIssuer;

/// An issuer to be trusted, whose keys are found by OIDC discovery and kept fresh.
///
/// ```no_run
/// use poem_resource_server::issuer::{Fetch, FetchPolicy};
/// use poem_resource_server::token::{Audience, Validation};
/// use poem_resource_server::verifier::{RemoteIssuer, TrustedIssuers};
///
/// # fn example(issuers: &TrustedIssuers) -> Result<(), Box<dyn std::error::Error>> {
/// // Clones of one client share its connections.
/// let fetch = Fetch::new(&FetchPolicy::default())?;
/// let rules = Validation::new("https://partners.example", Audience::parse("api://orders")?)
///     .with_clients(["acme-shop"]);
/// issuers.add(RemoteIssuer::new("partners", rules).start(fetch)?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "an issuer is fetched only after `start`"]
pub struct RemoteIssuer {
    name: String,
    validation: Validation,
    refresh: RefreshPolicy,
    clock: Arc<dyn Clock>,
    introspection: Option<IntrospectionPolicy>,
    decryption_keys: Vec<Arc<DecryptionKey>>,
}

impl RemoteIssuer {
    /// The issuer that `validation` names. `name` is for people: logs, metrics and settings use it.
    pub fn new(name: impl Into<String>, validation: Validation) -> Self {
        Self {
            name: name.into(),
            validation,
            refresh: RefreshPolicy::default(),
            clock: Arc::new(SystemClock::new()),
            introspection: None,
            decryption_keys: Vec::new(),
        }
    }

    /// Sets how often the keys are fetched and how long they are used.
    pub fn with_refresh_policy(self, refresh: RefreshPolicy) -> Self {
        Self { refresh, ..self }
    }

    /// Sets the clock, for tests.
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Introspects tokens of the issuer: those that are not JWTs, or all of them.
    pub fn with_introspection(self, policy: IntrospectionPolicy) -> Self {
        Self {
            introspection: Some(policy),
            ..self
        }
    }

    /// Decrypts encrypted tokens of the issuer with these keys. An encrypted token does not show its
    /// issuer, so each key of each issuer may be tried: use few.
    pub fn with_decryption_keys(self, keys: impl IntoIterator<Item = Arc<DecryptionKey>>) -> Self {
        Self {
            decryption_keys: keys.into_iter().collect(),
            ..self
        }
    }

    /// Begins to fetch the keys in the background, with `fetch`, and returns at once.
    ///
    /// # Errors
    ///
    /// An [`IssuerError`] if the identifier cannot be used for discovery. An Okta org authorization
    /// server needs introspection of every token and a list of clients, because every app of the
    /// organization gets tokens for its audience.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(self, fetch: Fetch) -> Result<TrustedIssuer, IssuerError> {
        let org_server = self.org_server();
        let issuer = match org_server {
            OrgServer::Refused => Issuer::parse(self.validation.issuer())?,
            OrgServer::Introspected => Issuer::parse_any(self.validation.issuer())?,
        };
        let refresh = RefreshPolicy {
            org_server,
            ..self.refresh
        };
        let keys = RemoteKeySet::start(issuer, fetch.clone(), refresh, self.clock.clone());
        let keys = Arc::new(keys);
        let trusted = TrustedIssuer::remote(self.name, keys.clone(), self.validation)
            .with_decryption_keys(self.decryption_keys);
        Ok(match self.introspection {
            Some(policy) => trusted.introspected(policy, fetch, keys, self.clock),
            None => trusted,
        })
    }

    /// Every app of an organization gets tokens for the same audience, so only the list of clients
    /// keeps the others out.
    fn org_server(&self) -> OrgServer {
        let mode = self.introspection.as_ref().map(|policy| policy.mode);
        if mode == Some(IntrospectionMode::Always) && !self.validation.clients().is_empty() {
            OrgServer::Introspected
        } else {
            OrgServer::Refused
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::ManualClock;
    use crate::token::Audience;

    #[test]
    fn policy_and_clock_are_those_that_were_set() {
        let validation = Validation::new("https://a.example", Audience::parse("a").unwrap());
        let clock = ManualClock::new();
        clock.advance(Duration::from_secs(60 * 60));
        let policy = RefreshPolicy::default().with_cooldown(Duration::from_secs(7));

        let issuer = RemoteIssuer::new("a", validation)
            .with_refresh_policy(policy)
            .with_clock(Arc::new(clock.clone()));

        assert_eq!(issuer.refresh.cooldown, Duration::from_secs(7));
        assert_eq!(issuer.clock.now(), clock.now());
    }
}
