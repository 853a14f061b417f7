//! Makes the rules of an API by the table of [`Access`], row by row.

use std::collections::BTreeSet;

use http::Method;
use poem_openapi::OpenApi;
use poem_openapi::registry::{MetaOperation, Registry};

use crate::guard::principal::BearerAuth;
use crate::token::{Scope, ScopeToken};

use super::access::{Access, AccessMode};
use super::conditions::Conditions;
use super::error::RuleError;
use super::existing::{groups_must_exist, included_scopes_must_exist, must_exist};
use super::in_code;
use super::requirement::Requirement;
use super::requirement_error::RequirementError;
use super::scope_sets::ImpliedScopes;
use super::sources::sources;
use super::target::Target;
use super::{OperationRule, Rule, name};

/// The rules of an API, in the order of its document.
pub(crate) fn rules<T: OpenApi>(access: &Access) -> Result<Vec<OperationRule>, RuleError> {
    check_scheme::<T>()?;
    let implied = implied_scopes(access)?;
    let meta = T::meta();
    let mut rules = Vec::new();
    for path in meta.iter().flat_map(|api| &api.paths) {
        refuse_prefix_parameter(&path.path)?;
        for operation in &path.operations {
            let declared = Declared::from_operation(operation, &path.path)?;
            rules.push(OperationRule {
                rule: declared.rule(operation, &path.path, access, &implied)?,
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
    for id in access.in_code.operations.keys() {
        must_exist(&rules, in_code::OPERATION, id)?;
    }
    if access.mode == AccessMode::All || !access.all.is_empty() {
        for id in &access.anonymous {
            must_exist(&rules, "access.anonymous", id)?;
        }
    }
    let tags = meta.iter().flat_map(|api| &api.paths);
    let tags = tags.flat_map(|path| &path.operations);
    let tags: BTreeSet<_> = tags.flat_map(|operation| &operation.tags).collect();
    groups_must_exist(access, &rules, &tags)?;
    included_scopes_must_exist(access, &rules)?;
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
                    let parsed = scopes.iter().map(|scope| {
                        ScopeToken::parse(scope).map_err(|_| RuleError::BadScope {
                            operation: declared.name.clone(),
                            scope,
                        })
                    });
                    let scope = parsed.collect::<Result<Scope, _>>()?;
                    let ours = declared.ours.take().unwrap_or_default();
                    declared.ours = Some(ours.with_scope(scope));
                } else if !declared.others.contains(scheme) {
                    declared.others.push(scheme);
                }
            }
        }
        Ok(declared)
    }

    fn rule(
        &self,
        operation: &MetaOperation,
        path: &str,
        access: &Access,
        implied: &ImpliedScopes,
    ) -> Result<Rule, RuleError> {
        let id = operation.operation_id;
        let is = |name: &String| id.is_some_and(|id| id.eq_ignore_ascii_case(name));
        let is_named_anonymous = access.anonymous.iter().any(is);
        let target = Target {
            name: &self.name,
            path,
            operation,
            is_one_of_all: !is_named_anonymous
                && (self.ours.is_some() || self.others.is_empty() || self.has_fallback),
        };
        let sources = sources(access, &target);
        let ours = self.ours.clone().unwrap_or_default();
        let mut requirement = ours.with_binding(access.binding);
        self.check_bounds(&requirement)?;
        for source in &sources {
            if let (None, Some(scheme)) = (&self.ours, self.others.first()) {
                return Err(RuleError::NoToken {
                    setting: source.setting.clone(),
                    operation: self.name.clone(),
                    scheme,
                });
            }
            let added = source.requirement(&target, &access.issuer_names)?;
            requirement = requirement.and(&added);
            self.check_bounds(&requirement)?;
        }
        let requirement = requirement.with_implied(implied);
        let is_anonymous = access.mode == AccessMode::All && is_named_anonymous;
        if is_anonymous {
            self.may_be_anonymous(sources.first().map(|source| source.section))?;
        }
        if !sources.is_empty() {
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

    fn check_bounds(&self, requirement: &Requirement) -> Result<(), RequirementError> {
        let found = requirement.scopes().len();
        if found > MAX_SCOPE_SETS {
            return Err(RequirementError::TooManyScopeSets {
                operation: self.name.clone(),
                found,
            });
        }
        let binding = requirement.bindings.are_none().then_some("binding");
        let impossible = || requirement.conditions().and_then(Conditions::impossible);
        match binding.or_else(impossible) {
            None => Ok(()),
            Some(what) => Err(RequirementError::NobodyAccepted {
                operation: self.name.clone(),
                what,
            }),
        }
    }

    fn may_be_anonymous(&self, set_in: Option<&'static str>) -> Result<(), RuleError> {
        let declares = self.ours.is_some() || !self.others.is_empty();
        let by = match set_in {
            _ if declares && !self.has_fallback => "its declaration in the code",
            Some("access.operations") => "`access.operations`",
            Some("access.tags") => "`access.tags`",
            Some("access.paths") => "`access.paths`",
            Some(_) => "a requirement in the code",
            None => return Ok(()),
        };
        Err(RuleError::AnonymousNeedsCaller {
            operation: self.name.clone(),
            by,
        })
    }
}

fn implied_scopes(access: &Access) -> Result<ImpliedScopes, RequirementError> {
    ImpliedScopes::new(&access.implied_scopes).map_err(|circle| {
        let names: Vec<_> = circle.iter().map(|it| format!("`{it}`")).collect();
        RequirementError::CircularScopes {
            circle: names.join(" includes "),
        }
    })
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

/// More alternatives are not readable in a document, and every one costs time at each call.
const MAX_SCOPE_SETS: usize = 16;
