//! Checks that what the settings name exists in the API.

use std::collections::BTreeSet;

use crate::token::{Scope, ScopeToken};

use super::access::Access;
use super::error::RuleError;
use super::in_code;
use super::requirement_error::RequirementError;
use super::sources::{is_within, setting};
use super::target::joined;
use super::{OperationRule, Rule};

/// Every scope that some rule requires.
pub(in crate::guard) fn scopes_in_use(rules: &[OperationRule]) -> Scope {
    let mut scope = Scope::none();
    for operation in rules {
        if let Rule::Protected(requirement) | Rule::Optional(requirement) = &operation.rule {
            let sets = requirement.scopes().iter();
            scope.extend(sets.flat_map(Scope::iter).cloned());
        }
    }
    scope
}

/// Checks that `setting` names an operation that exists.
pub(crate) fn must_exist(
    rules: &[OperationRule],
    setting: &'static str,
    id: &str,
) -> Result<(), RuleError> {
    let ids = || rules.iter().filter_map(|rule| rule.operation_id);
    if ids().any(|known| known.eq_ignore_ascii_case(id)) {
        return Ok(());
    }
    Err(RuleError::UnknownOperation {
        setting,
        operation: id.to_owned(),
        known: ids().collect::<Vec<_>>().join(", "),
    })
}

/// Checks that each tag and each path prefix of a requirement selects an operation.
pub(super) fn groups_must_exist(
    access: &Access,
    rules: &[OperationRule],
    tags: &BTreeSet<&&'static str>,
) -> Result<(), RequirementError> {
    let code = &access.in_code;
    let in_settings = access.tags.keys().map(|tag| ("access.tags", tag));
    let in_code = code.tags.keys().map(|tag| (in_code::TAG, tag));
    for (section, tag) in in_settings.chain(in_code) {
        if !tags.iter().any(|known| known.eq_ignore_ascii_case(tag)) {
            return Err(RequirementError::UnknownTag {
                setting: setting(section, tag),
                tag: tag.clone(),
                known: joined(tags),
            });
        }
    }
    let in_settings = access.paths.keys().map(|prefix| ("access.paths", prefix));
    let in_code = code
        .paths
        .keys()
        .map(|prefix| (in_code::PATH_PREFIX, prefix));
    for (section, prefix) in in_settings.chain(in_code) {
        if !rules.iter().any(|rule| is_within(&rule.path, prefix)) {
            let paths: BTreeSet<_> = rules.iter().map(|rule| &rule.path).collect();
            return Err(RequirementError::UnknownPath {
                setting: setting(section, prefix),
                prefix: prefix.clone(),
                known: joined(paths),
            });
        }
    }
    Ok(())
}

/// Checks that each included scope is one that an operation requires, or that includes others.
pub(super) fn included_scopes_must_exist(
    access: &Access,
    rules: &[OperationRule],
) -> Result<(), RequirementError> {
    if access.implied_scopes.is_empty() {
        return Ok(());
    }
    let required = scopes_in_use(rules);
    for (including, included) in &access.implied_scopes {
        let is_unknown = |scope: &&ScopeToken| {
            !required.iter().any(|known| known == *scope)
                && !access.implied_scopes.contains_key(*scope)
        };
        if let Some(scope) = included.iter().find(is_unknown) {
            return Err(RequirementError::UnknownScope {
                including: including.to_string(),
                scope: scope.to_string(),
                known: joined(required.iter().map(ScopeToken::as_str)),
            });
        }
    }
    Ok(())
}
