//! Refuses tokens that are otherwise valid: revoked tokens, those of a client or of a user, or
//! those that were issued before a time.
//!
//! Each call checks it, also with a remembered token, so a denial applies from the next call on.
//! Another module brings the denials that replicas share, see [`Denylist::replace`] and
//! [`Denylist::confirm`]. The check itself uses no network.

mod denial;
mod index;
mod names;
mod source;
mod terms;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::token::{Claims, TokenError};

use super::VerifyError;
use index::Index;

#[cfg(feature = "service")]
pub(crate) use denial::DeniedUser;
pub use denial::{Denial, DenialError};
pub use source::DenialSource;

/// The denials in force.
#[derive(Debug)]
pub struct Denylist {
    index: RwLock<Index>,
    /// Locked during a change of the list.
    changing: Mutex<()>,
    /// The number of denials. Most lists are empty, so most checks read only this number.
    len: AtomicUsize,
    max_entries: usize,
    /// The claims that may contain an e-mail address of the user.
    email_claims: Vec<String>,
    clock: Arc<dyn Clock>,
    /// Milliseconds of the monotonic clock.
    confirmed_at: AtomicU64,
    /// The maximum age of an unconfirmed list; `None` without a limit.
    max_age: Option<Duration>,
    is_confirmed: AtomicBool,
}

impl Denylist {
    /// An empty list for at most `max_entries`.
    pub fn new(max_entries: usize, clock: Arc<dyn Clock>) -> Self {
        Self {
            index: RwLock::default(),
            changing: Mutex::default(),
            len: AtomicUsize::new(0),
            max_entries,
            email_claims: EMAIL_CLAIMS.map(str::to_owned).to_vec(),
            confirmed_at: AtomicU64::new(millis(clock.monotonic())),
            clock,
            max_age: None,
            is_confirmed: AtomicBool::new(false),
        }
    }

    /// Refuses every token if the list was not confirmed for this time, because other replicas may
    /// have more denials. A new list is not confirmed.
    #[must_use]
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self {
            max_age: Some(max_age),
            ..self
        }
    }

    /// Sets the claims with which a denial of an e-mail address is compared, by their paths as in
    /// [`Claims::at`]. By default, `email` and `sub`: Okta's access tokens have the login in `sub`.
    #[must_use]
    pub fn with_email_claims<T: Into<String>>(self, claims: impl IntoIterator<Item = T>) -> Self {
        Self {
            email_claims: claims.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Adds a denial. Expired denials are removed first.
    ///
    /// # Errors
    ///
    /// [`DenylistFull`] when there is no room. No denial is removed to make room.
    pub fn deny(&self, denial: Denial) -> Result<(), DenylistFull> {
        let now = self.clock.now();
        let _changing = self.change();
        let mut index = self.write();
        if index.len() >= self.max_entries {
            index.purge(now);
        }
        if index.len() >= self.max_entries && !index.contains(DenialSource::Shared, &denial) {
            return Err(DenylistFull);
        }
        index.insert(DenialSource::Shared, denial);
        self.len.store(index.len(), Ordering::Release);
        Ok(())
    }

    /// Removes a denial. Returns whether the list contained it.
    pub fn allow(&self, denial: &Denial) -> bool {
        let _changing = self.change();
        let mut index = self.write();
        let was_there = index.remove(DenialSource::Shared, denial);
        self.len.store(index.len(), Ordering::Release);
        was_there
    }

    /// Replaces all denials of this source.
    ///
    /// # Errors
    ///
    /// [`DenylistFull`] when there is no room; then nothing has changed.
    pub fn replace(&self, source: DenialSource, denials: Vec<Denial>) -> Result<(), DenylistFull> {
        let now = self.clock.now();
        let _changing = self.change();
        // The new index is built first, so callers wait only for the swap.
        let mut next = self.read().clone();
        next.purge(now);
        next.retain_from_source(source, |_| false);
        for denial in denials.into_iter().filter(|denial| denial.is_active(now)) {
            next.insert(source, denial);
        }
        if next.len() > self.max_entries {
            return Err(DenylistFull);
        }
        let len = next.len();
        let old = std::mem::replace(&mut *self.write(), next);
        self.len.store(len, Ordering::Release);
        drop(old);
        Ok(())
    }

    /// Adds `denials` to those of this source. New denials that do not fit are left out. Present
    /// denials stay.
    ///
    /// # Errors
    ///
    /// [`DenylistFull`] when some are left out.
    pub fn add(&self, source: DenialSource, denials: Vec<Denial>) -> Result<(), DenylistFull> {
        let now = self.clock.now();
        let _changing = self.change();
        let mut next = self.read().clone();
        next.purge(now);
        let mut is_full = false;
        for denial in denials.into_iter().filter(|denial| denial.is_active(now)) {
            if next.len() < self.max_entries {
                next.insert(source, denial);
            } else {
                is_full |= !next.contains(source, &denial);
            }
        }
        let len = next.len();
        let old = std::mem::replace(&mut *self.write(), next);
        self.len.store(len, Ordering::Release);
        drop(old);
        if is_full { Err(DenylistFull) } else { Ok(()) }
    }

    /// Whether this denial was added while the service runs.
    pub fn contains(&self, denial: &Denial) -> bool {
        self.read().contains(DenialSource::Shared, denial)
    }

    /// Every denial, with its source, in no order.
    #[cfg(feature = "service")]
    pub(crate) fn all(&self) -> Vec<(DenialSource, Arc<Denial>)> {
        self.read().rows()
    }

    /// Confirms that the list is the one that the replicas share.
    pub fn confirm(&self) {
        let now = millis(self.clock.monotonic());
        self.confirmed_at.store(now, Ordering::Relaxed);
        self.is_confirmed.store(true, Ordering::Release);
    }

    /// The number of denials, which may include expired ones.
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the list was ever confirmed.
    pub fn is_confirmed(&self) -> bool {
        self.is_confirmed.load(Ordering::Acquire)
    }

    /// The time since the list was confirmed, or created if it never was.
    pub fn age(&self) -> Duration {
        let confirmed = Duration::from_millis(self.confirmed_at.load(Ordering::Relaxed));
        self.clock.monotonic().saturating_sub(confirmed)
    }

    /// Whether these claims are denied.
    pub(super) fn check(&self, claims: &Claims, now: SystemTime) -> Result<(), VerifyError> {
        if let Some(max_age) = self.max_age
            && (!self.is_confirmed() || self.age() > max_age)
        {
            return Err(VerifyError::DenylistStale);
        }
        if !self.is_empty() && self.read().denies(claims, &self.email_claims, now) {
            return Err(TokenError::Revoked.into());
        }
        Ok(())
    }

    fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // No code panics while the lock is held, and the list is consistent after each step.
    fn read(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The denylist is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the denylist is full")]
pub struct DenylistFull;

const EMAIL_CLAIMS: [&str; 2] = ["email", "sub"];

fn millis(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

#[cfg(all(test, feature = "dev"))]
mod tests;
