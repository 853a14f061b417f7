//! What callers must meet in addition: the keys below `access.operations.<id>`, and the same below
//! `access.tags.<tag>`, `access.paths.<prefix>` and `access.all`.

use std::ops::RangeInclusive;
use std::time::Duration;

use figment::value::Value;

use crate::guard::{Binding, ClaimValue, OperationAccess, Requirement};
use crate::service::config::problem::Fault;
use crate::service::config::value;
use crate::token::Scope;

/// Adds the setting `setting`, as in `["claims", "groups"]`.
pub(super) fn read(
    access: &mut OperationAccess,
    setting: &[String],
    value: &Value,
) -> Result<(), Fault> {
    let requirement = access.requirement.clone();
    access.requirement = match setting {
        [kind, name] if name.is_empty() => {
            let (what, example) = match kind.as_str() {
                "owner" => ("a parameter", "tenant"),
                _ => ("a claim", "groups"),
            };
            return Err(Fault::new(format!("must name {what}"))
                .fix(format!("write its name, as in {example:?}")));
        }
        [kind, claim] => match kind.as_str() {
            "claims" => requirement.with_claim(claim, claim_values(value)?),
            "not_claims" => requirement.without_claim(claim, claim_values(value)?),
            _ => requirement.with_owner(claim, value::filled_text(value)?),
        },
        [kind] => match kind.as_str() {
            "issuers" => {
                access.issuers = value::list(value, &[','])?;
                requirement
            }
            "introspect" => match value.as_str() {
                Some("") => requirement,
                Some("always") => requirement.with_introspection(),
                _ => {
                    return Err(Fault::new("must be `always`").fix("write it, or remove the key"));
                }
            },
            "scopes" => requirement.with_scope(scopes(&scope_sets(value)?)),
            "any_of_scopes" => requirement.with_any_scope(scope_sets(value)?),
            "clients" => match value::list(value, &[','])? {
                clients if clients.is_empty() => requirement,
                clients => requirement.with_clients(clients),
            },
            "acr" => match classes(value)? {
                classes if classes.is_empty() => requirement,
                classes => requirement.with_acr(classes),
            },
            "binding" if value.as_str() == Some("") => requirement,
            "binding" => requirement.with_binding(binding(value)?),
            _ => max_age(requirement, value)?,
        },
        _ => requirement,
    };
    Ok(())
}

/// Whether tokens must be bound.
pub(super) fn binding(value: &Value) -> Result<Binding, Fault> {
    match value.as_str() {
        Some("either") => Ok(Binding::Either),
        Some("required") => Ok(Binding::Required),
        Some("bearer") => Ok(Binding::Bearer),
        _ => {
            Err(Fault::new("must be `either`, `required` or `bearer`")
                .fix("write one of the three"))
        }
    }
}

/// Sets of scopes. A string is split at commas. The scopes of a set are separated by spaces.
pub(super) fn scope_sets(value: &Value) -> Result<Vec<Scope>, Fault> {
    let sets = value::list(value, &[','])?;
    let parse = |text: &String| {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.parse::<Scope>().map_err(|_| {
            Fault::new("must list scopes")
                .found(&text)
                .fix("write each in printable ASCII without quotes and backslashes")
        })
    };
    value::each(&sets, parse)
}

fn scopes(sets: &[Scope]) -> Scope {
    sets.iter().flat_map(Scope::iter).cloned().collect()
}

fn classes(value: &Value) -> Result<Vec<String>, Fault> {
    let classes = value::list(value, &[','])?;
    // A challenge separates them by spaces (RFC 9470 section 3).
    let check = |class: &String| {
        if !class.is_empty() && class.chars().all(|c| c.is_ascii_graphic()) {
            return Ok(class.clone());
        }
        Err(Fault::new("must list values of `acr`")
            .found(class)
            .fix("write each in printable ASCII without spaces"))
    };
    value::each(&classes, check)
}

fn max_age(requirement: Requirement, value: &Value) -> Result<Requirement, Fault> {
    if value.as_str() == Some("") {
        return Ok(requirement);
    }
    Ok(requirement.with_max_age(value::duration(value, &MAX_AGE)?))
}

/// The accepted values. A variable is a string, which also equals a number or a boolean.
fn claim_values(value: &Value) -> Result<Vec<ClaimValue>, Fault> {
    let values = match value {
        Value::Array(_, items) => value::each(items, |item| match item {
            Value::Bool(_, flag) => Ok((*flag).into()),
            Value::Num(_, number) => number_value(item, *number),
            other => {
                (value::text(other).map(Into::into)).map_err(|fault| value::found_in(fault, other))
            }
        })?,
        other => {
            let texts = value::list(other, &[','])?;
            texts.into_iter().map(Into::into).collect()
        }
    };
    if values.is_empty() {
        return Err(
            Fault::new("must list at least one value").fix("list the values, or remove the key")
        );
    }
    Ok(values)
}

fn number_value(item: &Value, number: figment::value::Num) -> Result<ClaimValue, Fault> {
    match value::whole(number) {
        Some(whole) => (i64::try_from(whole).map(Into::into))
            .or_else(|_| u64::try_from(whole).map(Into::into))
            .map_err(|_| {
                Fault::new("must be a number of at most 64 bits").fix("write a smaller one")
            }),
        None => value::float(item).map(Into::into),
    }
}

const MAX_AGE: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(365 * 24 * 60 * 60);
