//! Checks whether a running API verifies tokens correctly, in any language.
//!
//! 1. Reads the operations and who may call them from the API's OpenAPI document.
//! 2. Makes hostile credentials from a good token, without any key of the issuer, and takes the
//!    tokens that only the issuer can sign from the user.
//! 3. Sends all of them to each operation, one after the other, and judges the answers.
//!    Tokens of several issuers are tried one after the other, and each at the place of the others.
//! 4. Reports what was shown: each check is passed, failed or not made. The verdict is "secure"
//!    only if every check that the document calls for was made.
//!
//! It sends requests only to the API, and at most as many as it announced. It calls operations
//! that may change something only if that is requested. It keeps and shows no part of a token.

mod answer;
mod attempt;
mod attempts;
mod binding;
mod bound;
mod caller;
mod cross_origin;
mod document;
mod faults;
mod forge;
mod garbage;
mod given;
mod hostile;
mod issued;
mod issuers;
mod judge;
mod opaque;
mod opaque_token;
mod own_key;
mod parts;
mod paths;
mod plain;
mod plan;
mod presented;
mod probes;
mod report;
mod revocation;
mod seen;
mod sender;
mod shortage;
mod subject;
mod summary;
mod target;
mod tokens;
mod traces;
mod verdict;

#[cfg(test)]
mod tests;

pub use caller::{Caller, CallerError, is_exposed};
pub use faults::{CHECKS, DECLARED};
pub use issuers::{KnownIssuer, authorization_servers};
pub use opaque_token::{OpaqueBinding, OpaqueToken};
pub use plan::Plan;
pub use report::{Fault, Outcome, Report, Severity, Verdict};
pub use revocation::Revocation;
pub use subject::{Check, Methods};
pub use summary::{Examined, Gap, Standing};
pub use target::{Target, TargetError};
pub use tokens::Tokens;
