//! The rule of one operation, computed once from what the code declares and the settings say.
//!
//! Only [`BearerAuth`] and [`OptionalBearerAuth`] create a rule: see [`Access`] for the rule of each
//! declaration.
//!
//! [`BearerAuth`]: super::BearerAuth
//! [`OptionalBearerAuth`]: super::OptionalBearerAuth

mod access;
mod binding;
mod claim_rule;
mod conditions;
mod decision;
mod error;
mod existing;
mod in_code;
#[cfg(feature = "service")]
mod lacking;
mod making;
mod merging;
mod named_check;
mod operation_access;
mod owner;
mod pairing;
mod parameters;
mod requirement;
mod requirement_error;
mod scope_sets;
mod sentences;
mod sources;
mod target;

use http::Method;

pub use access::{Access, AccessMode};
pub use binding::Binding;
pub(crate) use binding::Certificates;
pub(super) use binding::{AcceptedBindings, AcceptedSchemes};
pub use claim_rule::{ClaimRule, ClaimValue};
pub(super) use decision::{refused_by, step_up};
pub use error::RuleError;
#[cfg(feature = "service")]
pub(crate) use existing::must_exist;
pub(super) use existing::scopes_in_use;
#[cfg(feature = "service")]
pub(crate) use in_code::is_in_code;
pub(crate) use making::rules;
pub use named_check::CheckFuture;
pub use operation_access::OperationAccess;
pub(crate) use pairing::RouteTable;
pub(super) use pairing::pair;
pub use requirement::Requirement;
pub use requirement_error::RequirementError;
#[cfg(feature = "service")]
pub(crate) use sources::setting;

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
