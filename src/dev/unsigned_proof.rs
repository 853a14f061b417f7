//! DPoP proofs for tests. A proof starts complete and valid, and a test changes one claim at a time.

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::access_token::unix_secs;
use super::mint::{SigningKey, random_handle};
use crate::token::Thumbprint;

/// A DPoP proof that is not signed yet (RFC 9449 section 4.2).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use poem_resource_server::dev::{DevIssuer, DevOptions, SigningAlgorithm, SigningKey};
/// use tokio::net::TcpListener;
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let issuer = DevIssuer::start(listener, DevOptions::default())?;
/// let key = SigningKey::generate(SigningAlgorithm::Es256);
/// let token = issuer.token_for_client("dev-client", &["profile:read"]);
/// let token = issuer.sign(&token.bound_to(&key.thumbprint()));
///
/// // Send both: `Authorization: DPoP {token}` and `DPoP: {proof}`.
/// let proof = issuer.proof("GET", "https://api.example.com/api/whoami");
/// let proof = proof.with_token(&token).sign_with(&key);
/// # assert_eq!(proof.split('.').count(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct UnsignedProof {
    header: Map<String, Value>,
    removed_from_header: Vec<String>,
    claims: Map<String, Value>,
}

impl UnsignedProof {
    /// A proof for a request to this URL, with a `jti` of its own. Without
    /// [`UnsignedProof::with_token`], it is a proof for a token endpoint.
    pub fn new(method: &str, url: &str, now: SystemTime) -> Self {
        let claims = [
            ("htm", method.into()),
            ("htu", url.into()),
            ("iat", unix_secs(now).into()),
            ("jti", random_handle().into()),
        ];
        let claims = claims.map(|(name, value): (&str, Value)| (name.to_owned(), value));
        Self {
            header: Map::new(),
            removed_from_header: Vec::new(),
            claims: claims.into_iter().collect(),
        }
    }

    /// Sets `ath`, the digest of the access token that the request carries.
    #[must_use]
    pub fn with_token(self, access_token: &str) -> Self {
        let digest = Thumbprint::digest(access_token.as_bytes());
        self.claim("ath", digest.to_string())
    }

    /// Sets the nonce that the server requires.
    #[must_use]
    pub fn with_nonce(self, nonce: &str) -> Self {
        self.claim("nonce", nonce)
    }

    /// Sets a claim, whether it was there before or not.
    #[must_use]
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.claims.shift_remove(name);
        self
    }

    /// Sets a header parameter and replaces that of the key.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a header parameter.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.removed_from_header.push(name.to_owned());
        self
    }

    /// The claims in their current state.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The compact form, signed by `key`, with its public half in the header.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn sign_with(&self, key: &SigningKey) -> String {
        let mut header = Map::new();
        header.insert("typ".into(), "dpop+jwt".into());
        header.insert("alg".into(), key.algorithm().name().into());
        header.insert("jwk".into(), key.public_jwk());
        header.extend(self.header.clone());
        for name in &self.removed_from_header {
            header.shift_remove(name);
        }
        key.sign(&header.into(), &self.claims.clone().into())
    }
}
