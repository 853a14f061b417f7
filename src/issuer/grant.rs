//! Asks an issuer for a token of our own (RFC 6749 section 4.4), as a client would.
//!
//! For trying an API out: nothing here takes part in verifying. The exchange is
//! `openidconnect`'s, sent by our own [`Fetch`].

use openidconnect::core::{CoreClient, CoreClientAuthMethod};
use openidconnect::{
    AuthType, ClientId, ClientSecret, ConfigurationError, OAuth2TokenResponse, RequestTokenError,
};

use crate::token::{Scope, is_b64token};

use super::{Fetch, FetchError, Metadata};

/// A client that is its own user.
pub struct ClientCredentials {
    /// Its registered id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// What it asks for. Okta grants nothing that was not asked for.
    pub scope: Scope,
    /// Other hosts that the secret may be sent to. The issuer's own host always may.
    pub token_hosts: Vec<String>,
}

impl ClientCredentials {
    /// Asks the issuer's token endpoint for an access token.
    ///
    /// # Errors
    ///
    /// A [`GrantError`]: no endpoint, one on a host that is not allowed, out of reach, refused by
    /// the issuer, or not answered with a bearer token.
    pub async fn request(
        self,
        fetch: &Fetch,
        metadata: &Metadata,
    ) -> Result<GrantedToken, GrantError> {
        self.refuse_other_hosts(metadata)?;
        let provider = metadata.provider().clone();
        let auth_type = match provider.token_endpoint_auth_methods_supported() {
            Some(methods)
                if methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                    && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic) =>
            {
                AuthType::RequestBody
            }
            // What every server supports (RFC 6749 section 2.3.1).
            _ => AuthType::BasicAuth,
        };
        let client = CoreClient::from_provider_metadata(
            provider,
            ClientId::new(self.client_id),
            Some(ClientSecret::new(self.client_secret)),
        )
        .set_auth_type(auth_type);
        let scopes = self
            .scope
            .iter()
            .map(|scope| openidconnect::Scope::new(scope.to_string()));
        let response = client
            .exchange_client_credentials()
            .map_err(|_: ConfigurationError| GrantError::NoTokenEndpoint)?
            .add_scopes(scopes)
            .request_async(fetch)
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
        GrantedToken::new(response.access_token().secret())
    }

    /// Whoever changes the metadata must not receive the secret.
    fn refuse_other_hosts(&self, metadata: &Metadata) -> Result<(), GrantError> {
        let endpoint = metadata.token_endpoint();
        let host = endpoint.ok_or(GrantError::NoTokenEndpoint)?.host_str();
        let is_allowed = |allowed: &str| host.is_some_and(|it| it.eq_ignore_ascii_case(allowed));
        let issuer = metadata.provider().issuer().url();
        if issuer.host_str().is_some_and(is_allowed)
            || self.token_hosts.iter().any(|it| is_allowed(it))
        {
            return Ok(());
        }
        Err(GrantError::EndpointElsewhere {
            host: host.unwrap_or_default().to_owned(),
        })
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

/// The issuer's words end up on a terminal: no control characters, and no essay.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(300)
        .collect()
}

/// An access token. Its `Debug` does not show it.
pub struct GrantedToken(String);

impl GrantedToken {
    /// What is printed goes to a terminal and into a header: nothing but a bearer token will do.
    fn new(token: &str) -> Result<Self, GrantError> {
        if !is_b64token(token.as_bytes()) {
            return Err(GrantError::NotABearerToken);
        }
        Ok(Self(token.to_owned()))
    }

    /// The token itself, to be sent and nowhere stored.
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for GrantedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GrantedToken(..)")
    }
}

/// Why no token was granted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// The discovery document names no token endpoint.
    #[error("the issuer has no token endpoint")]
    NoTokenEndpoint,
    /// The token endpoint is on a host that has not been allowed.
    #[error(
        "the issuer's token endpoint is on the host {host:?}, which is not the issuer's, and the \
         client secret was not sent: add the host to `client.token_hosts`, if you trust it"
    )]
    EndpointElsewhere {
        /// That host.
        host: String,
    },
    /// The token endpoint is out of reach.
    #[error("cannot reach the token endpoint")]
    Fetch(#[source] FetchError),
    /// The issuer refused (RFC 6749 section 5.2).
    #[error("the issuer refused: {error}{}", description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Refused {
        /// The registered error code.
        error: String,
        /// The issuer's own words.
        description: Option<String>,
    },
    /// The answer is no token response.
    #[error("the issuer's answer is not a token response")]
    Malformed,
    /// The access token has other characters than a bearer token (RFC 6750 section 2.1).
    #[error("the issuer's access token has characters that no bearer token has")]
    NotABearerToken,
}
