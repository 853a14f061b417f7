//! Finds the settings of `[access]` that do not fit the API.

use std::collections::BTreeMap;

use crate::guard::{self, Access, OperationAccess, RequirementError, RuleError};
use crate::service::application::Outline;
use crate::service::config::{Config, ConfigProblem, Fault};
use crate::service::protection;

use super::unknown::{suggestion, unknown_operation};

/// The rules are made again without each setting that was refused, to find the next one.
pub(super) fn problems(outline: &Outline, config: &Config) -> Vec<ConfigProblem> {
    let mut access = protection::access(config, outline);
    let mut problems = Vec::new();
    for _ in 0..MAX_PROBLEMS {
        let Err(error) = outline.rules(&access) else {
            break;
        };
        // A fault of the code is reported when the service is built.
        let Some(problem) = problem(config, &error) else {
            break;
        };
        problems.push(problem);
        if !remove(&mut access, &error) {
            break;
        }
    }
    problems
}

/// The problem with a setting, if the error is not a fault of the code.
fn problem(config: &Config, error: &RuleError) -> Option<ConfigProblem> {
    let (key, fault) = match error {
        RuleError::UnknownOperation { setting, .. } if guard::is_in_code(setting) => return None,
        RuleError::NoToken { setting, .. } if guard::is_in_code(setting) => return None,
        RuleError::UnknownOperation {
            setting,
            operation,
            known,
        } => return Some(unknown_operation(config, setting, operation, known)),
        RuleError::AnonymousNeedsCaller { operation, by } => {
            let fault = Fault::new(format!(
                "must not name `{operation}`, which requires credentials by {by}"
            ));
            let fix = "remove it from this list, or remove what requires the credentials";
            ("access.anonymous".to_owned(), fault.fix(fix))
        }
        RuleError::NoToken {
            setting,
            operation,
            scheme,
        } => {
            let fault = Fault::new(format!(
                "has a requirement for tokens, but the operation `{operation}` takes no token: its \
                 code declares only the scheme `{scheme}`"
            ));
            let fix = "remove the setting, or let the operation take a `BearerAuth`";
            (setting.clone(), fault.fix(fix))
        }
        RuleError::OpenByOtherScheme { operation, scheme } => {
            let fault = Fault::new(format!(
                "cannot protect the operation {operation}: its scheme `{scheme}` has a fallback \
                 that admits callers without credentials"
            ));
            let fix = "remove the fallback from the code, or name the operation in \
                       `access.anonymous`";
            ("access.mode".to_owned(), fault.fix(fix))
        }
        RuleError::Requirement(error) => misfit(error)?,
        _ => return None,
    };
    (!guard::is_in_code(&key)).then(|| config.problem(&key, fault))
}

/// The key of a requirement that does not fit the API, and its fault.
fn misfit(error: &RequirementError) -> Option<(String, Fault)> {
    Some(match error {
        RequirementError::UnknownTag {
            setting,
            tag,
            known,
        } => {
            let fault = Fault::new("is for a tag that no operation has").found(tag);
            (setting.clone(), fault.fix(suggestion("tag", tag, known)))
        }
        RequirementError::UnknownPath {
            setting,
            prefix,
            known,
        } => {
            let fault = Fault::new("is for a path prefix that no operation's path begins with");
            let fix = suggestion("path", prefix, known);
            (setting.clone(), fault.found(prefix).fix(fix))
        }
        RequirementError::UnknownIssuer {
            setting,
            issuer,
            known,
        } => {
            let fault = Fault::new("names an issuer that does not exist").found(issuer);
            let fix = suggestion("issuer", issuer, known);
            (format!("{setting}.issuers"), fault.fix(fix))
        }
        RequirementError::UnknownParameter {
            setting,
            operation,
            parameter,
            known,
        } => {
            let fault = Fault::new(format!(
                "is for a parameter that the operation `{operation}` does not read from its path \
                 or query"
            ));
            let fix = suggestion("parameter", parameter, known);
            let key = guard::setting(&format!("{setting}.owner"), parameter);
            (key, fault.found(parameter).fix(fix))
        }
        RequirementError::UnknownScope {
            including,
            scope,
            known,
        } => {
            let fault = Fault::new("includes a scope that no operation requires").found(scope);
            let key = guard::setting("access.scopes_imply", including);
            (key, fault.fix(suggestion("scope", scope, known)))
        }
        RequirementError::CircularScopes { circle } => {
            let fault = Fault::new("has a cycle").found_as(circle);
            let key = "access.scopes_imply".to_owned();
            (key, fault.fix("remove one of its scopes"))
        }
        RequirementError::TooManyScopeSets { operation, found } => {
            let fault = Fault::new(format!(
                "has too many alternative sets of scopes for the operation `{operation}`"
            ));
            let fault = fault.found_as(format!("{found} sets"));
            ("access".to_owned(), fault.fix("use at most 16 of them"))
        }
        RequirementError::NobodyAccepted { operation, what } => {
            let fault = Fault::new(format!(
                "has requirements for the operation `{operation}` that together accept no {what}"
            ));
            let fix = "correct one of them, because nobody could call the operation";
            ("access".to_owned(), fault.fix(fix))
        }
        _ => return None,
    })
}

/// Removes the setting that is at fault; `false` if it is unknown.
fn remove(access: &mut Access, error: &RuleError) -> bool {
    match error {
        RuleError::UnknownOperation {
            setting, operation, ..
        } if *setting == "access.anonymous" => remove_id(&mut access.anonymous, operation),
        RuleError::AnonymousNeedsCaller { operation, .. } => {
            remove_id(&mut access.anonymous, operation)
        }
        RuleError::UnknownOperation {
            setting, operation, ..
        } => remove_requirement(access, &guard::setting(setting, operation)),
        RuleError::OpenByOtherScheme { operation, .. } => {
            access.anonymous.push(operation.clone());
            true
        }
        RuleError::NoToken { setting, .. }
        | RuleError::Requirement(
            RequirementError::UnknownTag { setting, .. }
            | RequirementError::UnknownPath { setting, .. }
            | RequirementError::UnknownIssuer { setting, .. }
            | RequirementError::UnknownParameter { setting, .. },
        ) => remove_requirement(access, setting),
        RuleError::Requirement(RequirementError::UnknownScope { including, .. }) => {
            let before = access.implied_scopes.len();
            access
                .implied_scopes
                .retain(|scope, _| scope.as_str() != including);
            access.implied_scopes.len() < before
        }
        RuleError::Requirement(RequirementError::CircularScopes { .. }) => {
            access.implied_scopes.clear();
            true
        }
        _ => false,
    }
}

fn remove_id(ids: &mut Vec<String>, id: &str) -> bool {
    let before = ids.len();
    ids.retain(|known| !known.eq_ignore_ascii_case(id));
    ids.len() < before
}

fn remove_requirement(access: &mut Access, setting: &str) -> bool {
    if setting == "access.all" {
        access.all = OperationAccess::default();
        return true;
    }
    let keep = |section: &str, named: &mut BTreeMap<String, OperationAccess>| {
        let before = named.len();
        named.retain(|name, _| !guard::setting(section, name).eq_ignore_ascii_case(setting));
        named.len() < before
    };
    keep("access.operations", &mut access.operations)
        || keep("access.tags", &mut access.tags)
        || keep("access.paths", &mut access.paths)
}

/// An operator does not read more.
const MAX_PROBLEMS: usize = 64;
