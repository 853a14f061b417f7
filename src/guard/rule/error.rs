//! Why rules cannot be made: combinations that cannot be intended.

use http::Method;

use super::requirement_error::RequirementError;

/// Why an API cannot be protected. The message says where the fault is and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The settings name an operation that does not exist.
    #[error(
        "`{setting}` names the operation `{operation}`, which does not exist; there are: {known}"
    )]
    #[non_exhaustive]
    UnknownOperation {
        /// The setting's key.
        setting: &'static str,
        /// The operation that it names.
        operation: String,
        /// The operation ids that exist.
        known: String,
    },
    /// The settings declare an operation anonymous that needs credentials.
    #[error(
        "`access.anonymous` names the operation `{operation}`, which requires credentials by {by}; \
         remove it from one of them"
    )]
    #[non_exhaustive]
    AnonymousNeedsCaller {
        /// The operation id.
        operation: String,
        /// Where the requirement is.
        by: &'static str,
    },
    /// The code declares a string that is not a scope (RFC 6749 section 3.3).
    #[error("the operation {operation} declares the scope {scope:?}, which is not a valid scope")]
    #[non_exhaustive]
    BadScope {
        /// The operation id, or its method and path.
        operation: String,
        /// The string that it declares.
        scope: &'static str,
    },
    /// The settings require something of tokens at an operation that takes none.
    #[error(
        "`{setting}` has a requirement for tokens, but the operation `{operation}` takes no token: \
         its code declares only the scheme `{scheme}`; remove the setting, or let the operation \
         take a `BearerAuth`"
    )]
    #[non_exhaustive]
    NoToken {
        /// The setting's key.
        setting: String,
        /// The operation id.
        operation: String,
        /// The other scheme.
        scheme: &'static str,
    },
    /// In mode `all`, another scheme admits everybody to an operation that is not anonymous.
    #[error(
        "`access.mode` is `all`, but the operation {operation} is open to callers without \
         credentials: its scheme `{scheme}` has a fallback; remove the fallback, or name the \
         operation in `access.anonymous`"
    )]
    #[non_exhaustive]
    OpenByOtherScheme {
        /// The operation id, or its method and path.
        operation: String,
        /// The other scheme.
        scheme: &'static str,
    },
    /// A requirement does not fit the API.
    #[error(transparent)]
    Requirement(#[from] RequirementError),
    /// The code declares another scheme with the name of ours.
    #[error(
        "the code declares a security scheme named `{scheme}`, the name of the guard's own scheme; \
         rename it with `#[oai(rename = \"..\")]`{}",
        own_type(scheme)
    )]
    #[non_exhaustive]
    SchemeNameTaken {
        /// The name.
        scheme: &'static str,
    },
    /// The code declares a schema with the name of ours.
    #[error(
        "the code declares a schema named `{schema}`, the name of the guard's own schema; rename \
         it with `#[oai(rename = \"..\")]`"
    )]
    #[non_exhaustive]
    SchemaNameTaken {
        /// The name.
        schema: &'static str,
    },
    /// Two operations have the same id, at most in different case, so a setting cannot name one.
    #[error(
        "the operations {first} and {second} have the ids `{first_id}` and `{second_id}`, which \
         settings do not distinguish; rename one"
    )]
    #[non_exhaustive]
    SameOperationId {
        /// Method and path of the first.
        first: String,
        /// Its id.
        first_id: &'static str,
        /// Method and path of the second.
        second: String,
        /// Its id.
        second_id: &'static str,
    },
    /// Two operations answer the same requests, so one of them is never called.
    #[error(
        "the operations {first} and {second} answer the same requests, so one of them would \
         never be called; change the path or the method of one"
    )]
    #[non_exhaustive]
    SameRoute {
        /// The id of the first, or its method and path.
        first: String,
        /// The id of the second, or its method and path.
        second: String,
    },
    /// A route has no metadata, as with `#[oai(hidden)]`, so it has no rule.
    #[error(
        "the route {method} {path} is hidden: poem-openapi has no metadata of it, so it has no \
         rule; remove `hidden` from its `#[oai(..)]`, or mount it as a plain route"
    )]
    #[non_exhaustive]
    Hidden {
        /// The method.
        method: Method,
        /// The path as poem's route table has it.
        path: String,
    },
    /// The metadata describes an operation that has no route.
    #[error("the operation {operation} has no route: its API describes it but does not add it")]
    #[non_exhaustive]
    NoRoute {
        /// The operation id, or its method and path.
        operation: String,
    },
    /// A `prefix_path` has a parameter, which poem-openapi prints wrongly and cannot read.
    #[error(
        "the path {path} has the parameter `{parameter}` in its `prefix_path`, which poem-openapi \
         prints as it is written and answers with 400; move the parameter into the `path` of each \
         operation"
    )]
    #[non_exhaustive]
    PrefixParameter {
        /// The path as poem-openapi prints it.
        path: String,
        /// The parameter.
        parameter: String,
    },
    /// A path has a parameter in braces, which poem takes as it is written.
    #[error(
        "the path {path} has `{segment}` in braces, which no request matches as a parameter; write \
         parameters as `:name`"
    )]
    #[non_exhaustive]
    Braces {
        /// The path as poem's route table has it.
        path: String,
        /// The part in braces.
        segment: String,
    },
    /// Poem cannot route a path: its form is broken, or another path has the same form.
    #[error("the path {path} cannot be routed beside the others: {fault}")]
    #[non_exhaustive]
    UnroutablePath {
        /// The path as poem's route table has it.
        path: String,
        /// The message of poem.
        fault: String,
    },
}

/// The additional advice about a scheme with the name of ours, if ours is a type.
fn own_type(scheme: &str) -> &'static str {
    if scheme == "BearerAuth" {
        ", or use `poem_resource_server::guard::BearerAuth`"
    } else {
        ""
    }
}
