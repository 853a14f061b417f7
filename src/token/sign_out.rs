//! Reads and checks the token by which an issuer signs a user out here. There are three forms, see
//! [`SignOutForm`].
//!
//! A token passes these steps. Each step is a type that only the step before it can create:
//!
//! ```text
//! &str -> SignOutToken -> SignOutClaims -> SignOut
//!     parse        verify         check
//! ```
//!
//! 1. The form of a compact JWS, and its header: `typ` of this form, `alg`, no `crit` and no `b64`.
//! 2. The algorithm is accepted, and the key of the issuer verifies the signature.
//! 3. The claims of this form, each of its type.
//! 4. `iss`, `aud`, `exp`, `nbf` and `iat` fit, in this order.
//!
//! Whether a token was used before is the task of the service, which has the state for it.

mod claims;
mod error;
mod statement;
mod subject;

use super::{Jws, MAX_TOKEN_BYTES, VerifyingKey};

use claims::SignOutClaims;

pub(crate) use error::SignOutError;
pub(crate) use statement::{SignOut, SignOutForm, SignOutPolicy};
pub(crate) use subject::SubjectIdentifier;

/// A well-formed token whose signature is not verified yet.
pub(crate) struct SignOutToken<'a> {
    jws: Jws<'a>,
    form: SignOutForm,
}

impl<'a> SignOutToken<'a> {
    /// Reads a token of this form.
    pub(crate) fn parse(text: &'a str, form: SignOutForm) -> Result<Self, SignOutError> {
        let jws = Jws::parse_typed(text, MAX_TOKEN_BYTES, form.types())?;
        Ok(Self { jws, form })
    }

    /// The token, for the choice of the key.
    pub(crate) fn jws(&self) -> &Jws<'a> {
        &self.jws
    }

    /// Verifies the signature, and reads the claims.
    pub(crate) fn verify(
        &self,
        key: &VerifyingKey,
        policy: &SignOutPolicy,
    ) -> Result<SignOutClaims, SignOutError> {
        if !policy.algorithms.contains(&self.jws.header().algorithm()) {
            return Err(SignOutError::AlgorithmNotAllowed);
        }
        let payload = key.verify(&self.jws)?;
        SignOutClaims::read(&payload, self.form)
    }
}

#[cfg(all(test, feature = "dev"))]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests;
