//! Why there is no token for an attempt, and what to add.

use crate::token::Scope;

use super::subject::Check;

/// Why no good token has the scope. `is_left_out` says that the operation accepts no issuer of the
/// tokens.
pub(super) fn why_no_good(check: &Check, is_left_out: bool, required: &Scope) -> String {
    if is_left_out {
        return NO_ACCEPTED_ISSUER.to_owned();
    }
    if check.tokens.first().is_some() {
        return format!(
            "No token has the scope `{required}`. Request it with --scope, once for each scope."
        );
    }
    match check.tokens.why_no_good.as_str() {
        "" => NO_GOOD.to_owned(),
        why => why.to_owned(),
    }
}

/// Why no token lacks the scope.
pub(super) fn why_no_lesser(check: &Check) -> &str {
    match check.tokens.why_no_lesser.as_str() {
        "" => NO_LESSER,
        why => why,
    }
}

/// Why a token that must be refused because it is not bound to a key is missing. `is_bound` says that
/// one was given which names a key.
pub(super) fn why_no_unbound(is_bound: bool) -> &'static str {
    if is_bound { GIVEN_IS_BOUND } else { NO_UNBOUND }
}

/// Why an operation that accepts only bound tokens has no good one.
pub(super) const NO_BOUND: &str = "The operation accepts only tokens that are bound to a key, and no \
    such token was given. Request one with --dpop, or add one with --token @FILE and the file of its \
    key with --key FILE.";
const NO_UNBOUND: &str = "No token that is not bound to a key was given. Request one from the issuer \
    without a DPoP proof, and add it with --refuse unbound_token=@FILE.";
const GIVEN_IS_BOUND: &str = "The token of --refuse unbound_token is bound, because it contains `cnf`. \
    Request one from the issuer without a DPoP proof, and add it with --refuse unbound_token=@FILE.";
const NO_GOOD: &str = "There is no good token. Add one with --token @FILE.";
const NO_ACCEPTED_ISSUER: &str = "There is no token of an issuer that the operation accepts by the \
    document. Add one with --token NAME=@FILE.";
const NO_LESSER: &str =
    "There is no token without the scope. Add a client or a token that lacks it.";
