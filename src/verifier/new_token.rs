//! Verifies a token that is not remembered, and remembers it.

use std::sync::Arc;

use super::cache::Entry;
use super::encrypted::Asked;
use super::{TrustedIssuer, Verifier, VerifyResult};
use crate::token::{Jws, TokenError};

impl Verifier {
    /// Verifies a token and remembers it.
    pub(super) async fn examine(&self, token: &str) -> VerifyResult {
        let jws = match self.known_headers.parse(token) {
            Ok(jws) => jws,
            Err(error) if !self.reads_other_forms(&error) => return Err(error.into()),
            Err(error) => {
                return Box::pin(self.examine_other(token, error, Asked::AsConfigured)).await;
            }
        };
        let issuer = self.issuers.find(&jws.unverified_issuer()?);
        let issuer = issuer.ok_or(TokenError::UnknownIssuer)?;
        if issuer.introspects_every_token() {
            return Box::pin(self.examine_always(token, &jws, issuer)).await;
        }
        self.examine_signed(token, &jws, issuer).await
    }

    /// Verifies a signed token with the keys of its issuer. It is remembered as `token`, which may
    /// be the encrypted form of the signed one.
    pub(super) async fn examine_signed(
        &self,
        token: &str,
        jws: &Jws<'_>,
        issuer: Arc<TrustedIssuer>,
    ) -> VerifyResult {
        let (verified, keys) = issuer.verify(jws, || self.clock.now()).await?;
        let claims = Arc::new(verified);
        self.known_headers.remember(jws);
        self.check_denylist(&claims, self.clock.now())?;
        if let Some(cache) = &self.cache {
            let entry = Entry::new(claims.clone(), keys, &issuer);
            cache.insert(token.as_bytes(), entry);
        }
        Ok(claims)
    }
}
