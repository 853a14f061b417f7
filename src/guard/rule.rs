//! The rule of one operation, computed once from what the code declares and the settings say.
//!
//! Only [`BearerAuth`] and [`OptionalBearerAuth`] create a rule: see [`Access`] for the rule of each
//! declaration.
//!
//! [`BearerAuth`]: super::BearerAuth
//! [`OptionalBearerAuth`]: super::OptionalBearerAuth

mod error;
mod making;
mod pairing;

use std::collections::BTreeMap;

use http::Method;

use crate::token::{Claims, Scope};

use super::rejection::Rejection;

pub use error::RuleError;
#[cfg(feature = "service")]
pub(crate) use making::must_exist;
pub(crate) use making::rules;
pub(super) use making::scopes_in_use;
pub(crate) use pairing::RouteTable;
pub(super) use pairing::pair;

/// Who may call an operation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// Anyone. The guard does not read credentials. Other schemes of the code still apply, see
    /// [`OperationRule::other_schemes`].
    Anonymous,
    /// Anyone without a token, as far as the guard is concerned. A token must meet the
    /// requirement.
    Optional(Requirement),
    /// Callers with a token that meets the requirement.
    Protected(Requirement),
}

/// What a token must have in addition to being valid.
///
/// A guard computes the requirement of each operation: see
/// [`Guarded::rules`](super::Guarded::rules).
///
/// ```
/// use poem_resource_server::guard::Requirement;
///
/// let requirement = Requirement::new("reports:read".parse()?);
///
/// assert_eq!(requirement.scope().to_string(), "reports:read");
/// assert!(requirement.claims().is_empty());
/// # Ok::<(), poem_resource_server::token::ScopeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requirement {
    scope: Scope,
    claims: BTreeMap<String, Vec<String>>,
}

impl Requirement {
    /// Requires every scope of `scope`, and no claim.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            claims: BTreeMap::new(),
        }
    }

    /// The scopes required.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The claims required, each with the accepted values.
    pub fn claims(&self) -> &BTreeMap<String, Vec<String>> {
        &self.claims
    }

    pub(super) fn check(&self, claims: &Claims) -> Result<(), Rejection> {
        let required = || self.scope.clone();
        if !claims.scope().covers(&self.scope) {
            return Err(Rejection::InsufficientScope {
                required: required(),
            });
        }
        let accepted = self
            .claims
            .iter()
            .all(|(claim, values)| claims.has(claim, values));
        if !accepted {
            return Err(Rejection::ClaimNotAccepted {
                required: required(),
            });
        }
        Ok(())
    }
}

/// What is required of callers in addition to what the code declares.
///
/// Only [`BearerAuth`](super::BearerAuth) and [`OptionalBearerAuth`](super::OptionalBearerAuth)
/// create a rule. A security scheme of your own is left to its extractor and listed in
/// [`OperationRule::other_schemes`].
///
/// | the operation takes | rule | in mode `all` | with scopes or claims |
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
/// it if the operation requires one. Scopes and claims can be required only of a token, so another
/// scheme is then no longer sufficient.
///
/// Mode `all` cannot close an operation that another scheme opens to everyone, because the gate
/// would refuse the callers of that scheme. This is an error. An operation that is named anonymous
/// although code or settings require credentials is an error too.
///
/// ```
/// use poem_resource_server::guard::{Access, AccessMode, OperationAccess};
///
/// let report = OperationAccess::default()
///     .with_scope("reports:read".parse()?)
///     .with_claim("groups", ["admins", "auditors"]);
/// let access = Access::default()
///     .with_mode(AccessMode::All)
///     .with_anonymous(["hello"])
///     .with_operation("report", report);
/// # Ok::<(), poem_resource_server::token::ScopeError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Access {
    /// Whether operations that declare nothing are protected.
    pub mode: AccessMode,
    /// The ids of the operations that need no token in mode [`AccessMode::All`].
    pub anonymous: Vec<String>,
    /// Requirements by operation id, compared without regard to case.
    pub operations: BTreeMap<String, OperationAccess>,
}

impl Access {
    /// Sets which operations are protected.
    #[must_use]
    pub fn with_mode(self, mode: AccessMode) -> Self {
        Self { mode, ..self }
    }

    /// Sets the operation ids that stay open in mode [`AccessMode::All`].
    #[must_use]
    pub fn with_anonymous<I: Into<String>>(self, ids: impl IntoIterator<Item = I>) -> Self {
        Self {
            anonymous: ids.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Adds requirements for the operation with this id. They replace earlier ones for it.
    #[must_use]
    pub fn with_operation(mut self, id: impl Into<String>, access: OperationAccess) -> Self {
        self.operations.insert(id.into(), access);
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

/// The requirements of the settings for one operation.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct OperationAccess {
    /// Scopes, added to those that the code declares.
    pub scope: Scope,
    /// Claims that must equal one of the values, or be an array that contains one.
    pub claims: BTreeMap<String, Vec<String>>,
}

impl OperationAccess {
    /// Sets the scopes that are required in addition to those that the code declares.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Requires that `claim` equals, or as an array contains, one of `values`.
    #[must_use]
    pub fn with_claim<V: Into<String>>(
        mut self,
        claim: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.claims.insert(claim.into(), values);
        self
    }
}

/// An operation and its rule.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct OperationRule {
    /// The method.
    pub method: Method,
    /// The path as the document has it: `/users/{id}`.
    pub path: String,
    /// The operation id, when the code gives one.
    pub operation_id: Option<&'static str>,
    /// Who may call.
    pub rule: Rule,
    /// The other security schemes that the code declares, such as an API key. Their own extractors
    /// decide on them.
    pub other_schemes: Vec<&'static str>,
    /// Whether the operation may answer 101, and may therefore read a token in the form that
    /// browsers send with a WebSocket.
    pub(crate) may_upgrade: bool,
}

impl OperationRule {
    /// The path as poem's route table has it: `/users/:param0`.
    pub(crate) fn route(&self) -> String {
        let mut parameters = 0..;
        let segment = |segment: &str| {
            if segment.starts_with('{') {
                format!(":param{}", parameters.next().unwrap_or(0))
            } else {
                segment.to_owned()
            }
        };
        let segments: Vec<_> = self.path.split('/').map(segment).collect();
        segments.join("/")
    }

    /// The id, or the method and path of an operation without one.
    pub(super) fn name(&self) -> String {
        name(self.operation_id, &self.method, &self.path)
    }
}

fn name(id: Option<&str>, method: &Method, path: &str) -> String {
    id.map_or_else(|| format!("{method} {path}"), str::to_owned)
}
