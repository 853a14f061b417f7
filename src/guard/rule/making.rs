//! Makes the rules of an API by the table of [`Access`], row by row.

use http::Method;
use poem_openapi::OpenApi;
use poem_openapi::registry::{MetaOperation, Registry};

use crate::guard::principal::BearerAuth;
use crate::token::{Scope, ScopeToken};

use super::{Access, AccessMode, OperationRule, Requirement, Rule, RuleError, name};

/// Every scope that some rule requires.
pub(in crate::guard) fn scopes_in_use(rules: &[OperationRule]) -> Scope {
    let mut scope = Scope::none();
    for operation in rules {
        if let Rule::Protected(requirement) | Rule::Optional(requirement) = &operation.rule {
            scope.extend(requirement.scope().iter().cloned());
        }
    }
    scope
}

/// The rules of an API, in the order of its document.
pub(crate) fn rules<T: OpenApi>(access: &Access) -> Result<Vec<OperationRule>, RuleError> {
    check_scheme::<T>()?;
    let mut rules = Vec::new();
    for path in T::meta().iter().flat_map(|api| &api.paths) {
        refuse_prefix_parameter(&path.path)?;
        for operation in &path.operations {
            let declared = Declared::from_operation(operation, &path.path)?;
            rules.push(OperationRule {
                rule: declared.rule(operation.operation_id, access)?,
                method: operation.method.clone(),
                path: path.path.clone(),
                operation_id: operation.operation_id,
                other_schemes: declared.others,
                may_upgrade: may_upgrade(operation),
            });
        }
    }
    refuse_same_ids(&rules)?;
    for id in access.operations.keys() {
        must_exist(&rules, "access.operations", id)?;
    }
    if access.mode == AccessMode::All {
        for id in &access.anonymous {
            must_exist(&rules, "access.anonymous", id)?;
        }
    }
    Ok(rules)
}

/// What the code declares of one operation.
struct Declared {
    name: String,
    ours: Option<Requirement>,
    others: Vec<&'static str>,
    has_fallback: bool,
}

impl Declared {
    fn from_operation(operation: &MetaOperation, path: &str) -> Result<Self, RuleError> {
        let mut declared = Self {
            name: name(operation.operation_id, &operation.method, path),
            ours: None,
            others: Vec::new(),
            has_fallback: false,
        };
        for schemes in &operation.security {
            declared.has_fallback |= schemes.is_empty();
            for (scheme, scopes) in schemes {
                if *scheme == BearerAuth::NAME {
                    let ours = declared.ours.get_or_insert_default();
                    for scope in scopes {
                        let parsed = ScopeToken::parse(scope);
                        ours.scope.insert(parsed.map_err(|_| RuleError::BadScope {
                            operation: declared.name.clone(),
                            scope,
                        })?);
                    }
                } else if !declared.others.contains(scheme) {
                    declared.others.push(scheme);
                }
            }
        }
        Ok(declared)
    }

    fn rule(&self, id: Option<&'static str>, access: &Access) -> Result<Rule, RuleError> {
        let is = |name: &String| id.is_some_and(|id| id.eq_ignore_ascii_case(name));
        let by_setting = access
            .operations
            .iter()
            .find(|(name, added)| is(name) && !(added.scope.is_empty() && added.claims.is_empty()))
            .map(|(_, added)| added);
        let mut requirement = self.ours.clone().unwrap_or_default();
        if let Some(added) = by_setting {
            if let (None, Some(scheme)) = (&self.ours, self.others.first()) {
                return Err(RuleError::NoToken {
                    operation: self.name.clone(),
                    scheme,
                });
            }
            requirement.scope.extend(added.scope.iter().cloned());
            requirement.claims.clone_from(&added.claims);
        }
        let is_anonymous = access.mode == AccessMode::All && access.anonymous.iter().any(is);
        if is_anonymous {
            self.may_be_anonymous(by_setting.is_some())?;
        }
        if by_setting.is_some() {
            return Ok(Rule::Protected(requirement));
        }
        let is_closed = access.mode == AccessMode::All && !is_anonymous;
        if let (true, true, Some(scheme)) = (is_closed, self.has_fallback, self.others.first()) {
            return Err(RuleError::OpenByOtherScheme {
                operation: self.name.clone(),
                scheme,
            });
        }
        let has_other_way = self.has_fallback || !self.others.is_empty();
        Ok(match self.ours {
            _ if is_closed && self.others.is_empty() => Rule::Protected(requirement),
            None => Rule::Anonymous,
            Some(_) if has_other_way => Rule::Optional(requirement),
            Some(_) => Rule::Protected(requirement),
        })
    }

    fn may_be_anonymous(&self, is_set: bool) -> Result<(), RuleError> {
        let declares = self.ours.is_some() || !self.others.is_empty();
        let by = if declares && !self.has_fallback {
            "its declaration in the code"
        } else if is_set {
            "`access.operations`"
        } else {
            return Ok(());
        };
        Err(RuleError::AnonymousNeedsCaller {
            operation: self.name.clone(),
            by,
        })
    }
}

/// Poem-openapi keeps one scheme of each name, so the gate would mistake the other for ours.
fn check_scheme<T: OpenApi>() -> Result<(), RuleError> {
    let mut theirs = Registry::new();
    T::register(&mut theirs);
    let mut ours = Registry::new();
    BearerAuth::register_scheme(&mut ours);
    let scheme = BearerAuth::NAME;
    match theirs.security_schemes.get(scheme) {
        Some(found) if Some(found) != ours.security_schemes.get(scheme) => {
            Err(RuleError::SchemeNameTaken { scheme })
        }
        _ => Ok(()),
    }
}

/// In a `path`, poem-openapi writes every parameter in braces.
fn refuse_prefix_parameter(path: &str) -> Result<(), RuleError> {
    match path.split('/').find(|segment| segment.starts_with(':')) {
        Some(parameter) => Err(RuleError::PrefixParameter {
            path: path.to_owned(),
            parameter: parameter.to_owned(),
        }),
        None => Ok(()),
    }
}

fn may_upgrade(operation: &MetaOperation) -> bool {
    let mut answers = operation.responses.responses.iter();
    answers.any(|answer| answer.status == Some(101)) && operation.method == Method::GET
}

fn refuse_same_ids(rules: &[OperationRule]) -> Result<(), RuleError> {
    for (position, first) in rules.iter().enumerate() {
        for second in &rules[position + 1..] {
            if let (Some(first_id), Some(second_id)) = (first.operation_id, second.operation_id)
                && first_id.eq_ignore_ascii_case(second_id)
            {
                return Err(RuleError::SameOperationId {
                    first: name(None, &first.method, &first.path),
                    first_id,
                    second: name(None, &second.method, &second.path),
                    second_id,
                });
            }
        }
    }
    Ok(())
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
