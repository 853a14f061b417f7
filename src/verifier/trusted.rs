//! The issuers whose tokens are accepted, and which of them judges a token.
//!
//! 1. The `iss` of a token, which is not verified yet, is looked up in an exact list.
//! 2. One issuer judges the token, by its own keys and rules. No other issuer is tried.
//! 3. Nothing is fetched for an issuer that is not in the list.
//!
//! Keys and rules of an issuer are one value, and a verifier uses them only together. Therefore,
//! the keys of one issuer never verify a token of another.

mod decryption;
mod introspection;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

#[cfg(feature = "service")]
use crate::issuer::KeySetStatus;
use crate::issuer::{Metadata, RemoteKeySet};
use crate::token::{
    Claims, DecryptionKey, Header, KeySet, KeySource, ReadJws, TokenError, Validation, Verified,
};

use super::error::VerifyError;
use super::introspector::Introspector;

/// An issuer whose tokens are accepted: its keys, and the rules for its tokens.
///
/// ```
/// use std::sync::Arc;
///
/// use poem_resource_server::token::{Audience, KeySet, Validation};
/// use poem_resource_server::verifier::{TrustedIssuer, TrustedIssuers, Verifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = |name: &str, identifier: &str| -> Result<TrustedIssuer, Box<dyn std::error::Error>> {
///     // The key set of the issuer, from a file or from its `jwks_uri`.
///     let keys = KeySet::parse(br#"{"keys": []}"#)?.key_set;
///     let validation = Validation::new(identifier, Audience::parse("api://orders")?);
///     Ok(TrustedIssuer::new(name, Arc::new(Arc::new(keys)), validation))
/// };
/// let issuers = Arc::new(TrustedIssuers::default());
/// issuers.add(issuer("workforce", "https://id.example/staff")?)?;
/// issuers.add(issuer("partners", "https://partners.example")?)?;
/// let verifier = Verifier::for_issuers(issuers.clone());
///
/// // From now on, no token of this issuer is accepted.
/// assert!(issuers.remove("https://partners.example"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TrustedIssuer {
    name: Box<str>,
    validation: Validation,
    keys: Arc<dyn KeySource>,
    /// The same keys, if they are fetched.
    remote: Option<Arc<RemoteKeySet>>,
    introspector: Option<Arc<Introspector>>,
    decryption_keys: Vec<Arc<DecryptionKey>>,
    /// Places for requests that wait for the keys of this issuer.
    waiting: Semaphore,
    is_removed: AtomicBool,
}

impl TrustedIssuer {
    /// An issuer with these keys and rules. `validation` contains its identifier.
    ///
    /// `name` is for people: logs, metrics and settings use it.
    pub fn new(name: impl Into<String>, keys: Arc<dyn KeySource>, validation: Validation) -> Self {
        Self {
            name: name.into().into(),
            validation,
            keys,
            remote: None,
            introspector: None,
            decryption_keys: Vec::new(),
            waiting: Semaphore::new(MAX_WAITING),
            is_removed: AtomicBool::new(false),
        }
    }

