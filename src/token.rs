//! Floor 1: reads and validates a token.
//!
//! A token passes these steps. Each step is a type that only the step before it can create:
//!
//! ```text
//! &str -> Jws (unverified) -> SignedPayload -> Claims -> Verified<Claims>
//!        parse        VerifyingKey::verify  parse   Validation::check
//! ```
//!
//! A [`Verifier`](crate::verifier::Verifier) takes the two steps in the middle at once, so that it
//! reads the payload once.
//!
//! An encrypted token is first decrypted into the string that is read here: see [`DecryptionKey`].
//!
//! An issuer can also state the claims of a token in its own response (introspection). Then an
//! `ActiveToken` takes the place of the `SignedPayload`, and the same validation follows.
//!
//! This floor is pure: it uses no clock, no network and no web framework. The caller passes the
//! time, and an implementation of [`KeySource`] provides the keys.

mod active_token;
mod algorithm;
mod allocation;
mod audience;
mod b64token;
mod base64url;
mod claims;
mod compact;
mod confirmation;
mod date;
mod derived;
mod encrypted;
mod error;
mod introspection;
mod json;
mod jwk;
mod jws;
mod keys;
mod known_headers;
mod memo;
mod okta;
mod proof;
mod proof_key;
mod read_jws;
mod readable;
mod roca;
mod scope;
#[cfg(feature = "service")]
mod sign_out;
mod thumbprint;
mod token_type;
#[cfg(feature = "service")]
mod unverified;
mod unverified_issuer;
mod unverified_values;
mod validation;

pub(crate) use active_token::ActiveToken;
pub use algorithm::Algorithm;
pub(crate) use allocation::ALLOCATION_BYTES;
pub use audience::{Audience, AudienceError};
pub(crate) use b64token::is_b64token;
pub(crate) use claims::Kind;
pub(crate) use claims::unescaped;
pub use claims::{ClaimNames, Claims};
pub use confirmation::Confirmation;
pub use date::NumericDate;
pub(crate) use derived::DERIVED_BYTES;
pub use derived::Derived;
#[cfg(fuzzing)]
pub use encrypted::reads_as_encrypted;
#[cfg(feature = "service")]
pub(crate) use encrypted::{ContentEncryption, KeyEncryption};
pub(crate) use encrypted::{DecryptedToken, Jwe, candidates, decrypt};
pub use encrypted::{DecryptionKey, DecryptionKeyError};
pub use error::{ClaimFault, Segment, TokenError};
pub(crate) use introspection::IntrospectionResponse;
pub use jwk::KeyError;
pub use jws::{
    Header, Jws, MAX_HEADER_BYTES, MAX_HEADER_VALUES, MAX_KEY_ID_BYTES, MAX_TOKEN_BYTES,
};
pub use keys::{KeySet, KeySource, LeftOut, MAX_KEYS, ParsedKeySet, SignedPayload, VerifyingKey};
pub(crate) use known_headers::KnownHeaders;
pub(crate) use memo::{Memo, MemoId};
pub(crate) use okta::is_okta_org_server;
pub(crate) use okta::okta_organization;
#[cfg(feature = "dev")]
pub(crate) use proof::TokenRequestProof;
#[cfg(feature = "service")]
pub(crate) use proof::UnverifiedProof;
#[cfg(fuzzing)]
pub use proof::reads_as_proof;
pub(crate) use proof::{CheckedProof, DpopProof, ProvenRequest, VerifiedProof};
pub use proof::{
    MAX_PROOF_AGE, MAX_PROOF_BYTES, ProofClaim, ProofError, ProofPolicy, RequestTarget,
};
pub(crate) use read_jws::ReadJws;
pub(crate) use readable::readable;
pub use scope::{Scope, ScopeError, ScopeToken};
#[cfg(feature = "service")]
pub(crate) use sign_out::{
    SignOut, SignOutError, SignOutForm, SignOutPolicy, SignOutToken, SubjectIdentifier,
};
pub use thumbprint::Thumbprint;
pub use token_type::TokenType;
#[cfg(feature = "service")]
pub(crate) use unverified::{UnverifiedClaims, UnverifiedHeader, UnverifiedToken};
pub(crate) use unverified_values::UnverifiedValues;
pub use validation::{MAX_LEEWAY, Validation, Verified};
