//! Combines requirements: both must be met.

use crate::token::Scope;

use super::conditions::restrict;
use super::requirement::Requirement;
use super::scope_sets::{self, ImpliedScopes};

impl Requirement {
    /// This requirement and the other one.
    pub(super) fn and(self, other: &Self) -> Self {
        let both = Self {
            scopes: scope_sets::both(&self.scopes, &other.scopes),
            bindings: self.bindings.and(other.bindings),
            ..self
        };
        let Some(added) = other.conditions() else {
            return both;
        };
        if both.conditions.is_none() {
            return Self {
                conditions: other.conditions.clone(),
                ..both
            };
        }
        let both = match &added.max_age {
            Some(max_age) => both.with_max_age(max_age.limit),
            None => both,
        };
        both.changed(|conditions| {
            for (known, added) in [
                (&mut conditions.issuers, &added.issuers),
                (&mut conditions.acr, &added.acr),
                (&mut conditions.clients, &added.clients),
            ] {
                if let Some(added) = added {
                    restrict(known, added.clone());
                }
            }
            conditions.introspect |= added.introspect;
            conditions.claims.extend(added.claims.iter().cloned());
            conditions.owners.extend(added.owners.iter().cloned());
            conditions.checks.extend(added.checks.iter().cloned());
        })
    }

    /// This requirement, met also by scopes that include the required ones.
    pub(super) fn with_implied(self, implied: &ImpliedScopes) -> Self {
        let is_included = |set: &Scope| {
            let mut scopes = set.iter();
            scopes.any(|scope| !implied.including(scope).is_empty())
        };
        if !self.scopes.iter().any(is_included) {
            return self;
        }
        self.changed(|conditions| conditions.implied = implied.clone())
    }
}
