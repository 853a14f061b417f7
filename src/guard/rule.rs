//! The rule of one operation, computed once from what the code declares and the settings say.
//!
//! Only the scheme of our own extractors, `BearerAuth`, makes a rule. The schemes of somebody
//! else are left to their extractors and named in [`OperationRule::other_schemes`].
//!
//! | the code declares | rule | in mode `all` | with scopes or claims by setting |
//! | --- | --- | --- | --- |
//! | nothing | anonymous | protected, unless named anonymous | protected |
//! | ours | protected | protected | protected, with both |
//! | ours, or nobody | optional | protected, unless named anonymous | protected, with both |
//! | another | anonymous: the other scheme decides | the same | error |
//! | another, or nobody | anonymous: the other scheme decides | error, unless named anonymous | error |
//! | ours and another | optional: without a token the extractors decide | the same | protected, with both |
//! | ours and another, or nobody | optional | error, unless named anonymous | protected, with both |
//!
//! "Or nobody" is a scheme with a fallback. "Ours and another" is an enum of schemes or two
//! parameters, which poem-openapi's metadata does not distinguish. The rule is safe for both: a
//! bad token is refused by the gate, and a request without a token reaches the extractors, where
//! `BearerAuth` refuses it if the operation requires one. A requirement by setting can only be
//! met with a token, so the other scheme then no longer suffices.
//!
//! In mode `all`, an operation that the code opens to nobody through another scheme is an error,
//! because the gate cannot close it without refusing that scheme's callers. An operation named
//! anonymous whose code or settings require credentials is an error in every row.

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
pub enum Rule {
    /// Anyone. The guard does not read credentials; schemes of somebody else still apply, see
    /// [`OperationRule::other_schemes`].
    Anonymous,
    /// Anyone without a token, as far as the guard is concerned. A token must meet the
    /// requirement.
    Optional(Requirement),
    /// Holders of a token that meets the requirement.
    Protected(Requirement),
}

/// What a valid token must also have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requirement {
    scope: Scope,
    claims: BTreeMap<String, Vec<String>>,
}

impl Requirement {
    /// Every scope of `scope`.
    pub fn of(scope: Scope) -> Self {
        Self {
            scope,
            claims: BTreeMap::new(),
        }
    }

    /// The scopes required.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The claims required, each with the values that will do.
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

/// The rules of the settings, which are added to those of the code.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Whether operations that declare nothing are protected.
    pub mode: AccessMode,
    /// The ids of the operations that need no token in mode [`AccessMode::All`].
    pub anonymous: Vec<String>,
    /// Requirements by operation id, compared without regard to case.
    pub operations: BTreeMap<String, OperationAccess>,
}

/// Which operations are protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AccessMode {
    /// Those that declare security.
    #[default]
    Declared,
    /// All except the anonymous ones.
    All,
}

/// The requirements of the settings for one operation.
#[derive(Debug, Clone, Default)]
pub struct OperationAccess {
    /// Scopes, added to those that the code declares.
    pub scope: Scope,
    /// Claims that must equal one of the values, or be an array that contains one.
    pub claims: BTreeMap<String, Vec<String>>,
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
