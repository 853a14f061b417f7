//! What a token may call, by the rules of the application's operations.

use std::time::SystemTime;

use crate::guard::{OperationRule, Requirement, Rule};
use crate::service::PrintedFiles;
use crate::service::application::Outline;
use crate::service::config::Config;
use crate::token::{Claims, Scope};

use crate::program::failure::Failure;

/// An operation, and whether a token may call it.
pub(crate) struct MayCall {
    /// The operation id, or the method and the path.
    pub(crate) operation: String,
    /// Whether a call without a token is admitted too.
    pub(crate) is_open: bool,
    /// What the token lacks, in words; empty where it lacks nothing.
    pub(crate) lacks: Vec<String>,
    /// What only a request can decide: parameters and checks in code.
    pub(crate) undecided: Vec<String>,
    /// Whether the guard looks at the token at all.
    pub(crate) reads_token: bool,
}

/// The operations with these settings. Without claims, nothing is known of what a token lacks.
pub(crate) fn may_call(
    outline: &Outline,
    config: &Config,
    claims: Option<&Claims>,
    now: SystemTime,
) -> Result<Vec<MayCall>, Failure> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH);
    let (now, leeway) = (now.unwrap_or_default(), config.issuer.leeway);
    let rules = PrintedFiles::new(outline, config, &[])?.rules;
    let row = |operation: &OperationRule| {
        let requirement = requirement(&operation.rule);
        let lacks = match (requirement, claims) {
            (Some(requirement), Some(claims)) => requirement.lacking(claims, now, leeway),
            _ => Vec::new(),
        };
        let undecided = requirement.map(Requirement::undecided);
        MayCall {
            operation: name(operation),
            is_open: !matches!(operation.rule, Rule::Protected(_)),
            reads_token: requirement.is_some(),
            lacks,
            undecided: undecided.unwrap_or_default(),
        }
    };
    Ok(rules.iter().map(row).collect())
}

/// The scopes that the operations require; none where the settings do not fit the API.
pub(crate) fn required_scopes(outline: &Outline, config: &Config) -> Vec<String> {
    let Ok(paper) = PrintedFiles::new(outline, config, &[]) else {
        return Vec::new();
    };
    let requirements = paper.rules.iter().filter_map(|it| requirement(&it.rule));
    let scopes: Scope = requirements
        .flat_map(|requirement| requirement.scopes().iter().flat_map(Scope::iter).cloned())
        .collect();
    scopes.iter().map(ToString::to_string).collect()
}

fn requirement(rule: &Rule) -> Option<&Requirement> {
    match rule {
        Rule::Anonymous => None,
        Rule::Optional(requirement) | Rule::Protected(requirement) => Some(requirement),
    }
}

fn name(operation: &OperationRule) -> String {
    operation.operation_id.map_or_else(
        || format!("{} {}", operation.method, operation.path),
        str::to_owned,
    )
}
