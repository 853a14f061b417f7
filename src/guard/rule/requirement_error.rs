//! Why a requirement does not fit the API.

/// Why a requirement does not fit the API. The message says where the fault is and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequirementError {
    /// A requirement is for a tag that no operation has.
    #[error("`{setting}` is for a tag that no operation has; there are: {known}")]
    #[non_exhaustive]
    UnknownTag {
        /// The setting's key.
        setting: String,
        /// The tag.
        tag: String,
        /// The tags that exist.
        known: String,
    },
    /// A requirement is for a path prefix with which no path begins.
    #[error(
        "`{setting}` is for a path prefix that no operation's path begins with; the paths are: \
         {known}"
    )]
    #[non_exhaustive]
    UnknownPath {
        /// The setting's key.
        setting: String,
        /// The prefix.
        prefix: String,
        /// The paths that exist.
        known: String,
    },
    /// A requirement names an issuer that is not configured.
    #[error(
        "`{setting}.issuers` names the issuer `{issuer}`, which does not exist; there are: {known}"
    )]
    #[non_exhaustive]
    UnknownIssuer {
        /// The setting's key.
        setting: String,
        /// The name.
        issuer: String,
        /// The names that exist.
        known: String,
    },
    /// An owner is required of a parameter that the operation does not have.
    #[error(
        "`{setting}.owner` names the parameter `{parameter}`, which the operation `{operation}` \
         does not read from its path or query; it reads: {known}"
    )]
    #[non_exhaustive]
    UnknownParameter {
        /// The setting's key.
        setting: String,
        /// The operation id, or its method and path.
        operation: String,
        /// The parameter.
        parameter: String,
        /// The path and query parameters of the operation.
        known: String,
    },
    /// The code has the path parameters in another order than the path.
    #[error(
        "the operation `{operation}` requires an owner of the parameter `{parameter}`, but its code \
         has the path parameters in another order than its path, and poem-openapi assigns them by \
         their order; write the `Path` arguments in the order of the path"
    )]
    #[non_exhaustive]
    MisplacedParameter {
        /// The operation id, or its method and path.
        operation: String,
        /// The parameter.
        parameter: String,
    },
    /// Scopes include each other in a cycle.
    #[error("`access.scopes_imply` has a cycle: {circle}; remove one of its scopes")]
    #[non_exhaustive]
    CircularScopes {
        /// The scopes of the circle, each of which includes the next.
        circle: String,
    },
    /// A scope includes one that no operation requires.
    #[error(
        "`access.scopes_imply` says that `{including}` includes `{scope}`, which no operation \
         requires; the required scopes are: {known}"
    )]
    #[non_exhaustive]
    UnknownScope {
        /// The scope that includes it.
        including: String,
        /// The scope that is not required.
        scope: String,
        /// The scopes that are required.
        known: String,
    },
    /// The alternatives of several requirements together have too many combinations.
    #[error(
        "the requirements of the operation `{operation}` together have {found} alternative sets of \
         scopes, and at most 16 are allowed; use fewer alternatives"
    )]
    #[non_exhaustive]
    TooManyScopeSets {
        /// The operation id, or its method and path.
        operation: String,
        /// The number of sets.
        found: usize,
    },
    /// Requirements that together accept nobody.
    #[error(
        "the requirements of the operation `{operation}` together accept no {what}, so nobody \
         could call it; correct one of them"
    )]
    #[non_exhaustive]
    NobodyAccepted {
        /// The operation id, or its method and path.
        operation: String,
        /// The kind of value of which none is accepted.
        what: &'static str,
    },
    /// A check in code has a reason that is not a reason word.
    #[error(
        "a check of the operation `{operation}` has the reason {reason:?}; write lower case \
         letters, digits and `_`, as in `wrong_region`"
    )]
    #[non_exhaustive]
    BadReason {
        /// The operation id, or its method and path.
        operation: String,
        /// The reason.
        reason: &'static str,
    },
}
