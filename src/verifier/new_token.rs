//! Verifies a token that is not remembered, and remembers it.

use std::sync::Arc;

use super::encrypted::Asked;
use super::{TrustedIssuer, Verifier, VerifyResult};
use crate::token::{Jws, ReadJws, TokenError};

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
        let (read, issuer) = self.read(&jws)?;
        if issuer.introspects_every_token() {
            return Box::pin(self.examine_always(token, read, issuer)).await;
        }
        self.examine_signed(token, read, issuer).await
    }

    /// Reads a token and finds the issuer that it names.
    pub(super) fn read<'j>(
        &self,
        jws: &'j Jws<'_>,
    ) -> Result<(ReadJws<'j>, Arc<TrustedIssuer>), TokenError> {
        let read = ReadJws::read(jws)?;
        let issuer = self.issuers.find(&read.unverified_issuer()?);
        Ok((read, issuer.ok_or(TokenError::UnknownIssuer)?))
    }

    /// Verifies a signed token with the keys of its issuer. It is remembered as `token`, which may
    /// be the encrypted form of the signed one.
    pub(super) async fn examine_signed(
        &self,
        token: &str,
        read: ReadJws<'_>,
        issuer: Arc<TrustedIssuer>,
    ) -> VerifyResult {
        let jws = read.jws();
        let (verified, keys) = issuer.verify(read, || self.clock.now()).await?;
        let claims = Arc::new(verified);
        self.known_headers.remember(jws);
        self.check_denylist(&claims, self.clock.now())?;
        if let Some(cache) = &self.cache {
            cache.insert(token.as_bytes(), claims.clone(), keys, &issuer);
        }
        Ok(claims)
    }
}
