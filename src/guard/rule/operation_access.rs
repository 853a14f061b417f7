//! What the settings require of the callers of some operations.

use crate::token::Scope;

use super::claim_rule::ClaimValue;
use super::requirement::Requirement;

/// A requirement of the settings, in which issuers have names.
///
/// A [`Requirement`] can be used in its place.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct OperationAccess {
    /// What a caller must meet in addition to what the code declares.
    pub requirement: Requirement,
    /// The names of the accepted issuers. An empty list accepts all.
    pub issuers: Vec<String>,
}

impl OperationAccess {
    /// Adds scopes, all of which are required in addition to those that the code declares.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> Self {
        Self {
            requirement: self.requirement.with_scope(scope),
            ..self
        }
    }

    /// Requires that `claim` equals, or as an array contains, one of `values`.
    #[must_use]
    pub fn with_claim<V: Into<ClaimValue>>(
        self,
        claim: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self {
            requirement: self.requirement.with_claim(claim, values),
            ..self
        }
    }

    /// Sets the names of the accepted issuers.
    #[must_use]
    pub fn with_issuer_names<I: Into<String>>(self, names: impl IntoIterator<Item = I>) -> Self {
        Self {
            issuers: names.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requirement.is_empty() && self.issuers.is_empty()
    }
}

impl From<Requirement> for OperationAccess {
    fn from(requirement: Requirement) -> Self {
        Self {
            requirement,
            issuers: Vec::new(),
        }
    }
}
