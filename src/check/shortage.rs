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

const NO_GOOD: &str = "There is no good token. Add one with --token @FILE.";
const NO_ACCEPTED_ISSUER: &str = "There is no token of an issuer that the operation accepts by the \
    document. Add one with --token NAME=@FILE.";
const NO_LESSER: &str =
    "There is no token without the scope. Add a client or a token that lacks it.";
