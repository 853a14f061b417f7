//! The issuer of the walk's tokens: one without a socket, or a running one.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use crate::clock::{Clock, SystemClock};
use crate::dev::{
    AccessToken, CLIENT_ID, DevIssuer, Issuance, SigningAlgorithm, SigningKey, UnsignedProof,
};
use crate::guard::Guard;
use crate::issuer::ProofMaker;
#[cfg(feature = "service")]
use crate::service::config::Config;
use crate::token::{Audience, KeySet, KeySource, Validation};
use crate::verifier::Verifier;

/// An issuer for tests: a key, and the guard that trusts it.
///
/// ```
/// use poem_resource_server::testing::Issuer;
///
/// let issuer = Issuer::new();
/// let guard = issuer.guard();
/// let token = issuer.token("profile:read reports:read");
/// ```
#[derive(Debug, Clone)]
pub struct Issuer {
    url: String,
    audience: String,
    clock: Arc<dyn Clock>,
    key: Arc<SigningKey>,
    keys: Keys,
    claims: Map<String, Value>,
}

/// How the app under test gets the issuer's keys.
#[derive(Debug, Clone)]
enum Keys {
    /// From our own guard.
    Ours(Arc<Switched>),
    /// By discovery, which succeeded or failed.
    Discovered(Reach),
}

/// Whether the app under test has keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Available,
    Unavailable,
}

