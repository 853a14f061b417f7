//! Verifies a token with the help of its issuer's own response (RFC 7662).
//!
//! 1. A token that was refused a short time before is refused again, without a call.
//! 2. A call for the same token that is under way answers this request too.
//! 3. The issuer is asked, within the budget of calls.
//! 4. The answer must be active. Its claims pass the same validation as those of a signed token. If
//!    the token is a JWT with a published key, its signature was verified before, and its own claims
//!    are validated.
//! 5. An accepted token is remembered until the answer is too old.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::cache::Vouched;
use super::encrypted::Asked;
use super::{TrustedIssuer, Verifier, VerifyError, VerifyResult};
use crate::token::{
    Claims, IntrospectionResponse, Jws, KeySet, MAX_TOKEN_BYTES, ReadJws, Segment, TokenError,
    Verified, is_b64token,
};

/// A token whose signature was verified, with the keys that did.
pub(super) struct Signed {
    claims: Verified<Claims>,
    keys: Arc<KeySet>,
}

impl Verifier {
    /// As [`Verifier::verify`], for a call that requires an answer of the issuer which is not older
    /// than its `max_age`.
    pub(crate) async fn verify_introspected(&self, token: &str) -> VerifyResult {
        if let Some(cache) = &self.cache
            && token.len() <= MAX_TOKEN_BYTES
            && let Some(known) = cache.find_introspected(token.as_bytes(), self.clock.monotonic())
        {
            self.tally.count_hit();
            let verdict = self.judge_again(token.as_bytes(), known, self.clock.now());
            self.tally.count(&verdict);
            return verdict;
        }
        let verdict = match Jws::parse(token) {
            Ok(jws) => match self.read(&jws) {
                Ok((read, issuer)) => self.examine_always(token, read, issuer).await,
                Err(error) => Err(error.into()),
            },
            Err(error) => self.examine_other(token, error, Asked::Always).await,
        };
        self.tally.count(&verdict);
        verdict
    }

    /// Whether only an issuer can read this token.
    #[cfg(feature = "service")]
    pub(crate) fn is_opaque(token: &str) -> bool {
        Jws::parse(token).is_err_and(|error| is_opaque(token, &error))
    }

    /// Verifies a token that is not a JWT, for the reason `error`.
    #[cold]
    pub(super) async fn examine_opaque(&self, token: &str, error: TokenError) -> VerifyResult {
        if !is_opaque(token, &error) || !self.issuers.introspect() {
            return Err(error.into());
        }
        let issuer = self.issuers.find_for_opaque(token)?;
        self.introspect(token, issuer, None).await
    }

    /// Verifies a JWT whose issuer is asked about it. A forged token causes no call, if the keys of
    /// the issuer are published.
    #[cold]
    pub(super) async fn examine_always(
        &self,
        token: &str,
        read: ReadJws<'_>,
        issuer: Arc<TrustedIssuer>,
    ) -> VerifyResult {
        let signed = if issuer.hides_its_keys() {
            None
        } else {
            let (claims, keys) = issuer.verify(read, || self.clock.now()).await?;
            Some(Signed { claims, keys })
        };
        self.introspect(token, issuer, signed).await
    }

    async fn introspect(
        &self,
        token: &str,
        issuer: Arc<TrustedIssuer>,
        signed: Option<Signed>,
    ) -> VerifyResult {
        let Some(introspector) = issuer.introspector().cloned() else {
            return Err(VerifyError::NotIntrospected {
                reason: "introspection_unavailable",
                retry_after: Duration::from_secs(60),
            });
        };
        introspector.refuse_known(token)?;
        let flight = if let Some(flight) = introspector.flights.find(token) {
            flight
        } else {
            let call = self.clone().call(token.to_owned(), issuer, signed);
            introspector.flights.begin(token, call)
        };
        let claims = flight.await?;
        self.check_denylist(&claims, self.clock.now())?;
        Ok(claims)
    }

    /// Asks the issuer, and remembers the verdict.
    async fn call(
        self,
        token: String,
        issuer: Arc<TrustedIssuer>,
        signed: Option<Signed>,
    ) -> VerifyResult {
        let Some(introspector) = issuer.introspector() else {
            return Err(TokenError::UnknownForm.into());
        };
        let response = introspector.ask(&token).await?;
        if issuer.is_removed() {
            return Err(TokenError::UnknownIssuer.into());
        }
        let until = introspector.until();
        let keys = signed.as_ref().map(|signed| signed.keys.clone());
        match self.judge_response(&response, &issuer, signed) {
            Ok(claims) => {
                let claims = Arc::new(claims);
                if let Some(cache) = &self.cache {
                    let vouched = Vouched { keys, until };
                    cache.insert_introspected(token.as_bytes(), claims.clone(), vouched, &issuer);
                }
                Ok(claims)
            }
            Err(error) => {
                introspector.remember_refusal(&token, &error);
                Err(error.into())
            }
        }
    }

    pub(super) fn judge_response(
        &self,
        response: &IntrospectionResponse,
        issuer: &TrustedIssuer,
        signed: Option<Signed>,
    ) -> Result<Verified<Claims>, TokenError> {
        let IntrospectionResponse::Active(active) = response else {
            return Err(TokenError::Inactive);
        };
        active.check_kind()?;
        let now = self.clock.now();
        if let Some(signed) = signed {
            issuer.check_statement(active, &signed.claims, now)?;
            return Ok(signed.claims);
        }
        let validation = issuer.validation();
        let claims = Claims::parse_introspected(active, validation.claim_names())?;
        validation.check(claims, now)
    }
}

/// Whether a token that is refused for this reason may be an opaque token of an issuer. A token
/// with a readable header is a JWT, even if something in it is wrong. Issuers answer a question about
/// a broken JWT with an error, which would look like a failure of theirs.
fn is_opaque(token: &str, error: &TokenError) -> bool {
    let is_no_jwt = match error {
        TokenError::Segments { .. }
        | TokenError::IllegalCharacter
        | TokenError::Encrypted
        | TokenError::Base64(Segment::Header) => true,
        TokenError::MalformedHeader => !has_json_header(token),
        _ => false,
    };
    is_no_jwt && is_b64token(token.as_bytes())
}

/// Whether the first segment is a JSON object, perhaps with a repeated name or too many values.
fn has_json_header(token: &str) -> bool {
    let first = token.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(first).unwrap_or_default();
    serde_json::from_slice::<Map<String, Value>>(&header).is_ok()
}
