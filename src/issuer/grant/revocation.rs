//! Revokes a token at its issuer (RFC 7009), as the client that it was granted to.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use openidconnect::AuthType;
use url::form_urlencoded::Serializer;

use crate::issuer::fetch::is_secure;
use crate::issuer::introspection::ClientProof;
use crate::issuer::{Fetch, FetchError, Metadata};

use super::{ClientAuthentication, ClientCredentials, auth_type};

/// Why a token was not revoked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationError {
    /// The discovery document names no revocation endpoint.
    #[error("the issuer has no revocation endpoint")]
    NoEndpoint,
    /// The revocation endpoint is on a host that has not been allowed.
    #[error(
        "the issuer's revocation endpoint is on the host {host:?}, which is not the issuer's, so \
         the client secret was not sent"
    )]
    EndpointElsewhere {
        /// That host.
        host: String,
    },
    /// The revocation endpoint is out of reach.
    #[error("cannot reach the revocation endpoint")]
    Fetch(#[source] FetchError),
    /// The issuer refused, for example because the token belongs to another client.
    #[error("the issuer answers {status} to the revocation")]
    Refused {
        /// The status of the answer.
        status: u16,
    },
}

impl ClientCredentials {
    /// Revokes an access token.
    ///
    /// # Errors
    ///
    /// A [`RevocationError`]: no endpoint, one on a host that is not allowed, out of reach, or
    /// refused by the issuer.
    ///
    /// RFC 7009 section 2.
    pub async fn revoke(
        &self,
        fetch: &Fetch,
        metadata: &Metadata,
        token: &str,
    ) -> Result<(), RevocationError> {
        let endpoint = metadata.revocation_endpoint();
        let endpoint = endpoint.ok_or(RevocationError::NoEndpoint)?;
        if !is_secure(endpoint) {
            return Err(RevocationError::Fetch(FetchError::Insecure));
        }
        if !self.may_send_secret_to(endpoint, metadata) {
            return Err(RevocationError::EndpointElsewhere {
                host: endpoint.host_str().unwrap_or_default().to_owned(),
            });
        }
        let mut form = Serializer::new(String::new());
        form.append_pair("token", token);
        form.append_pair("token_type_hint", "access_token");
        let mut request = Request::post(endpoint.as_str())
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let is_post = match self.authentication {
            Some(authentication) => authentication == ClientAuthentication::Post,
            None => matches!(auth_type(metadata), AuthType::RequestBody),
        };
        if is_post {
            form.append_pair("client_id", &self.client_id);
            form.append_pair("client_secret", &self.client_secret);
        } else {
            let proof = ClientProof::Basic(self.client_secret.clone());
            if let Some(field) = proof.authorization(&self.client_id) {
                request = request.header(AUTHORIZATION, field);
            }
        }
        let request = request.body(form.finish().into_bytes());
        let request = request.map_err(|_| RevocationError::Fetch(FetchError::Url))?;
        let answer = fetch.exchange(request).await;
        match answer.map_err(RevocationError::Fetch)?.status() {
            StatusCode::OK => Ok(()),
            status => Err(RevocationError::Refused {
                status: status.as_u16(),
            }),
        }
    }
}
