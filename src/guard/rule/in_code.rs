//! What the code of a hosted application requires of its operations.
//!
//! It is kept apart from the settings, because both must be met, and because an error names the call
//! or the key that is at fault.

use std::collections::BTreeMap;

use super::operation_access::OperationAccess;
#[cfg(feature = "service")]
use super::requirement::Requirement;

/// Requirements in code, by what they are for.
#[derive(Debug, Clone, Default)]
pub(crate) struct InCode {
    pub(super) operations: BTreeMap<String, OperationAccess>,
    pub(super) tags: BTreeMap<String, OperationAccess>,
    pub(super) paths: BTreeMap<String, OperationAccess>,
    pub(super) all: OperationAccess,
}

#[cfg(feature = "service")]
impl InCode {
    /// Adds the requirement of the operation with this id.
    pub(crate) fn add_operation(&mut self, id: &str, requirement: &Requirement) {
        add(
            self.operations.entry(id.to_owned()).or_default(),
            requirement,
        );
    }

    /// Adds the requirement of the operations with this tag.
    pub(crate) fn add_tag(&mut self, tag: &str, requirement: &Requirement) {
        add(self.tags.entry(tag.to_owned()).or_default(), requirement);
    }

    /// Adds the requirement of the operations below this path.
    pub(crate) fn add_path_prefix(&mut self, prefix: &str, requirement: &Requirement) {
        add(
            self.paths.entry(prefix.to_owned()).or_default(),
            requirement,
        );
    }

    /// Adds the requirement of all operations.
    pub(crate) fn add_all(&mut self, requirement: &Requirement) {
        add(&mut self.all, requirement);
    }

    /// All requirements.
    #[cfg(feature = "dev")]
    pub(crate) fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        let named = [&self.operations, &self.tags, &self.paths];
        let named = named.into_iter().flat_map(BTreeMap::values);
        named.chain([&self.all]).map(|access| &access.requirement)
    }
}

/// Both the known requirement and this one must be met.
#[cfg(feature = "service")]
fn add(known: &mut OperationAccess, requirement: &Requirement) {
    known.requirement = known.requirement.clone().and(requirement);
}

/// How errors name the calls.
pub(super) const OPERATION: &str = "Application::require";
pub(super) const TAG: &str = "Application::require_tag";
pub(super) const PATH_PREFIX: &str = "Application::require_path_prefix";
pub(super) const ALL: &str = "Application::require_all";

/// Whether an error names a call of the code and not a key of the settings.
#[cfg(feature = "service")]
pub(crate) fn is_in_code(setting: &str) -> bool {
    setting.starts_with(OPERATION)
}
