//! A loopback authorization server with Okta's paths and claims.
//!
//! The service runs with it where there is no Okta account. Tests make it do what a
//! real issuer does not do on request: [`DevIssuer::rotate`] keys, sign a forged
//! [`AccessToken`], or fail ([`Behaviour`]).
//!
//! | below the issuer | |
//! | --- | --- |
//! | `/.well-known/openid-configuration`, `/.well-known/oauth-authorization-server` | metadata |
//! | `/v1/keys` | the key set |
//! | `POST /v1/token` | client credentials, authorization code |
//! | `GET /v1/authorize` | sign-in page for the authorization code |
//! | `POST /v1/introspect`, `POST /v1/revoke` | the state of a token, and its revocation |
//!
//! A client-credentials request may carry `test_claims`, a JSON object of claims to set or, with
//! `null`, to remove. So a test in any language gets an expired token, or one of another issuer,
//! that the real key signed.
//!
//! A token request with a `DPoP` header gets a token that is bound to the key of the proof
//! (RFC 9449). As at Okta, the proof must contain a nonce. The client [`DPOP_CLIENT_ID`] must send
//! one, as Okta requires by default of new applications for programs.
//!
//! One listener can have several issuers ([`DevOptions::with_issuer`]), for an API that trusts
//! several.
//!
//! The sign-in page honours `acr_values` and `max_age`, so that an API can request a stronger or a
//! new sign-in (RFC 9470).
//!
//! It protects nothing: its secrets are public and its users have no passwords.
//! Therefore it refuses to listen where another machine could connect, and it reads
//! no key from disk.

mod access_token;
mod authentication;
mod authority;
mod authorization_request;
mod authorize;
mod behaviour;
mod client_authentication;
mod directory;
mod introspection;
mod issuer;
mod key_ring;
mod metadata;
mod mint;
mod options;
mod parameters;
mod proof_of_key;
mod refusal;
mod revocations;
mod routes;
mod scopes;
mod shown_fault;
mod sign_in_page;
mod single_use;
mod test_claims;
mod token_endpoint;
mod unsigned_proof;
mod user_grant;

#[cfg(test)]
mod tests;

pub use access_token::AccessToken;
#[cfg(feature = "testing")]
pub(crate) use access_token::Issuance;
pub use behaviour::Behaviour;
pub use directory::{CLIENT_ID, CLIENT_SECRET, DPOP_CLIENT_ID, PUBLIC_CLIENT_ID, SCOPE, User};
pub use issuer::DevIssuer;
pub use mint::SigningKey;
pub use options::{DevOptions, FurtherIssuer};
pub use scopes::OfferedScope;
#[cfg(feature = "service")]
pub(crate) use test_claims::TEST_CLAIMS;
pub use unsigned_proof::UnsignedProof;

pub use crate::token::Algorithm as SigningAlgorithm;
