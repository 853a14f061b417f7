//! Who may call: `security` of each operation.
//!
//! `BearerAuth` comes first, because tools that support one scheme per operation use the first.
//! Where only bound tokens are accepted, `CertificateBoundAuth` takes its place, if the API knows the
//! certificates of its callers. `DPoPAuth` is absent where no bound token is accepted. The schemes of
//! the accepted issuers follow (`schemes`).

use serde_json::{Value, json};

use crate::guard::described_issuer::DescribedIssuer;
use crate::guard::principal::BearerAuth;
use crate::guard::rule::{Certificates, OperationRule, Requirement, Rule};
use crate::token::{Scope, ScopeToken};

use super::schemes;

/// Writes `security` of one operation.
pub(super) fn describe(
    operation: &mut Value,
    rule: &OperationRule,
    issuers: &[DescribedIssuer],
    certificates: Certificates,
) {
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
        let bearer = bindings.bearer.then_some(BearerAuth::NAME);
        let with_certificate = schemes::needs_certificate_scheme(bindings, certificates)
            .then_some(schemes::CERTIFICATE_BOUND_AUTH);
        let with_proof = bindings.bound.then_some(schemes::DPOP_AUTH);
        let of_tokens = [bearer, with_certificate, with_proof];
        let of_tokens = of_tokens.into_iter().flatten();
        of_tokens
            .map(|name| json!({ name: [] }))
            .chain(ways)
            .collect()
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