impl Issuer {
    /// A new issuer that is reached without a network.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn new() -> Self {
        // Quick to make, unlike RSA.
        let key = SigningKey::generate(SigningAlgorithm::Es256);
        let jwks = json!({ "keys": [key.public_jwk()] }).to_string();
        let parsed = KeySet::parse(jwks.as_bytes()).expect("a key set of ours");
        Self {
            url: "https://issuer.test/oauth2/default".to_owned(),
            audience: "api://default".to_owned(),
            clock: Arc::new(SystemClock::new()),
            key: Arc::new(key),
            keys: Keys::Ours(Arc::new(Switched {
                keys: Arc::new(parsed.key_set),
                is_unavailable: AtomicBool::new(false),
            })),
            claims: Map::new(),
        }
    }

    /// Signs for an embedded issuer that the app under test finds by discovery, with its current
    /// key. The walk then does not test an app without keys, because it cannot remove them.
    pub fn from_dev_issuer(issuer: &DevIssuer) -> Self {
        Self {
            url: issuer.issuer(),
            audience: issuer.audience().to_owned(),
            clock: issuer.clock(),
            key: issuer.signing_key(),
            keys: Keys::Discovered(Reach::Available),
            claims: Map::new(),
        }
    }

    /// The same, but unreachable for the app under test, which has no keys and must answer 503.
    #[must_use]
    pub fn out_of_reach(self) -> Self {
        Self {
            keys: Keys::Discovered(Reach::Unavailable),
            ..self
        }
    }

    /// Adds a claim to every token, for handlers that need it.
    #[must_use]
    pub fn with_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// A guard that accepts this issuer's tokens. Add your [`Access`](crate::guard::Access) and
    /// [`Challenge`](crate::guard::Challenge) as to any other.
    ///
    /// # Panics
    ///
    /// On an issuer made by [`Issuer::from_dev_issuer`], whose guard finds its keys by discovery.
    pub fn guard(&self) -> Guard {
        let Keys::Ours(keys) = &self.keys else {
            panic!("build the guard for a running issuer with `Guard::discover`");
        };
        let audience = Audience::parse(self.audience.as_str()).expect("checked on construction");
        let validation = Validation::new(self.url.as_str(), audience);
        Guard::new(Verifier::new(keys.clone(), validation).with_clock(self.clock.clone()))
    }

    /// A good token with these scopes, separated by spaces.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn token(&self, scope: &str) -> String {
        self.sign(&self.access_token(scope))
    }

    /// A good token with these scopes that is bound to the key of `holder`. Send it with the scheme
    /// `DPoP`, and with a proof of `holder` for the method and the URL of the request.
    ///
    /// ```
    /// use poem::Request;
    /// use poem_resource_server::guard::Requirement;
    /// use poem_resource_server::issuer::ProofMaker;
    /// use poem_resource_server::testing::Issuer;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let (issuer, holder) = (Issuer::new(), ProofMaker::generate());
    /// let token = issuer.bound_token("profile:read", &holder);
    /// let proof = holder.proof("GET", "http://127.0.0.1/api/whoami");
    ///
    /// let request = Request::builder()
    ///     .uri("http://127.0.0.1/api/whoami".parse().unwrap())
    ///     .header("Authorization", format!("DPoP {token}"))
    ///     .header("DPoP", proof.for_token(&token).sign())
    ///     .finish();
    /// let guard = issuer.guard();
    /// assert!(guard.admit(&request, &Requirement::default()).await.is_ok());
    /// // The same proof again.
    /// assert!(guard.admit(&request, &Requirement::default()).await.is_err());
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn bound_token(&self, scope: &str, holder: &ProofMaker) -> String {
        let cnf = json!({ "jkt": holder.thumbprint().to_string() });
        self.sign(&self.access_token(scope).claim("cnf", cnf))
    }

    /// The same before it is signed, so that a test can change it.
    pub fn access_token(&self, scope: &str) -> AccessToken {
        let issuance = Issuance {
            issuer: &self.url,
            audience: &self.audience,
            now: self.clock.now(),
            client_id: CLIENT_ID,
        };
        let scopes: Vec<_> = scope.split_whitespace().collect();
        let token = AccessToken::new(&issuance, None, &scopes);
        (self.claims.iter()).fold(token, |token, (name, value)| {
            token.claim(name, value.clone())
        })
    }

    /// A DPoP proof for a request to this URL, to be changed or signed. Bind the token with
    /// [`AccessToken::bound_to`].
    pub fn proof(&self, method: &str, url: &str) -> UnsignedProof {
        UnsignedProof::new(method, url, self.clock.now())
    }

    /// Signs a token, whatever it contains.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn sign(&self, token: &AccessToken) -> String {
        token.sign_with(&self.key)
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// Makes the settings of an application trust this issuer.
    #[cfg(feature = "service")]
    pub(super) fn configure(&self, config: &mut Config) {
        let url = crate::issuer::Issuer::parse(&self.url).expect("an issuer of ours");
        config.issuer.url = Some(url);
        config.issuer.audience = Audience::parse(self.audience.as_str()).expect("one of ours");
    }

    /// The keys of an issuer that is reached without a network.
    #[cfg(feature = "service")]
    pub(super) fn key_source(&self) -> Option<Arc<dyn KeySource>> {
        match &self.keys {
            Keys::Ours(keys) => Some(keys.clone()),
            Keys::Discovered(_) => None,
        }
    }

    /// The states that the walk can produce, one after the other.
    pub(super) fn reaches(&self) -> Vec<Reach> {
        match &self.keys {
            Keys::Ours(_) => vec![Reach::Available, Reach::Unavailable],
            Keys::Discovered(reach) => vec![*reach],
        }
    }

    pub(super) fn bring_about(&self, reach: Reach) {
        if let Keys::Ours(keys) = &self.keys {
            keys.is_unavailable
                .store(reach == Reach::Unavailable, Ordering::SeqCst);
        }
    }
}

impl Default for Issuer {
    fn default() -> Self {
        Self::new()
    }
}

/// Keys that a walk can remove temporarily.
#[derive(Debug)]
struct Switched {
    keys: Arc<KeySet>,
    is_unavailable: AtomicBool,
}

impl KeySource for Switched {
    fn current(&self) -> Option<Arc<KeySet>> {
        (!self.is_unavailable.load(Ordering::SeqCst)).then(|| self.keys.clone())
    }

    fn refreshed(&self) -> BoxFuture<'_, Option<Arc<KeySet>>> {
        Box::pin(std::future::ready(self.current()))
    }
}
