//! Finds the requirements that apply to one operation, and checks that each of them fits it.

use std::collections::BTreeMap;

use super::access::Access;
use super::in_code;
use super::operation_access::OperationAccess;
use super::parameters;
use super::requirement::Requirement;
use super::requirement_error::RequirementError;
use super::target::{Target, joined};

/// A requirement that applies to an operation.
pub(super) struct Source<'a> {
    /// Its section in the settings.
    pub(super) section: &'static str,
    /// Its key in the settings.
    pub(super) setting: String,
    access: &'a OperationAccess,
}

/// The requirements that apply to an operation, from the widest to the narrowest.
pub(super) fn sources<'a>(access: &'a Access, target: &Target<'_>) -> Vec<Source<'a>> {
    let operation = target.operation;
    let all = target.is_one_of_all.then(|| Source {
        section: "access.all",
        setting: "access.all".to_owned(),
        access: &access.all,
    });
    let code = &access.in_code;
    let all_in_code = target.is_one_of_all.then(|| Source {
        section: in_code::ALL,
        setting: in_code::ALL.to_owned(),
        access: &code.all,
    });
    let is_below = |prefix: &str| is_within(target.path, prefix);
    let has_tag = |tag: &str| operation.tags.iter().any(|it| it.eq_ignore_ascii_case(tag));
    let has_id = |id: &str| {
        let own = operation.operation_id;
        own.is_some_and(|own| own.eq_ignore_ascii_case(id))
    };
    let sources = all_in_code.into_iter().chain(all);
    let sources = sources.chain(below(in_code::PATH_PREFIX, &code.paths, is_below));
    let sources = sources.chain(below("access.paths", &access.paths, is_below));
    let sources = sources.chain(below(in_code::TAG, &code.tags, has_tag));
    let sources = sources.chain(below("access.tags", &access.tags, has_tag));
    let sources = sources.chain(below(in_code::OPERATION, &code.operations, has_id));
    let sources = sources.chain(below("access.operations", &access.operations, has_id));
    sources.filter(|source| !source.access.is_empty()).collect()
}

fn below<'a>(
    section: &'static str,
    named: &'a BTreeMap<String, OperationAccess>,
    applies: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Source<'a>> {
    let named = named.iter().filter(move |(name, _)| applies(name));
    named.map(move |(name, access)| Source {
        section,
        setting: setting(section, name),
        access,
    })
}

/// The key of a requirement in the settings, as TOML writes it, or its call in the code.
pub(crate) fn setting(section: &str, name: &str) -> String {
    if section.starts_with(in_code::OPERATION) {
        return format!("{section}({name:?})");
    }
    let is_bare = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !name.is_empty() && name.chars().all(is_bare) {
        return format!("{section}.{name}");
    }
    format!("{section}.{name:?}")
}

/// Whether a path is `prefix`, or begins with it and a slash.
pub(super) fn is_within(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix.trim_end_matches('/'));
    prefix.starts_with('/') && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Source<'_> {
    /// The requirement for this operation, with the places of its parameters and the identifiers
    /// of its issuers.
    pub(super) fn requirement(
        &self,
        target: &Target<'_>,
        issuer_names: &BTreeMap<String, String>,
    ) -> Result<Requirement, RequirementError> {
        let mut requirement = self.access.requirement.clone();
        if !self.access.issuers.is_empty() {
            let identifiers = self.access.issuers.iter().map(|name| {
                let known = issuer_names.get(name).cloned();
                known.ok_or_else(|| RequirementError::UnknownIssuer {
                    setting: self.setting.clone(),
                    issuer: name.clone(),
                    known: joined(issuer_names.keys()),
                })
            });
            requirement = requirement.with_issuers(identifiers.collect::<Result<Vec<_>, _>>()?);
        }
        check_reasons(&requirement, target)?;
        let has_owners = |requirement: &Requirement| {
            (requirement.conditions()).is_some_and(|conditions| !conditions.owners.is_empty())
        };
        if !has_owners(&requirement) {
            return Ok(requirement);
        }
        let mut fault = None;
        let requirement = requirement.changed(|conditions| {
            for owner in &mut conditions.owners {
                match parameters::find(owner.parameter(), target, &self.setting) {
                    Ok(places) => owner.set_places(places),
                    Err(error) => fault = Some(error),
                }
            }
        });
        fault.map_or(Ok(requirement), Err)
    }
}

/// Checks that the reason of each check in code is a reason word.
fn check_reasons(requirement: &Requirement, target: &Target<'_>) -> Result<(), RequirementError> {
    let conditions = requirement.conditions();
    let mut checks = conditions.iter().flat_map(|conditions| &conditions.checks);
    match checks.find(|check| !check.has_reason_word()) {
        None => Ok(()),
        Some(check) => Err(RequirementError::BadReason {
            operation: target.name.to_owned(),
            reason: check.reason,
        }),
    }
}
