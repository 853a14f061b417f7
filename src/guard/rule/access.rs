//! What is required of callers in addition to what the code declares.

use std::collections::BTreeMap;

use crate::token::{Scope, ScopeToken};

use super::binding::Binding;
use super::in_code::InCode;
use super::operation_access::OperationAccess;

/// What is required of callers in addition to what the code declares.
///
/// Only [`BearerAuth`](super::super::BearerAuth) and [`OptionalBearerAuth`](super::super::OptionalBearerAuth)
/// create a rule. A security scheme of your own is left to its extractor and listed in
/// [`OperationRule::other_schemes`](super::OperationRule::other_schemes).
///
/// | the operation takes | rule | in mode `all` | with a requirement |
/// | --- | --- | --- | --- |
/// | nothing | anonymous | protected, unless named anonymous | protected |
/// | `BearerAuth` | protected | protected | protected, with both |
/// | `OptionalBearerAuth` | optional | protected, unless named anonymous | protected, with both |
/// | another scheme | anonymous: its extractor decides | the same | error |
/// | another scheme with a fallback | anonymous: its extractor decides | error, unless named anonymous | error |
/// | `BearerAuth` and another scheme | optional: without a token, the extractors decide | the same | protected, with both |
/// | `OptionalBearerAuth` and another scheme | optional | error, unless named anonymous | protected, with both |
///
/// An operation takes two schemes as an enum of schemes or as two parameters. The metadata of
/// poem-openapi does not distinguish them, and the rule is safe for both: the gate refuses a token
/// that is not valid. A request without a token reaches the extractors, where `BearerAuth` refuses
/// it if the operation requires one. A requirement applies only to a token, so another scheme is then
/// no longer sufficient.
///
/// On routes outside of poem-openapi, only the binding of an `Access` applies.
///
/// Requirements are made for one operation, for a tag, for a path prefix or for all operations. All
/// that apply to an operation must be met, together with what the code declares. They never admit
/// a caller that would be refused without them. [`Access::with_all`] applies to every operation
/// except those that are named anonymous and those whose only scheme is another one.
///
/// Mode `all` cannot close an operation that another scheme opens to everyone, because the gate
/// would refuse the callers of that scheme. This is an error. An operation that is named anonymous
/// although code or settings require credentials is an error too.
///
/// ```
/// use poem_resource_server::guard::{Access, AccessMode, Requirement};
///
/// let admins = Requirement::default().with_claim("groups", ["admins"]);
/// let access = Access::default()
///     .with_mode(AccessMode::All)
///     .with_anonymous(["hello"])
///     .with_operation("report", Requirement::new("reports:read".parse()?))
///     .with_path_prefix("/admin", admins)
///     .with_implied_scopes("reports:write".parse()?, "reports:read".parse()?);
/// # Ok::<(), poem_resource_server::token::ScopeError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Access {
    /// Whether operations that declare nothing are protected.
    pub mode: AccessMode,
    /// The ids of the operations that need no token in mode [`AccessMode::All`], and to which the
    /// requirement for all operations does not apply.
    pub anonymous: Vec<String>,
    /// Requirements by operation id, compared without regard to case.
    pub operations: BTreeMap<String, OperationAccess>,
    /// Requirements by tag, compared without regard to case.
    pub tags: BTreeMap<String, OperationAccess>,
    /// Requirements by the beginning of the path in the document.
    pub paths: BTreeMap<String, OperationAccess>,
    /// The requirement of all operations.
    pub all: OperationAccess,
    /// Whether every token must be bound to a key of its holder.
    pub binding: Binding,
    /// For each scope the scopes that it includes.
    pub implied_scopes: BTreeMap<ScopeToken, Scope>,
    /// The identifiers of issuers by the names that [`OperationAccess::issuers`] lists.
    pub issuer_names: BTreeMap<String, String>,
    /// What the code of a hosted application requires in addition.
    pub(crate) in_code: InCode,
}

impl Access {
    /// Sets which operations are protected.
    #[must_use]
    pub fn with_mode(self, mode: AccessMode) -> Self {
        Self { mode, ..self }
    }

    /// Sets the operation ids that stay open in mode [`AccessMode::All`], and to which
    /// [`Access::with_all`] does not apply.
    #[must_use]
    pub fn with_anonymous<I: Into<String>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        Self {
            anonymous: ids.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Sets whether every token must be bound to a key of its holder.
    #[must_use]
    pub fn with_binding(self, binding: Binding) -> Self {
        Self { binding, ..self }
    }

    /// Sets the requirement of the operation with this id. It replaces an earlier one for this id.
    #[must_use]
    pub fn with_operation(
        mut self,
        id: impl Into<String>,
        access: impl Into<OperationAccess>,
    ) -> Self {
        self.operations.insert(id.into(), access.into());
        self
    }

    /// Sets the requirement of every operation with this tag. It replaces an earlier one for this
    /// tag.
    #[must_use]
    pub fn with_tag(mut self, tag: impl Into<String>, access: impl Into<OperationAccess>) -> Self {
        self.tags.insert(tag.into(), access.into());
        self
    }

    /// Sets the requirement of every operation whose path in the document is `prefix` or begins
    /// with `prefix` and a slash. It replaces an earlier one for this prefix.
    #[must_use]
    pub fn with_path_prefix(
        mut self,
        prefix: impl Into<String>,
        access: impl Into<OperationAccess>,
    ) -> Self {
        self.paths.insert(prefix.into(), access.into());
        self
    }

    /// Sets the requirement of every operation, except those that are named anonymous.
    #[must_use]
    pub fn with_all(self, access: impl Into<OperationAccess>) -> Self {
        Self {
            all: access.into(),
            ..self
        }
    }

    /// Accepts a token with a scope of `including` where one of `included` is required. Scopes
    /// that are included may include others.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "as every other method does")]
    pub fn with_implied_scopes(mut self, including: Scope, included: Scope) -> Self {
        for scope in including.iter() {
            let known = self.implied_scopes.entry(scope.clone()).or_default();
            known.extend(included.iter().cloned());
        }
        self
    }
}

/// Which operations are protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessMode {
    /// Those that declare security.
    #[default]
    Declared,
    /// All except the anonymous ones.
    All,
}
