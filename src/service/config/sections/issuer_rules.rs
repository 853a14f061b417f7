//! The rules for the tokens of one issuer, as the settings give them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::client::ClientConfig;
use super::introspection::IntrospectionConfig;
use crate::issuer::Issuer;
use crate::token::{Algorithm, Audience, ClaimNames, DecryptionKey, TokenType, Validation};

/// The rules for the tokens of one issuer. What is `None` or empty is not set.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct IssuerRules {
    /// The issuer.
    pub url: Option<Issuer>,
    /// The audiences that are accepted.
    pub audiences: Vec<Audience>,
    /// How far the two clocks may differ.
    pub leeway: Option<Duration>,
    /// The signature algorithms that are allowed.
    pub algorithms: Vec<Algorithm>,
    /// Hosts, besides the issuer's own, that may serve the keys; in lower case.
    pub jwks_hosts: Vec<String>,
    /// What the token header's `typ` must be one of.
    pub token_types: Vec<TokenType>,
    /// The clients whose tokens are accepted.
    pub clients: Vec<String>,
    /// The claims that every token must have, each with the accepted values.
    pub required_claims: BTreeMap<String, Vec<String>>,
    /// The claims that contain the scopes.
    pub scope_claims: Vec<String>,
    /// The claim that takes the place of a missing `aud`.
    pub audience_claim: Option<String>,
    /// The claim that takes the place of a missing `sub`.
    pub subject_claim: Option<String>,
    /// The public client with which Swagger UI signs people in at this issuer.
    pub docs_client_id: Option<String>,
    /// The keys that decrypt its tokens. For the issuer `default`, see `[issuer]`.
    pub decryption_keys: Vec<Arc<DecryptionKey>>,
    /// How its tokens are introspected. For the issuer `default`, see `[issuer]`.
    pub introspection: IntrospectionConfig,
    /// The client of the commands at this issuer. That of the issuer `default` is in `[client]`.
    pub client: ClientConfig,
}

impl IssuerRules {
    /// Adds these rules to those for the tokens of an issuer.
    pub(crate) fn apply(&self, mut validation: Validation) -> Validation {
        for audience in &self.audiences {
            validation = validation.with_audience(audience.clone());
        }
        if let Some(leeway) = self.leeway {
            validation = validation.with_leeway(leeway);
        }
        if !self.algorithms.is_empty() {
            validation = validation.with_algorithms(self.algorithms.iter().copied());
        }
        if !self.token_types.is_empty() {
            validation = validation.with_token_types(self.token_types.iter().copied());
        }
        for (claim, values) in &self.required_claims {
            validation = validation.with_required_claim(claim.clone(), values.clone());
        }
        let mut names = ClaimNames::default().with_scope(self.scope_claims.clone());
        if let Some(claim) = &self.audience_claim {
            names = names.with_audience(claim);
        }
        if let Some(claim) = &self.subject_claim {
            names = names.with_subject(claim);
        }
        let validation = validation.with_clients(self.clients.clone());
        validation.with_claim_names(names)
    }
}
