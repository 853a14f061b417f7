//! What Swagger UI needs to know about sign-in and about the paths of the API.

use std::collections::BTreeMap;

/// How Swagger UI signs people in and where it calls the API.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignIn {
    /// The public client, for authorization code with PKCE.
    pub(crate) client_id: Option<String>,
    /// The public clients at further issuers, by the names of the issuers.
    pub(crate) client_ids: BTreeMap<String, String>,
    /// The path below which the operations are: empty, or without a slash at its end.
    pub(crate) base_path: String,
    /// The algorithms of DPoP proofs that the API accepts.
    pub(crate) proof_algorithms: Vec<&'static str>,
}
