//! Requests an access token from an issuer with the client-credentials grant (RFC 6749 section
//! 4.4), as a client would.
//!
//! The commands `token`, `doctor` and `check` use it; verification does not. The exchange is
//! `openidconnect`'s, sent by our own [`Fetch`].

mod dpop;
mod errors;
mod revocation;

use openidconnect::core::{CoreClient, CoreClientAuthMethod};
use openidconnect::{
    AuthType, ClientId, ClientSecret, ConfigurationError, OAuth2TokenResponse, RequestTokenError,
};

use url::Url;

use crate::token::{Scope, ScopeToken, is_b64token};

use super::proof_maker::ProofMaker;
use super::{Fetch, Metadata};

pub use errors::{GRANT_ERRORS, GrantError};
pub use revocation::RevocationError;

/// A client that requests tokens for itself, and the parameters of its request.
#[derive(Clone)]
pub struct ClientCredentials {
    client_id: String,
    client_secret: String,
    scope: Scope,
    token_hosts: Vec<String>,
    authentication: Option<ClientAuthentication>,
    resources: Vec<String>,
    audience: Option<String>,
    proofs: Option<ProofMaker>,
}

/// How a client sends its secret (OpenID Connect Core 1.0 section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// `client_secret_basic`: in the `Authorization` header.
    Basic,
    /// `client_secret_post`: in the body.
    Post,
}

impl ClientAuthentication {
    /// The method of this registered name.
    pub fn find(name: &str) -> Option<Self> {
        match name {
            "client_secret_basic" => Some(Self::Basic),
            "client_secret_post" => Some(Self::Post),
            _ => None,
        }
    }
}

impl ClientCredentials {
    /// A client with its registered id and its secret, which requests no scope.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            scope: Scope::none(),
            token_hosts: Vec::new(),
            authentication: None,
            resources: Vec::new(),
            audience: None,
            proofs: None,
        }
    }

    /// Requests these scopes. Okta grants no scope that was not requested.
    #[must_use]
    pub fn with_scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Allows other hosts to receive the secret. The issuer's own host always may.
    #[must_use]
    pub fn with_token_hosts(self, hosts: impl IntoIterator<Item = String>) -> Self {
        Self {
            token_hosts: hosts.into_iter().collect(),
            ..self
        }
    }

    /// Sends the secret in this way. `None`, the default, follows the issuer's metadata.
    #[must_use]
    pub fn with_authentication(self, authentication: Option<ClientAuthentication>) -> Self {
        Self {
            authentication,
            ..self
        }
    }

    /// Names the APIs that the token is for, each as an absolute URI (RFC 8707).
    #[must_use]
    pub fn with_resources(self, resources: impl IntoIterator<Item = String>) -> Self {
        Self {
            resources: resources.into_iter().collect(),
            ..self
        }
    }

    /// Names the API that the token is for by the parameter `audience`, which some issuers,
    /// Auth0 among them, use in place of `resource`.
    #[must_use]
    pub fn with_audience(self, audience: Option<String>) -> Self {
        Self { audience, ..self }
    }

    /// Requests a token that is bound to this key (RFC 9449). `None`, the default, requests a bearer
    /// token.
    #[must_use]
    pub fn with_proofs(self, proofs: Option<ProofMaker>) -> Self {
        Self { proofs, ..self }
    }

    /// Requests an access token from the issuer's token endpoint.
    ///
    /// # Errors
    ///
    /// A [`GrantError`]: no endpoint, one on a host that is not allowed, out of reach, refused by
    /// the issuer, or not answered with a token of the requested kind.
    pub async fn request(
        self,
        fetch: &Fetch,
        metadata: &Metadata,
    ) -> Result<GrantedToken, GrantError> {
        self.refuse_other_hosts(metadata)?;
        let provider = metadata.provider().clone();
        let auth_type = match self.authentication {
            Some(ClientAuthentication::Basic) => AuthType::BasicAuth,
            Some(ClientAuthentication::Post) => AuthType::RequestBody,
            None => auth_type(metadata),
        };
        let client = CoreClient::from_provider_metadata(
            provider,
            ClientId::new(self.client_id),
            Some(ClientSecret::new(self.client_secret)),
        )
        .set_auth_type(auth_type);
        let requested = self.scope.clone();
        let scopes = self
            .scope
            .iter()
            .map(|scope| openidconnect::Scope::new(scope.to_string()));
        let mut request = client
            .exchange_client_credentials()
            .map_err(|_: ConfigurationError| GrantError::NoTokenEndpoint)?
            .add_scopes(scopes);
        for resource in self.resources {
            request = request.add_extra_param("resource", resource);
        }
        if let Some(audience) = self.audience {
            request = request.add_extra_param("audience", audience);
        }
        let proofs = self.proofs.as_ref();
        let response = request
            .request_async(&|request| dpop::exchange(fetch, proofs, request))
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(refusal) => GrantError::Refused {
                    error: printable(refusal.error().as_ref()),
                    description: refusal.error_description().map(|text| printable(text)),
                },
                RequestTokenError::Request(source) => GrantError::Fetch(source),
                RequestTokenError::Parse(_, body) => okta_refusal(&body),
                RequestTokenError::Other(_) => GrantError::Malformed,
            })?;
        let mut token = GrantedToken::new(response.access_token().secret())?;
        token.scope = match response.scopes() {
            Some(scopes) => scopes.iter().map(|it| ScopeToken::parse(it).ok()).collect(),
            // It is the requested one (RFC 6749 section 5.1).
            None => Some(requested),
        };
        token.refresh_token = response.refresh_token().map(|it| it.secret().clone());
        if let Some(maker) = proofs {
            dpop::require_bound(token.secret(), response.token_type().as_ref(), maker)?;
            token.is_bound = true;
        }
        Ok(token)
    }

    /// An attacker who changes the metadata must not receive the secret.
    fn refuse_other_hosts(&self, metadata: &Metadata) -> Result<(), GrantError> {
        let endpoint = metadata.token_endpoint();
        let endpoint = endpoint.ok_or(GrantError::NoTokenEndpoint)?;
        if self.may_send_secret_to(endpoint, metadata) {
            return Ok(());
        }
        Err(GrantError::EndpointElsewhere {
            host: endpoint.host_str().unwrap_or_default().to_owned(),
        })
    }

    /// Whether the endpoint is on the issuer's host or on one that was allowed.
    fn may_send_secret_to(&self, endpoint: &Url, metadata: &Metadata) -> bool {
        let host = endpoint.host_str();
        let is_allowed = |allowed: &str| host.is_some_and(|it| it.eq_ignore_ascii_case(allowed));
        let issuer = metadata.provider().issuer().url();
        issuer.host_str().is_some_and(is_allowed)
            || self.token_hosts.iter().any(|it| is_allowed(it))
    }
}

