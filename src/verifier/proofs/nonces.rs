//! Nonces for DPoP proofs, without state (RFC 9449 sections 8 and 9).
//!
//! A nonce is the number of a period of time and a keyed hash of it. Every process with the same
//! secret makes and accepts the same nonces.

use std::time::{Duration, SystemTime};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How nonces are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Nonces {
    period_secs: u64,
}

/// How old the nonce of a proof is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NonceState {
    Missing,
    /// It is not ours, or it is too old.
    Unknown,
    /// It is accepted, and expires with the current period.
    Previous,
    Current,
}

impl Nonces {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self {
            period_secs: lifetime.as_secs().max(1),
        }
    }

    /// The nonce that a proof should contain now.
    pub(super) fn current(self, key: &hmac::Key, now: SystemTime) -> String {
        URL_SAFE_NO_PAD.encode(nonce(key, self.period(now)))
    }

    pub(super) fn find(self, key: &hmac::Key, nonce: Option<&str>, now: SystemTime) -> NonceState {
        let Some(nonce) = nonce else {
            return NonceState::Missing;
        };
        let now = self.period(now);
        match period_of(key, nonce) {
            // The clock of another process may be ahead.
            Some(period) if period == now || period == now.wrapping_add(1) => NonceState::Current,
            Some(period) if period.wrapping_add(1) == now => NonceState::Previous,
            _ => NonceState::Unknown,
        }
    }

    fn period(self, now: SystemTime) -> u64 {
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        now.unwrap_or_default().as_secs() / self.period_secs
    }
}

/// The period of a nonce that was made with this key.
fn period_of(key: &hmac::Key, text: &str) -> Option<u64> {
    let mut bytes = [0; NONCE_BYTES];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    let period = u64::from_be_bytes(bytes.first_chunk().copied()?);
    let is_ours = verify_slices_are_equal(&bytes[..length], &nonce(key, period)).is_ok();
    is_ours.then_some(period)
}

fn nonce(key: &hmac::Key, period: u64) -> [u8; NONCE_BYTES] {
    let period = period.to_be_bytes();
    let mut context = hmac::Context::with_key(key);
    context.update(b"nonce");
    context.update(&period);
    let mut nonce = [0; NONCE_BYTES];
    let (number, hash) = nonce.split_at_mut(period.len());
    number.copy_from_slice(&period);
    hash.copy_from_slice(&context.sign().as_ref()[..hash.len()]);
    nonce
}

/// The number of the period, and a hash that nobody guesses within it.
const NONCE_BYTES: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(secs)
    }

    #[test]
    fn a_nonce_is_accepted_in_its_period_and_the_next() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        let nonces = Nonces::new(Duration::from_secs(60));
        let nonce = nonces.current(&key, at(600));
        let state = |secs| nonces.find(&key, Some(&nonce), at(secs));

        assert_eq!(state(539), NonceState::Unknown);
        assert_eq!(state(540), NonceState::Current);
        assert_eq!(state(600), NonceState::Current);
        assert_eq!(state(659), NonceState::Current);
        assert_eq!(state(660), NonceState::Previous);
        assert_eq!(state(719), NonceState::Previous);
        assert_eq!(state(720), NonceState::Unknown);
    }

    #[test]
    fn only_a_nonce_of_the_same_secret_is_known() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        let other = hmac::Key::new(hmac::HMAC_SHA256, b"other secret");
        let nonces = Nonces::new(Duration::from_secs(60));
        let nonce = nonces.current(&key, at(600));
        let state = |nonce: &str| nonces.find(&key, Some(nonce), at(600));

        assert_eq!(state(&nonce), NonceState::Current);
        assert_eq!(state(&nonces.current(&other, at(600))), NonceState::Unknown);
        assert_eq!(state(&nonce[..31]), NonceState::Unknown);
        assert_eq!(state(&format!("{nonce}A")), NonceState::Unknown);
        assert_eq!(state(""), NonceState::Unknown);
        assert_eq!(state("AAAAAAAAAAo"), NonceState::Unknown);
        assert_eq!(nonces.find(&key, None, at(600)), NonceState::Missing);
    }
}