    /// An issuer whose keys are fetched. Only [`RemoteIssuer`](super::RemoteIssuer) makes one, so
    /// that keys and rules are of the same issuer.
    pub(super) fn remote(name: String, keys: Arc<RemoteKeySet>, validation: Validation) -> Self {
        Self {
            remote: Some(keys.clone()),
            ..Self::new(name, keys, validation)
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The identifier that its tokens have in `iss`.
    pub fn identifier(&self) -> &str {
        self.validation.issuer()
    }

    /// The rules for its tokens.
    pub fn validation(&self) -> &Validation {
        &self.validation
    }

    /// The fetched keys: their status, and a way to fetch them again. `None` for keys of your own.
    pub fn remote_keys(&self) -> Option<&Arc<RemoteKeySet>> {
        self.remote.as_ref()
    }

    /// What the issuer's discovery document said when the keys were last fetched.
    pub fn metadata(&self) -> Option<Arc<Metadata>> {
        self.remote.as_ref()?.metadata()
    }

    /// The state of the keys and of the last fetches.
    #[cfg(feature = "service")]
    pub(crate) fn status(&self) -> KeySetStatus {
        match &self.remote {
            Some(keys) => keys.status(),
            None => KeySetStatus::without_fetches(
                self.current_keys().map_or(0, |keys| keys.keys().len()),
            ),
        }
    }

    /// Whether there are keys now, so that a token can be verified without a fetch.
    pub fn has_keys(&self) -> bool {
        self.current_keys()
            .is_some_and(|keys| !keys.keys().is_empty())
    }

    /// The keys that verify its tokens now, while it is trusted.
    pub(super) fn current_keys(&self) -> Option<Arc<KeySet>> {
        (!self.is_removed()).then(|| self.keys.current()).flatten()
    }

    /// Whether these are the keys that verify its tokens now, while it is trusted.
    pub(super) fn are_in_force(&self, keys: &Arc<KeySet>) -> bool {
        !self.is_removed() && self.keys.is_current(keys)
    }

    /// Verifies a token that names this issuer. Also returns the keys that verified it.
    pub(super) async fn verify(
        &self,
        token: ReadJws<'_>,
        now: impl Fn() -> SystemTime,
    ) -> Result<(Verified<Claims>, Arc<KeySet>), VerifyError> {
        let header = token.jws().header();
        self.validation.check_header(header)?;
        let keys = self.keys_for(header).await;
        // The wait for keys may be long, and the issuer may have been removed meanwhile.
        if self.is_removed() {
            return Err(TokenError::UnknownIssuer.into());
        }
        let keys = keys?;
        let claims = token.verify(keys.find(header)?, self.validation.claim_names())?;
        // A fetch of keys may have taken some time.
        Ok((self.validation.check(claims, now())?, keys))
    }

    /// Whether the issuer is no longer trusted.
    pub(super) fn is_removed(&self) -> bool {
        self.is_removed.load(Ordering::Relaxed)
    }

    async fn keys_for(&self, header: &Header) -> Result<Arc<KeySet>, VerifyError> {
        match self.current_keys() {
            Some(keys) if !matches!(keys.find(header), Err(TokenError::UnknownKey)) => Ok(keys),
            _ => {
                // Otherwise, requests with an unknown `kid` would wait for seconds and use memory.
                let Ok(_place) = self.waiting.try_acquire() else {
                    return Err(VerifyError::NoKeys);
                };
                self.keys.refreshed().await.ok_or(VerifyError::NoKeys)
            }
        }
    }
}

/// The issuers whose tokens are accepted. The list can change while tokens are verified.
///
/// See [`TrustedIssuer`] for an example.
#[derive(Default)]
pub struct TrustedIssuers {
    by_identifier: ArcSwap<ByIdentifier>,
    /// Those of them that introspect tokens.
    introspecting: ArcSwap<Vec<Arc<TrustedIssuer>>>,
    /// The keys that decrypt their tokens.
    decrypting: ArcSwap<Vec<Arc<DecryptionKey>>>,
    /// Locked during a change of the list.
    changing: Mutex<()>,
}

type ByIdentifier = HashMap<Box<str>, Arc<TrustedIssuer>>;

impl TrustedIssuers {
    /// Accepts the tokens of one more issuer.
    ///
    /// # Errors
    ///
    /// [`SameIssuer`] if the list already has an issuer with this identifier or this name. Then
    /// nothing has changed.
    pub fn add(&self, issuer: TrustedIssuer) -> Result<(), SameIssuer> {
        self.change(|issuers| {
            let is_same = |it: &Arc<TrustedIssuer>| {
                it.identifier() == issuer.identifier() || it.name() == issuer.name()
            };
            if issuers.values().any(is_same) {
                return Err(SameIssuer);
            }
            issuers.insert(issuer.identifier().into(), Arc::new(issuer));
            Ok(())
        })
    }

    /// Accepts no token of this issuer any more, not even a remembered one. Returns whether it was
    /// in the list.
    pub fn remove(&self, identifier: &str) -> bool {
        self.change(|issuers| match issuers.remove(identifier) {
            Some(issuer) => {
                issuer.is_removed.store(true, Ordering::Relaxed);
                true
            }
            None => false,
        })
    }

    /// The issuer with exactly this identifier.
    pub fn find(&self, identifier: &str) -> Option<Arc<TrustedIssuer>> {
        self.by_identifier.load().get(identifier).cloned()
    }

    /// The issuer named `default`, or else the first by name.
    pub(crate) fn main(&self) -> Option<Arc<TrustedIssuer>> {
        self.in_order().into_iter().next()
    }

    /// The issuer named `default` first, and the others in the order of their names.
    pub(crate) fn in_order(&self) -> Vec<Arc<TrustedIssuer>> {
        let mut all = self.all();
        // The sort is stable.
        all.sort_by_key(|issuer| issuer.name() != DEFAULT_ISSUER);
        all
    }

    /// All of them, in the order of their names.
    pub fn all(&self) -> Vec<Arc<TrustedIssuer>> {
        let mut all: Vec<_> = self.by_identifier.load().values().cloned().collect();
        all.sort_by(|one, other| one.name().cmp(other.name()));
        all
    }

    fn change<T>(&self, change: impl FnOnce(&mut ByIdentifier) -> T) -> T {
        let _changing = (self.changing.lock()).unwrap_or_else(PoisonError::into_inner);
        let mut issuers = ByIdentifier::clone(&self.by_identifier.load());
        let result = change(&mut issuers);
        let introspecting = issuers.values().filter(|it| it.introspector.is_some());
        let all = introspecting.cloned().collect();
        self.introspecting.store(Arc::new(all));
        self.decrypting.store(Self::keys_of(issuers.values()));
        self.by_identifier.store(Arc::new(issuers));
        result
    }
}

/// A list of one issuer.
impl From<TrustedIssuer> for TrustedIssuers {
    fn from(only: TrustedIssuer) -> Self {
        let issuers = Self::default();
        let _ = issuers.add(only);
        issuers
    }
}

impl fmt::Debug for TrustedIssuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}

/// The list already has an issuer with this identifier or this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an issuer with this identifier or this name is already trusted")]
pub struct SameIssuer;

/// Enough for callers with a new key, because one fetch is enough for all of them.
pub(super) const MAX_WAITING: usize = 64;

/// The name of the only issuer of a verifier that has one.
pub(crate) const DEFAULT_ISSUER: &str = "default";

#[cfg(all(test, feature = "dev"))]
mod tests;
