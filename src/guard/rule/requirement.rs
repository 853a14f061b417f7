//! What a token must have besides being valid.

use std::sync::Arc;
use std::time::Duration;

use poem::Request;

use crate::guard::principal::Principal;
use crate::token::Scope;

use super::binding::{AcceptedBindings, Binding};
use super::claim_rule::{ClaimRule, ClaimValue};
use super::conditions::{Conditions, MaxAge, restrict};
use super::named_check::{CheckFuture, NamedCheck};
use super::owner::Owner;
use super::scope_sets;

/// What a token must have besides being valid.
///
/// Every method adds to what is required. An empty requirement accepts every valid token. Make one
/// for [`Guard::require`](super::super::Guard::require) or for an [`Access`](super::Access). A
/// guard computes the requirement of each operation: see
/// [`Guarded::rules`](super::super::Guarded::rules).
///
/// The guard checks the conditions in this order. The first condition that is not met determines
/// the response:
///
/// | condition | made by | answer | reason |
/// | --- | --- | --- | --- |
/// | binding | [`with_binding`](Self::with_binding) | 401 | `bound_token_not_accepted`, `bearer_token_not_accepted` |
/// | issuer | [`with_issuers`](Self::with_issuers) | 401 | `issuer_not_accepted` |
/// | authentication | [`with_acr`](Self::with_acr), [`with_max_age`](Self::with_max_age) | 401 | `insufficient_user_authentication` |
/// | scopes | [`with_scope`](Self::with_scope), [`with_any_scope`](Self::with_any_scope) | 403 | `insufficient_scope` |
/// | client | [`with_clients`](Self::with_clients) | 403 | `client_not_accepted` |
/// | claims | [`with_claim`](Self::with_claim), [`without_claim`](Self::without_claim) | 403 | `claim_not_accepted` |
/// | owner | [`with_owner`](Self::with_owner) | 403 | `not_owner` |
/// | checks in code | [`with_check`](Self::with_check), [`with_async_check`](Self::with_async_check) | 403 | the word of the check |
///
/// ```
/// use std::time::Duration;
/// use poem_resource_server::guard::Requirement;
///
/// let requirement = Requirement::default()
///     .with_any_scope(["orders:read".parse()?, "orders:admin".parse()?])
///     .with_claim("realm_access/roles", ["sales"])
///     .with_max_age(Duration::from_secs(300))
///     .with_owner("tenant", "tenant_id");
///
/// assert_eq!(requirement.scopes().len(), 2);
/// # Ok::<(), poem_resource_server::token::ScopeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requirement {
    pub(super) scopes: Vec<Scope>,
    pub(super) conditions: Option<Arc<Conditions>>,
    pub(super) bindings: AcceptedBindings,
}

impl Requirement {
    /// Requires every scope of `scope`, and nothing else.
    pub fn new(scope: Scope) -> Self {
        Self::default().with_scope(scope)
    }

