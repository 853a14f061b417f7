//! The security schemes for access tokens.

use serde_json::Value;

use crate::guard::Rule;
use crate::guard::{Binding, CERTIFICATE_BOUND};

/// Whether the scheme is for access tokens: bearer tokens, or those that are bound to a key.
pub(super) fn is_for_tokens(scheme: &Value) -> bool {
    is(scheme, "bearer") || is(scheme, "dpop")
}

/// Whether tokens must be bound. A document says so if it names no other `http` scheme of tokens
/// than DPoP and that of tokens which are bound to a certificate.
pub(super) fn binding(schemes: &[&Value]) -> Binding {
    let is_bound = |scheme: &&Value| is(scheme, "dpop") || scheme[CERTIFICATE_BOUND] == true;
    if !schemes.is_empty() && schemes.iter().all(is_bound) {
        Binding::Required
    } else {
        Binding::Either
    }
}

/// Whether a token that is not bound to a key may be enough.
pub(crate) fn accepts_bearer(rule: &Rule) -> bool {
    match rule {
        Rule::Anonymous => true,
        Rule::Optional(requirement) | Rule::Protected(requirement) => requirement.accepts_bearer(),
    }
}

fn is(scheme: &Value, name: &str) -> bool {
    let found = scheme["scheme"].as_str();
    found.is_some_and(|found| found.eq_ignore_ascii_case(name))
}
