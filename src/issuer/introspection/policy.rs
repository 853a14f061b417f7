//! How tokens are introspected: at which endpoint, with which credentials, and how often.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

use url::Url;

use super::client_proof::ClientProof;

/// Which tokens of an issuer are introspected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IntrospectionMode {
    /// Tokens that are not JWTs. A JWT is verified only with the issuer's keys.
    Opaque,
    /// Every token. A JWT must also have a valid signature, so that a forged one causes no call.
    Always,
}

/// How the tokens of an issuer are introspected (RFC 7662).
///
/// ```
/// use std::time::Duration;
///
/// use poem_resource_server::issuer::{ClientProof, IntrospectionMode, IntrospectionPolicy};
///
/// let proof = ClientProof::Basic("secret".to_owned());
/// let policy = IntrospectionPolicy::new(IntrospectionMode::Opaque, "orders-api", proof)
///     .with_max_age(Duration::from_secs(30))
///     .with_prefix("orders_");
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IntrospectionPolicy {
    /// Which tokens are introspected.
    pub mode: IntrospectionMode,
    /// The id of the client that asks. It is the `aud` of a signed response.
    pub client_id: String,
    /// How the client authenticates.
    pub proof: ClientProof,
    /// The endpoint. `None`, the default, follows the issuer's metadata, on the issuer's host only.
    pub(crate) url: Option<Url>,
    /// How long an answer is used. 60 s by default.
    pub max_age: Duration,
    /// Calls per second. 5 by default.
    pub max_calls: NonZeroU32,
    /// Concurrent calls, and calls that may be made at once after a pause. 16 by default.
    pub max_calls_at_once: NonZeroU32,
    /// The beginning of each opaque token of the issuer. Empty by default.
    pub prefix: String,
    /// The length of an opaque token. 16 to 2048 bytes by default.
    pub lengths: RangeInclusive<usize>,
    /// Whether the response must be signed (RFC 9701). `false` by default.
    pub signed: bool,
}

impl IntrospectionPolicy {
    /// A policy with this client.
    pub fn new(mode: IntrospectionMode, client_id: impl Into<String>, proof: ClientProof) -> Self {
        Self {
            mode,
            client_id: client_id.into(),
            proof,
            url: None,
            max_age: Duration::from_secs(60),
            max_calls: const { NonZeroU32::new(5).expect("not zero") },
            max_calls_at_once: const { NonZeroU32::new(16).expect("not zero") },
            prefix: String::new(),
            lengths: 16..=2048,
            signed: false,
        }
    }

    /// Sets the endpoint, which may be on any host that serves https. `None` if `url` is not a URL.
    #[must_use]
    pub fn with_url(self, url: &str) -> Option<Self> {
        Some(Self {
            url: Some(url.parse().ok()?),
            ..self
        })
    }

    /// Sets how long an answer is used.
    #[must_use]
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// Sets the number of calls per second, and of concurrent calls.
    #[must_use]
    pub fn with_max_calls(self, per_second: NonZeroU32, at_once: NonZeroU32) -> Self {
        Self {
            max_calls: per_second,
            max_calls_at_once: at_once,
            ..self
        }
    }

    /// Sets the beginning of each opaque token of the issuer.
    #[must_use]
    pub fn with_prefix(self, prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
            ..self
        }
    }

    /// Sets the length of an opaque token, in bytes.
    #[must_use]
    pub fn with_lengths(self, lengths: RangeInclusive<usize>) -> Self {
        Self { lengths, ..self }
    }

    /// Requires signed responses (RFC 9701).
    #[must_use]
    pub fn with_signed_responses(self) -> Self {
        Self {
            signed: true,
            ..self
        }
    }

    /// Whether a token that is not a JWT can be one of the issuer.
    pub(crate) fn fits(&self, token: &str) -> bool {
        self.lengths.contains(&token.len()) && token.starts_with(&self.prefix)
    }
}
