//! Verifies a token that is not a compact JWS: an encrypted one, or an opaque one.
//!
//! 1. The form and the header of an encrypted token are checked.
//! 2. A decryption key of a trusted issuer decrypts it. See [`decryption`](super::decryption) for
//!    the limits.
//! 3. The token inside must be a signed token. Its `iss` selects the issuer that judges it.
//! 4. The key must be one of this issuer. Otherwise, one issuer could learn which tokens are
//!    accepted for another.
//! 5. The signed token is judged like any other. The encrypted token is what is remembered.
//!
//! Without decryption keys, an encrypted token is refused, or introspected like an opaque one. The
//! same happens to a token that no key decrypts.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::decryption::Decryption;
use super::{Verifier, VerifyError, VerifyResult};
use crate::token::{DecryptedToken, Jwe, Jws, TokenError};

/// Whether the issuer of a token is asked about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// As the settings of the issuer say.
    AsConfigured,
    /// Always, because the operation requires it.
    Always,
}

impl Verifier {
    /// Sets how many new encrypted tokens are decrypted per second. 100 by default. The others are
    /// answered with [`VerifyError::NotDecrypted`].
    #[must_use]
    pub fn with_max_decryptions(self, per_second: NonZeroU32) -> Self {
        let decryption = Decryption::new(per_second, self.clock.clone());
        Self {
            decryption: Arc::new(decryption),
            ..self
        }
    }

    /// Whether a token that is refused for this reason may be encrypted or opaque.
    pub(super) fn reads_other_forms(&self, error: &TokenError) -> bool {
        self.issuers.introspect() || (may_be_encrypted(error) && self.issuers.decrypt())
    }

    /// Verifies a token that is not a JWS, for the reason `error`.
    #[cold]
    pub(super) async fn examine_other(
        &self,
        token: &str,
        error: TokenError,
        asked: Asked,
    ) -> VerifyResult {
        if !may_be_encrypted(&error) || !self.issuers.decrypt() {
            return self.examine_opaque(token, error).await;
        }
        let undecryptable = VerifyError::Token(TokenError::Undecryptable);
        let jwe = match Jwe::parse(token) {
            Ok(jwe) => jwe,
            // An opaque token may have four dots.
            Err(_) if error != TokenError::Encrypted && self.issuers.introspect() => {
                return self.examine_opaque(token, error).await;
            }
            Err(refusal) => return Err(refusal.into()),
        };
        let verdict = self.examine_encrypted(token, jwe, asked).await;
        if verdict != Err(undecryptable.clone()) || !self.issuers.introspect() {
            return verdict;
        }
        match self.examine_opaque(token, error).await {
            Err(VerifyError::Token(TokenError::UnknownForm)) => Err(undecryptable),
            verdict => verdict,
        }
    }

    async fn examine_encrypted(&self, token: &str, jwe: Jwe, asked: Asked) -> VerifyResult {
        self.decryption.refuse_known(token)?;
        let keys = self.issuers.candidates(&jwe);
        let decrypted = self.decryption.begin(token, keys, jwe).await;
        let verdict = match decrypted {
            Ok(decrypted) => self.examine_decrypted(token, &decrypted, asked).await,
            Err(error) => Err(error),
        };
        if let Err(VerifyError::Token(error)) = &verdict {
            self.decryption.remember_refusal(token, error);
        }
        verdict
    }

    async fn examine_decrypted(
        &self,
        token: &str,
        decrypted: &DecryptedToken,
        asked: Asked,
    ) -> VerifyResult {
        let inside = decrypted.token();
        let jws = Jws::parse(inside).map_err(inside_error)?;
        let (read, issuer) = self.read(&jws)?;
        if !issuer.decrypts_with(decrypted.key()) {
            return Err(TokenError::WrongDecryptionKey.into());
        }
        if asked == Asked::AsConfigured && !issuer.introspects_every_token() {
            return self.examine_signed(token, read, issuer).await;
        }
        // Issuers know the token that they signed. Okta's endpoint does not read encrypted ones.
        let verdict = self.examine_always(inside, read, issuer).await;
        if let (Ok(_), Some(cache)) = (&verdict, &self.cache) {
            cache.rename(inside.as_bytes(), token.as_bytes());
        }
        verdict
    }
}

/// The fault of the content, if it is not a signed token at all.
fn inside_error(error: TokenError) -> TokenError {
    match error {
        TokenError::Segments { .. } | TokenError::IllegalCharacter | TokenError::Encrypted => {
            TokenError::EncryptedNotSigned
        }
        error => error,
    }
}

fn may_be_encrypted(error: &TokenError) -> bool {
    matches!(
        error,
        TokenError::Encrypted | TokenError::Segments { found: 5 }
    )
}
