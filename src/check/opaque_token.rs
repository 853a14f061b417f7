//! What is known of a token that cannot be read, because it is opaque or encrypted.

use crate::token::Scope;

/// What is known of a token that cannot be read.
#[derive(Debug, Clone, Default)]
pub struct OpaqueToken {
    /// The identifier of its issuer; empty if it is unknown.
    pub issuer: String,
    /// The audience that the API expects.
    pub audience: String,
    /// Its scopes; `None` if they are unknown.
    pub scope: Option<Scope>,
    /// Whether it is bound to the key of its holder.
    pub binding: OpaqueBinding,
}

/// Whether a token that cannot be read is bound to the key of its holder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpaqueBinding {
    /// The issuer has granted it as a bearer token, or the API accepts it as one.
    #[default]
    Unbound,
    /// The issuer has granted it with `token_type: DPoP`, the user says so, or the API accepts it
    /// with a proof only.
    Bound,
    /// Nothing is known: see [`Check::ask_for_bindings`](super::Check::ask_for_bindings).
    Unknown,
}
