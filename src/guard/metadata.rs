//! Describes the API to clients (RFC 9728).

use serde::Serialize;

use super::rule::{OperationRule, scopes_in_use};

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
            resource_name: None,
            resource_documentation: None,
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
