//! Two issuers whose tokens are encrypted to different keys, and a clock that a test moves.

use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::token::{Audience, DecryptionKey, KeySet, Validation};
use poem_resource_server::verifier::{Tally, TrustedIssuer, TrustedIssuers, Verifier};
use serde_json::{Value, json};

use crate::seal::{KEYS, Recipient, header, seal};

pub const A: &str = "https://a.example";
pub const B: &str = "https://b.example";

pub static SIGNERS: LazyLock<[SigningKey; 2]> =
    LazyLock::new(|| [(); 2].map(|()| SigningKey::generate_with_kid(SigningAlgorithm::Es256, "k")));

pub struct World {
    pub clock: ManualClock,
    pub issuers: Arc<TrustedIssuers>,
    pub tally: Arc<Tally>,
    pub verifier: Verifier,
}

impl World {
    /// Each issuer with its own key.
    pub fn new() -> Self {
        Self::with(&[&[KEYS[0].key()], &[KEYS[1].key()]])
    }

    /// The issuers with these keys.
    pub fn with(keys: &[&[Arc<DecryptionKey>]; 2]) -> Self {
        let clock = ManualClock::new();
        let issuers = Arc::new(TrustedIssuers::default());
        for ((name, identifier), (signer, keys)) in [("a", A), ("b", B)]
            .into_iter()
            .zip(SIGNERS.iter().zip(keys))
        {
            let jwks = json!({ "keys": [signer.public_jwk()] }).to_string();
            let published = Arc::new(KeySet::parse(jwks.as_bytes()).unwrap().key_set);
            let rules = Validation::new(identifier, Audience::parse("api").unwrap());
            let issuer = TrustedIssuer::new(name, Arc::new(published), rules);
            issuers
                .add(issuer.with_decryption_keys(keys.iter().cloned()))
                .unwrap();
        }
        let tally = Arc::new(Tally::default());
        let verifier = Verifier::for_issuers(issuers.clone())
            .with_tally(tally.clone())
            .with_clock(Arc::new(clock.clone()))
            .with_max_decryptions(NonZeroU32::new(10_000).unwrap());
        Self {
            clock,
            issuers,
            tally,
            verifier,
        }
    }

    pub fn now(&self) -> u64 {
        let now = self.clock.now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_secs()
    }

    pub fn advance(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }

    /// The claims of a token of this issuer, with these changes. `null` removes a claim.
    pub fn claims(&self, issuer: &str, changes: &Value) -> Value {
        let mut claims = json!({
            "iss": issuer, "aud": "api", "sub": "ada", "scope": "orders", "exp": self.now() + 36_000,
        });
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    /// A signed token of issuer `a`.
    pub fn signed(&self, changes: &Value) -> String {
        sign(&self.claims(A, changes))
    }

    /// An encrypted token of issuer `a`, to the key of `a`.
    pub fn token(&self, changes: &Value) -> String {
        self.sealed(&KEYS[0], &header(), changes)
    }

    pub fn sealed(&self, to: &Recipient, header: &Value, changes: &Value) -> String {
        seal(to, header, &self.signed(changes))
    }

    /// The reason word, or `ok`.
    pub async fn verdict(&self, token: &str) -> &'static str {
        match self.verifier.verify(token).await {
            Ok(_) => "ok",
            Err(error) => error.reason(),
        }
    }
}

/// A token that issuer `a` signed.
pub fn sign(claims: &Value) -> String {
    SIGNERS[0].sign(&json!({ "alg": "ES256", "kid": "k" }), claims)
}