/// The method by which the issuer accepts the secret, by its metadata.
fn auth_type(metadata: &Metadata) -> AuthType {
    match metadata.provider().token_endpoint_auth_methods_supported() {
        Some(methods)
            if methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic) =>
        {
            AuthType::RequestBody
        }
        // What every server supports (RFC 6749 section 2.3.1).
        _ => AuthType::BasicAuth,
    }
}

/// Okta refuses a client that it does not know in a form of its own.
fn okta_refusal(body: &[u8]) -> GrantError {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        error_code: String,
        error_summary: Option<String>,
    }
    match serde_json::from_slice::<Body>(body) {
        Ok(body) => GrantError::Refused {
            error: printable(&body.error_code),
            description: body.error_summary.as_deref().map(printable),
        },
        Err(_) => GrantError::Malformed,
    }
}

/// The issuer's message is printed on a terminal, so it is short and has no control characters.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(300)
        .collect()
}

/// An access token. Its `Debug` does not show it.
pub struct GrantedToken {
    token: String,
    scope: Option<Scope>,
    is_bound: bool,
    refresh_token: Option<String>,
}

impl GrantedToken {
    /// The token is printed on a terminal and sent in a header, so only a bearer token is accepted.
    fn new(token: &str) -> Result<Self, GrantError> {
        if !is_b64token(token.as_bytes()) {
            return Err(GrantError::NotABearerToken);
        }
        Ok(Self {
            token: token.to_owned(),
            scope: None,
            is_bound: false,
            refresh_token: None,
        })
    }

    /// The token itself. Send it, but do not store it.
    pub fn secret(&self) -> &str {
        &self.token
    }

    /// The scopes that were granted; `None` if the response has scopes that cannot be read.
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Whether the issuer has bound it to the key of the request's proof.
    pub fn is_bound(&self) -> bool {
        self.is_bound
    }

    /// The refresh token that came with it, which no API may accept as an access token.
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }
}

impl std::fmt::Debug for GrantedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GrantedToken(..)")
    }
}