    /// Requires every scope of `scope`.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> Self {
        self.with_any_scope([scope])
    }

    /// Requires every scope of at least one of these sets. Without a set, it requires nothing.
    #[must_use]
    pub fn with_any_scope(self, sets: impl IntoIterator<Item = Scope>) -> Self {
        let sets: Vec<_> = sets.into_iter().collect();
        Self {
            scopes: scope_sets::both(&self.scopes, &sets),
            ..self
        }
    }

    /// Requires that the claim at `path` equals, or as an array contains, one of `values`. See
    /// [`ClaimRule`] for the form of a path, and [`ClaimValue`] for the comparison.
    #[must_use]
    pub fn with_claim<V: Into<ClaimValue>>(
        self,
        path: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        let rule = ClaimRule::new(path.into(), values, false);
        self.changed(|conditions| conditions.claims.push(rule))
    }

    /// Requires that the claim at `path` neither equals nor, as an array, contains any of
    /// `values`. A token without the claim is accepted.
    #[must_use]
    pub fn without_claim<V: Into<ClaimValue>>(
        self,
        path: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        let rule = ClaimRule::new(path.into(), values, true);
        self.changed(|conditions| conditions.claims.push(rule))
    }

    /// Requires that the token names one of these clients in `client_id`, `cid` or `azp`.
    #[must_use]
    pub fn with_clients<I: Into<String>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        let ids = strings(ids);
        self.changed(|conditions| restrict(&mut conditions.clients, ids))
    }

    /// Requires that one of these issuers issued the token. They are compared with `iss`.
    #[must_use]
    pub fn with_issuers<I: Into<String>>(self, issuers: impl IntoIterator<Item = I>) -> Self {
        let issuers = strings(issuers);
        self.changed(|conditions| restrict(&mut conditions.issuers, issuers))
    }

    /// Whether tokens of this issuer are accepted.
    pub(in crate::guard) fn accepts_issuer(&self, identifier: &str) -> bool {
        let issuers = self.conditions().and_then(|it| it.issuers.as_ref());
        issuers.is_none_or(|accepted| accepted.iter().any(|it| it == identifier))
    }

    /// Requires that the user was authenticated with one of these classes (`acr`). The guard does
    /// not know which class is stronger, so list every class that you accept.
    ///
    /// A token without a user has no `acr` and is refused.
    ///
    /// RFC 9470.
    #[must_use]
    pub fn with_acr<I: Into<String>>(self, classes: impl IntoIterator<Item = I>) -> Self {
        let classes = strings(classes);
        self.changed(|conditions| restrict(&mut conditions.acr, classes))
    }

    /// Requires that the user signed in (`auth_time`) at most this long ago. The smallest of
    /// several limits decides.
    ///
    /// A token without a user has no `auth_time` and is refused.
    ///
    /// RFC 9470.
    #[must_use]
    pub fn with_max_age(self, limit: Duration) -> Self {
        self.changed(|conditions| {
            let known = conditions.max_age.as_ref().map(|known| known.limit);
            let limit = known.map_or(limit, |known| known.min(limit));
            conditions.max_age = Some(MaxAge::new(limit));
        })
    }

    /// Requires that the path or query parameter `parameter` equals the claim at the path
    /// `claim`, as in `with_owner("tenant", "tenant_id")`.
    ///
    /// The decoded value is compared, which is what the handler receives. A query parameter must
    /// be sent exactly once. A claim that is an array, an object, empty or absent equals nothing.
    #[must_use]
    pub fn with_owner(self, parameter: impl Into<String>, claim: impl Into<String>) -> Self {
        let owner = Owner::new(parameter, claim);
        self.changed(|conditions| conditions.owners.push(owner))
    }

    /// Requires that `accepts` returns `true`. It is called for each request, after all other
    /// conditions are met. `reason` is the word of the refusal for logs, metrics and callers: lower
    /// case letters, digits and `_`.
    ///
    /// ```
    /// use poem_resource_server::guard::Requirement;
    ///
    /// let requirement = Requirement::default()
    ///     .with_check("wrong_region", |caller, request| {
    ///         let region = caller.claims().get("region");
    ///         region.as_ref().and_then(|it| it.as_str()) == request.header("x-region")
    ///     });
    /// ```
    #[must_use]
    pub fn with_check(
        self,
        reason: &'static str,
        accepts: impl Fn(&Principal, &Request) -> bool + Send + Sync + 'static,
    ) -> Self {
        let check = NamedCheck::now(reason, accepts);
        self.changed(|conditions| conditions.checks.push(check))
    }

    /// As [`Requirement::with_check`], for a check that waits, for example for a database.
    ///
    /// ```
    /// use poem_resource_server::guard::Requirement;
    ///
    /// async fn is_member(subject: &str) -> bool {
    ///     subject.ends_with("@shop.example")
    /// }
    ///
    /// let requirement = Requirement::default()
    ///     .with_async_check("no_member", |caller, _| Box::pin(is_member(caller.subject())));
    /// ```
    #[must_use]
    pub fn with_async_check(
        self,
        reason: &'static str,
        accepts: impl for<'a> Fn(&'a Principal, &'a Request) -> CheckFuture<'a> + Send + Sync + 'static,
    ) -> Self {
        let check = NamedCheck::later(reason, accepts);
        self.changed(|conditions| conditions.checks.push(check))
    }

    /// Requires tokens that are bound to a key of their holder, or that are not. [`Binding::Either`]
    /// changes nothing.
    #[must_use]
    pub fn with_binding(self, binding: Binding) -> Self {
        Self {
            bindings: self.bindings.and(binding.into()),
            ..self
        }
    }

    /// Which tokens are accepted, bound ones or others.
    pub(in crate::guard) fn bindings(&self) -> AcceptedBindings {
        self.bindings
    }

    /// Whether tokens are accepted that are not bound to a key.
    #[cfg(any(feature = "service", feature = "testing"))]
    pub(crate) fn accepts_bearer(&self) -> bool {
        self.bindings.bearer
    }

    /// Whether tokens are accepted that are bound to a key.
    #[cfg(feature = "service")]
    pub(crate) fn accepts_bound(&self) -> bool {
        self.bindings.bound
    }

    /// Requires that the issuer says that the token is active, at most as long ago as its
    /// introspection settings allow
    /// ([`IntrospectionPolicy::max_age`](crate::issuer::IntrospectionPolicy::max_age)). A call with a
    /// token of an issuer without introspection gets status 503.
    #[must_use]
    pub fn with_introspection(self) -> Self {
        self.changed(|conditions| conditions.introspect = true)
    }

    /// The sets of scopes of which a caller needs one. If there is none, no scope is needed.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The claims that decide.
    pub fn claims(&self) -> &[ClaimRule] {
        let conditions = self.conditions.as_ref();
        conditions.map_or(&[], |conditions| &conditions.claims)
    }

    /// Whether every valid token is accepted.
    pub(in crate::guard) fn is_empty(&self) -> bool {
        self.scopes.is_empty()
            && self.conditions.is_none()
            && self.bindings == AcceptedBindings::default()
    }

    /// Whether only a token of a user can meet it: a token of a client has neither `acr` nor
    /// `auth_time`.
    pub(in crate::guard) fn needs_user(&self) -> bool {
        self.conditions()
            .is_some_and(|conditions| conditions.acr.is_some() || conditions.max_age.is_some())
    }

    pub(in crate::guard) fn conditions(&self) -> Option<&Conditions> {
        self.conditions.as_deref()
    }

    pub(super) fn changed(self, change: impl FnOnce(&mut Conditions)) -> Self {
        let mut conditions = match &self.conditions {
            Some(conditions) => conditions.changed(),
            None => Conditions::default(),
        };
        change(&mut conditions);
        Self {
            conditions: Some(Arc::new(conditions)),
            ..self
        }
    }
}

impl From<Scope> for Requirement {
    fn from(scope: Scope) -> Self {
        Self::new(scope)
    }
}

fn strings<I: Into<String>>(values: impl IntoIterator<Item = I>) -> Vec<String> {
    values.into_iter().map(Into::into).collect()
}
