//! `[access]`: which operations are protected, and what they require beyond the code.

use std::collections::BTreeMap;

use figment::value::Value;

use crate::guard::{AccessMode, Binding, OperationAccess};
use crate::service::config::key::Key;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;
use crate::token::{Scope, ScopeToken};

use super::requirement::{self, scope_sets};

/// The rule for every operation.
#[derive(Debug, Clone)]
pub struct AccessConfig {
    /// Which operations are protected.
    pub mode: AccessMode,
    /// The operation ids that need no token in [`AccessMode::All`], as given. Match them
    /// without regard to case.
    pub anonymous: Vec<String>,
    /// The realm of `WWW-Authenticate`: printable ASCII, not empty.
    pub realm: String,
    /// What single operations require in addition, by operation id in lower case. Match the
    /// ids without regard to case.
    pub operations: BTreeMap<String, OperationAccess>,
    /// What the operations with a tag require in addition, by tag in lower case.
    pub tags: BTreeMap<String, OperationAccess>,
    /// What the operations below a path require in addition.
    pub paths: BTreeMap<String, OperationAccess>,
    /// What all operations require in addition.
    pub all: OperationAccess,
    /// Whether every token must be bound to a key of its holder.
    pub binding: Binding,
    /// For each scope the scopes that it includes.
    pub implied_scopes: BTreeMap<ScopeToken, Scope>,
}

impl AccessConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            mode: reader.read("access.mode", mode),
            anonymous: reader.read("access.anonymous", |value| value::list(value, &[','])),
            realm: reader.read("access.realm", realm),
            operations: named(reader, "access.operations", "an operation", "whoami"),
            tags: named(reader, "access.tags", "a tag", "admin"),
            paths: named(reader, "access.paths", "a path prefix", "/admin"),
            all: all(reader),
            binding: reader.read("access.binding", requirement::binding),
            implied_scopes: implied_scopes(reader),
        }
    }

    /// Every scope that a setting requires.
    #[cfg(feature = "dev")]
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &ScopeToken> {
        let named = [&self.operations, &self.tags, &self.paths];
        let all = named.into_iter().flat_map(BTreeMap::values);
        let sets = (all.chain([&self.all])).flat_map(|access| access.requirement.scopes());
        sets.flat_map(Scope::iter)
    }
}

/// The requirements below a section whose keys are names of `what`.
fn named(
    reader: &mut Reader<'_>,
    section: &str,
    what: &str,
    example: &str,
) -> BTreeMap<String, OperationAccess> {
    let mut named: BTreeMap<String, OperationAccess> = BTreeMap::new();
    for (key, value) in reader.below(section) {
        let [_, _, name, setting @ ..] = key.segments() else {
            continue;
        };
        let read = match name.as_str() {
            "" => Err(Fault::new(format!("must name {what}"))
                .fix(format!("write its name, as in {example:?}"))),
            name => requirement::read(named.entry(name.to_owned()).or_default(), setting, value),
        };
        if let Err(fault) = read {
            reader.note(key, fault, value);
        }
    }
    named
}

fn all(reader: &mut Reader<'_>) -> OperationAccess {
    let mut all = OperationAccess::default();
    for (key, value) in reader.below("access.all") {
        let setting = key.segments().get(2..).unwrap_or_default();
        if let Err(fault) = requirement::read(&mut all, setting, value) {
            reader.note(key, fault, value);
        }
    }
    all
}

fn implied_scopes(reader: &mut Reader<'_>) -> BTreeMap<ScopeToken, Scope> {
    let mut implied = BTreeMap::new();
    for (key, value) in reader.below("access.scopes_imply") {
        match included(key, value) {
            Ok((including, included)) => {
                implied.insert(including, included);
            }
            Err(fault) => reader.note(key, fault, value),
        }
    }
    implied
}

fn included(key: &Key, value: &Value) -> Result<(ScopeToken, Scope), Fault> {
    let including = key.segments().last().map(String::as_str);
    let including = ScopeToken::parse(including.unwrap_or_default()).map_err(|_| {
        Fault::new("must name a scope")
            .fix("write its name in printable ASCII without spaces, quotes and backslashes")
    })?;
    let included = scope_sets(value)?.into_iter();
    Ok((
        including,
        included
            .flat_map(|set| set.iter().cloned().collect::<Vec<_>>())
            .collect(),
    ))
}

fn mode(value: &Value) -> Result<AccessMode, Fault> {
    match value.as_str() {
        Some("declared") => Ok(AccessMode::Declared),
        Some("all") => Ok(AccessMode::All),
        _ => Err(Fault::new("must be `declared` or `all`").fix("write one of the two")),
    }
}

fn realm(value: &Value) -> Result<String, Fault> {
    let realm = value::filled_text(value)?;
    if !realm.is_ascii() {
        return Err(Fault::new("must be ASCII").fix("write it without letters outside a-z and A-Z"));
    }
    Ok(realm)
}
