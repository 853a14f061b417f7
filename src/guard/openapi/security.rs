//! Who may call: `security` of each operation.
//!
//! `BearerAuth` comes first, because tools that support one scheme per operation use the first. It is
//! absent where only bound tokens are accepted, and `DPoPAuth` is absent where none is. The schemes of
//! the accepted issuers follow (`schemes`).

use serde_json::{Value, json};

use crate::guard::described_issuer::DescribedIssuer;
use crate::guard::principal::BearerAuth;
use crate::guard::rule::{OperationRule, Requirement, Rule};
use crate::token::{Scope, ScopeToken};

use super::schemes;

/// Writes `security` of one operation.
pub(super) fn describe(operation: &mut Value, rule: &OperationRule, issuers: &[DescribedIssuer]) {
    let ours = |requirement: &Requirement| {
        let none = [Scope::none()];
        let sets = match requirement.scopes() {
            [] => &none,
            sets => sets,
        };
        let accepted = issuers
            .iter()
            .filter(|it| requirement.accepts_issuer(&it.identifier));
        let ways = accepted.flat_map(|issuer| {
            sets.iter().flat_map(move |set| {
                let scopes: Vec<_> = set.iter().map(ScopeToken::as_str).collect();
                let ways = schemes::for_scope(set, requirement, issuer).into_iter();
                ways.map(move |way| json!({ way: scopes }))
            })
        });
        let bindings = requirement.bindings();
        let bearer = bindings.bearer.then(|| json!({ BearerAuth::NAME: [] }));
        let bound = bindings.bound.then(|| json!({ schemes::DPOP_AUTH: [] }));
        bearer.into_iter().chain(bound).chain(ways).collect()
    };
    // The other schemes of the code, and `{}` where a scheme has a fallback.
    let mut others = match operation["security"].take() {
        Value::Array(declared) => declared,
        _ => Vec::new(),
    };
    others.retain(|way| way.get(BearerAuth::NAME).is_none());
    others.dedup();
    operation["security"] = match &rule.rule {
        Rule::Anonymous => others.into(),
        Rule::Optional(requirement) => {
            let mut ways: Vec<_> = ours(requirement);
            ways.append(&mut others);
            ways.into()
        }
        Rule::Protected(requirement) => Value::Array(ours(requirement)),
    };
}
