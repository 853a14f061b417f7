//! How a client authenticates at the introspection endpoint.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::assertion::{AssertionKey, Unsigned};

/// How a client proves who it is (OpenID Connect Core 1.0 section 9). Its `Debug` shows no secret.
#[derive(Clone)]
#[non_exhaustive]
pub enum ClientProof {
    /// `client_secret_basic`: a secret in the `Authorization` header.
    Basic(String),
    /// `client_secret_post`: a secret in the body.
    Post(String),
    /// `private_key_jwt`: an assertion that a key signs (RFC 7523). See
    /// [`ClientProof::private_key_jwt`].
    #[non_exhaustive]
    PrivateKeyJwt {
        /// The key.
        key: Arc<AssertionKey>,
        /// The `aud` of the assertion.
        audience: AssertionAudience,
    },
}

/// The `aud` of a client assertion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The URL of the endpoint, which Okta requires.
    #[default]
    Endpoint,
    /// The identifier of the issuer.
    Issuer,
}

impl ClientProof {
    /// Authenticates by an assertion that `key` signs, with this `aud`.
    pub fn private_key_jwt(key: Arc<AssertionKey>, audience: AssertionAudience) -> Self {
        Self::PrivateKeyJwt { key, audience }
    }

    /// The registered name of the method.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Basic(_) => "client_secret_basic",
            Self::Post(_) => "client_secret_post",
            Self::PrivateKeyJwt { .. } => "private_key_jwt",
        }
    }

    /// The value of `Authorization`, for a client that authenticates there. The id and the secret
    /// are encoded as in a form (RFC 6749 section 2.3.1).
    pub(in crate::issuer) fn authorization(&self, client_id: &str) -> Option<String> {
        let Self::Basic(secret) = self else {
            return None;
        };
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(client_id), encoded(secret));
        Some(format!("Basic {}", STANDARD.encode(pair)))
    }

    /// Adds the parameters of a client that authenticates in the form.
    pub(super) fn add_to(
        &self,
        form: &mut Serializer<'_, String>,
        client_id: &str,
        receiver: &Receiver<'_>,
    ) -> Result<(), Unsigned> {
        match self {
            Self::Basic(_) => {}
            Self::Post(secret) => {
                form.append_pair("client_id", client_id);
                form.append_pair("client_secret", secret);
            }
            Self::PrivateKeyJwt { key, audience } => {
                let audience = match audience {
                    AssertionAudience::Endpoint => receiver.endpoint,
                    AssertionAudience::Issuer => receiver.issuer,
                };
                let assertion = key.assertion(client_id, audience, receiver.now)?;
                form.append_pair("client_assertion_type", ASSERTION_TYPE);
                form.append_pair("client_assertion", &assertion);
            }
        }
        Ok(())
    }
}

/// Who receives an assertion, and when.
pub(super) struct Receiver<'a> {
    pub(super) endpoint: &'a str,
    pub(super) issuer: &'a str,
    pub(super) now: SystemTime,
}

impl fmt::Debug for ClientProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method())
    }
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_and_the_secret_are_encoded_as_in_a_form() {
        let proof = ClientProof::Basic("p:ss wörd%+".to_owned());

        let header = proof.authorization("a b:c").unwrap();

        let pair = STANDARD
            .decode(header.strip_prefix("Basic ").unwrap())
            .unwrap();
        let pair = String::from_utf8(pair).unwrap();
        assert_eq!(pair, "a+b%3Ac:p%3Ass+w%C3%B6rd%25%2B");
    }

    #[test]
    fn debug_shows_no_secret() {
        for proof in [
            ClientProof::Basic("swordfish".to_owned()),
            ClientProof::Post("swordfish".to_owned()),
        ] {
            assert!(!format!("{proof:?}").contains("swordfish"), "{proof:?}");
        }
    }
}
