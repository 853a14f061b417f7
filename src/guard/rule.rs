//! The rule of one operation, computed once from what the code declares and the settings say.
//!
//! 1. An operation that declares security is protected, with every scope it declares.
//!    One with a fallback lets callers without credentials through, and no bad token.
//! 2. In mode `all` the others are protected too, but those named anonymous.
//! 3. Scopes and claims by setting are added; an operation that has some is protected.
//!
//! What cannot be meant is an error: an operation that does not exist, an anonymous one that
//! needs a caller.

use std::collections::{BTreeMap, HashMap};

use http::Method;
use poem_openapi::registry::{MetaApi, MetaOperation};

use crate::token::{Claims, Scope, ScopeToken};

use super::challenge::Rejection;

/// Who may call an operation.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// Anyone; credentials are not looked at.
    Anonymous,
    /// Anyone without credentials; with credentials they must meet the requirement.
    Optional(Requirement),
    /// Holders of a token that meets the requirement.
    Protected(Requirement),
}

/// What a token must have besides being valid.
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

/// What the settings add to what the code declares.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Whether operations are protected that declare nothing.
    pub mode: AccessMode,
    /// The operation ids left open in mode [`AccessMode::All`].
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
    /// All but those named anonymous.
    All,
}

/// What the settings require of one operation's callers.
#[derive(Debug, Clone, Default)]
pub struct OperationAccess {
    /// Scopes, added to those that the code declares.
    pub scope: Scope,
    /// Claims that must equal, or as an array hold, one of the values.
    pub claims: BTreeMap<String, Vec<String>>,
}

/// An operation and its rule.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationRule {
    /// The method.
    pub method: Method,
    /// The path as the document has it: `/users/{id}`.
    pub path: String,
    /// The operation id, when the code gives one.
    pub operation_id: Option<&'static str>,
    /// Who may call.
    pub rule: Rule,
}

impl OperationRule {
    /// The path as poem's table has it: `/users/:param0`.
    #[cfg(feature = "service")]
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

    /// Whether a route of poem's table is this operation's: `/users/:param0` for `/users/{id}`.
    pub(super) fn is_of_route(&self, method: &Method, route: &str) -> bool {
        let mut ours = self.path.split('/');
        let mut theirs = route.split('/');
        let same_path = loop {
            match (ours.next(), theirs.next()) {
                (None, None) => break true,
                (Some(our), Some(their)) if our == their => {}
                (Some(our), Some(their)) if our.starts_with('{') && their.starts_with(':') => {}
                _ => break false,
            }
        };
        same_path && self.method == method
    }
}

/// Why rules cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The settings name an operation that is not there.
    #[error(
        "`{setting}` names the operation `{operation}`, which does not exist; there are: {known}"
    )]
    UnknownOperation {
        /// The setting's key.
        setting: &'static str,
        /// What it names.
        operation: String,
        /// The operation ids there are.
        known: String,
    },
    /// The settings leave an operation open that needs a caller.
    #[error(
        "`access.anonymous` names the operation `{operation}`, which requires a token by {by}; \
         remove it from one of them"
    )]
    AnonymousNeedsCaller {
        /// The operation id.
        operation: String,
        /// Where the requirement stands.
        by: &'static str,
    },
    /// The code declares a scope that is not one (RFC 6749 section 3.3).
    #[error("the operation {operation} declares the scope {scope:?}, which is not one")]
    BadScope {
        /// The operation id, or its path.
        operation: String,
        /// What it declares.
        scope: &'static str,
    },
}

/// Every scope that some rule requires.
pub(super) fn scopes_in_use(rules: &[OperationRule]) -> Scope {
    let mut scope = Scope::none();
    for operation in rules {
        if let Rule::Protected(requirement) | Rule::Optional(requirement) = &operation.rule {
            scope.extend(requirement.scope().iter().cloned());
        }
    }
    scope
}

/// The rules of an API, in the order of its document.
pub(super) fn rules(apis: &[MetaApi], access: &Access) -> Result<Vec<OperationRule>, RuleError> {
    let mut rules = Vec::new();
    for path in apis.iter().flat_map(|api| &api.paths) {
        for operation in &path.operations {
            rules.push(OperationRule {
                method: operation.method.clone(),
                path: path.path.clone(),
                operation_id: operation.operation_id,
                rule: rule(operation, &path.path, access)?,
            });
        }
    }
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

fn rule(operation: &MetaOperation, path: &str, access: &Access) -> Result<Rule, RuleError> {
    let id = operation.operation_id;
    let is = |name: &String| id.is_some_and(|id| id.eq_ignore_ascii_case(name));
    let declared = !operation.security.is_empty();
    let has_fallback = operation.security.iter().any(HashMap::is_empty);

    let mut requirement = Requirement::default();
    for scope in operation
        .security
        .iter()
        .flat_map(|schemes| schemes.values().flatten())
    {
        requirement
            .scope
            .insert(ScopeToken::parse(scope).map_err(|_| RuleError::BadScope {
                operation: id.unwrap_or(path).to_owned(),
                scope,
            })?);
    }
    let by_setting = access
        .operations
        .iter()
        .find(|(name, added)| is(name) && !(added.scope.is_empty() && added.claims.is_empty()));
    if let Some((_, added)) = by_setting {
        requirement.scope.extend(added.scope.iter().cloned());
        requirement.claims.clone_from(&added.claims);
    }

    if access.mode == AccessMode::All && access.anonymous.iter().any(is) {
        let by = match (declared && !has_fallback, by_setting) {
            (true, _) => "its declaration in the code",
            (false, Some(_)) => "`access.operations`",
            (false, None) if declared => return Ok(Rule::Optional(requirement)),
            (false, None) => return Ok(Rule::Anonymous),
        };
        return Err(RuleError::AnonymousNeedsCaller {
            operation: id.unwrap_or(path).to_owned(),
            by,
        });
    }
    Ok(match access.mode {
        AccessMode::All => Rule::Protected(requirement),
        AccessMode::Declared if by_setting.is_some() => Rule::Protected(requirement),
        AccessMode::Declared if has_fallback => Rule::Optional(requirement),
        AccessMode::Declared if declared => Rule::Protected(requirement),
        AccessMode::Declared => Rule::Anonymous,
    })
}

fn must_exist(rules: &[OperationRule], setting: &'static str, id: &str) -> Result<(), RuleError> {
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
