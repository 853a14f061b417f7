//! Describes the API to clients (RFC 9728).

use serde::Serialize;

use crate::token::ProofPolicy;

use super::rule::{AcceptedBindings, OperationRule, Rule, scopes_in_use};

/// The protected-resource metadata document.
///
/// RFC 9728 section 2.
#[derive(Debug, Clone, Serialize)]
pub struct ProtectedResource {
    resource: String,
    authorization_servers: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes_supported: Vec<String>,
    bearer_methods_supported: [&'static str; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dpop_signing_alg_values_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "is_false")]
    dpop_bound_access_tokens_required: bool,
    #[serde(skip)]
    accepts_bound_tokens: bool,
    #[serde(skip_serializing_if = "is_false")]
    tls_client_certificate_bound_access_tokens: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_documentation: Option<String>,
}

impl ProtectedResource {
    /// For the API at the URL `resource`, whose tokens come from one of `issuers`, and whose
    /// operations have these rules.
    pub fn new<'a>(
        resource: &str,
        issuers: impl IntoIterator<Item = &'a str>,
        rules: &[OperationRule],
    ) -> Self {
        Self {
            resource: resource.to_owned(),
            authorization_servers: issuers.into_iter().map(str::to_owned).collect(),
            scopes_supported: scopes_in_use(rules)
                .iter()
                .map(ToString::to_string)
                .collect(),
            bearer_methods_supported: ["header"],
            dpop_signing_alg_values_supported: Vec::new(),
            dpop_bound_access_tokens_required: requires_bound_tokens(rules),
            accepts_bound_tokens: bindings(rules).any(|it| it.bound),
            tls_client_certificate_bound_access_tokens: false,
            resource_name: None,
            resource_documentation: None,
        }
    }

    /// Adds the algorithms of DPoP proofs that are accepted, if there is an operation that accepts
    /// bound tokens.
    ///
    /// RFC 9728 section 2, RFC 9449 section 5.1.
    #[must_use]
    pub fn with_proofs(self, policy: &ProofPolicy) -> Self {
        let algorithms = policy.algorithms().iter();
        let algorithms = algorithms.filter(|_| self.accepts_bound_tokens);
        Self {
            dpop_signing_alg_values_supported: algorithms.map(|it| it.name()).collect(),
            ..self
        }
    }

    /// States that access tokens may be bound to a client certificate, as
    /// [`Guard::with_certificate_bound_tokens`](super::Guard::with_certificate_bound_tokens) does in
    /// the OpenAPI document. DPoP is then not required,
    /// because a certificate binds a token as well.
    ///
    /// RFC 9728 section 2, RFC 8705 section 3.3.
    #[must_use]
    pub fn with_certificate_bound_tokens(self) -> Self {
        Self {
            dpop_bound_access_tokens_required: false,
            tls_client_certificate_bound_access_tokens: true,
            ..self
        }
    }

    /// Adds the API's name and the URL of its documentation, for people.
    #[must_use]
    pub fn with_documentation(self, name: &str, url: &str) -> Self {
        Self {
            resource_name: Some(name.to_owned()),
            resource_documentation: Some(url.to_owned()),
            ..self
        }
    }
}

/// Whether there is an operation with a token, and each of them requires a bound one.
fn requires_bound_tokens(rules: &[OperationRule]) -> bool {
    bindings(rules).next().is_some() && bindings(rules).all(|it| !it.bearer)
}

/// Which tokens each operation with a token accepts.
fn bindings(rules: &[OperationRule]) -> impl Iterator<Item = AcceptedBindings> {
    rules.iter().filter_map(|operation| match &operation.rule {
        Rule::Anonymous => None,
        Rule::Optional(requirement) | Rule::Protected(requirement) => Some(requirement.bindings()),
    })
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}
