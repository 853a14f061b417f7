//! The security schemes for access tokens.

use serde_json::Value;

use crate::guard::Binding;
#[cfg(feature = "testing")]
use crate::guard::Rule;

/// Whether the scheme is for access tokens: bearer tokens, or those that are bound to a key.
pub(super) fn is_for_tokens(scheme: &Value) -> bool {
    is(scheme, "bearer") || is(scheme, "dpop")
}

/// Whether tokens must be bound. A document that names DPoP and no bearer tokens says so.
pub(super) fn binding(schemes: &[&Value]) -> Binding {
    let has = |name| schemes.iter().any(|scheme| is(scheme, name));
    if has("dpop") && !has("bearer") {
        Binding::Required
    } else {
        Binding::Either
    }
}

/// Whether a token that is not bound to a key may be enough.
#[cfg(feature = "testing")]
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
