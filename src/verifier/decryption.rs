//! Decrypts tokens at a limited rate.
//!
//! An RSA operation costs about 1 ms, and anybody can cause one with a made-up token.
//! Therefore:
//!
//! 1. A token that was refused a short time before is refused again, without a decryption.
//! 2. A decryption of the same token that is under way serves this request too.
//! 3. A budget limits how many tokens are decrypted per second.
//! 4. At most [`MAX_AT_ONCE`] decryptions run at the same moment, and outside of the threads that
//!    serve requests. The others wait. The budget limits their number.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, OnceLock};

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::issuer::Budget;
use crate::token::{DecryptedToken, DecryptionKey, Jwe, TokenError, decrypt};

use super::error::VerifyError;
use super::flights::{Flight, Flights};
use super::rejections::{MAX_AGE, Rejections};

/// The decryptions of one verifier. Without encrypted tokens, it allocates nothing.
pub(super) struct Decryption {
    max_tokens: NonZeroU32,
    clock: Arc<dyn Clock>,
    state: OnceLock<DecryptionState>,
}

struct DecryptionState {
    budget: Arc<Budget>,
    at_once: Arc<Semaphore>,
    rejections: Rejections,
    flights: Flights<Decrypted>,
}

type Decrypted = Result<DecryptedToken, VerifyError>;

impl Decryption {
    pub(super) fn new(max_tokens: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        Self {
            max_tokens,
            clock,
            state: OnceLock::new(),
        }
    }

    /// The same limit, with another clock.
    pub(super) fn with_clock(&self, clock: Arc<dyn Clock>) -> Self {
        Self::new(self.max_tokens, clock)
    }

    /// Refuses a token that was refused a short time before.
    pub(super) fn refuse_known(&self, token: &str) -> Result<(), TokenError> {
        let known = self.state().rejections.find(token, self.clock.monotonic());
        known.map_or(Ok(()), Err)
    }

    /// Remembers for a short time that a token is refused, if the same token is refused later too.
    pub(super) fn remember_refusal(&self, token: &str, error: &TokenError) {
        if is_final(error) {
            let now = self.clock.monotonic();
            self.state().rejections.insert(token, error.clone(), now);
        }
    }

    /// Decrypts a token with one of these keys, or waits for the same decryption.
    pub(super) fn begin(
        &self,
        token: &str,
        keys: Vec<Arc<DecryptionKey>>,
        jwe: Jwe,
    ) -> Flight<Decrypted> {
        let state = self.state();
        if let Some(flight) = state.flights.find(token) {
            return flight;
        }
        let (budget, at_once) = (state.budget.clone(), state.at_once.clone());
        let run = run(budget, at_once, keys, jwe);
        state.flights.begin(token, run)
    }

    fn state(&self) -> &DecryptionState {
        self.state.get_or_init(|| DecryptionState {
            budget: Arc::new(Budget::new(
                self.max_tokens,
                self.max_tokens,
                self.clock.clone(),
            )),
            at_once: Arc::new(Semaphore::new(MAX_AT_ONCE)),
            rejections: Rejections::new(MAX_AGE),
            flights: Flights::default(),
        })
    }
}

impl fmt::Debug for Decryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decryption")
            .field("max_tokens", &self.max_tokens)
            .finish_non_exhaustive()
    }
}

async fn run(
    budget: Arc<Budget>,
    at_once: Arc<Semaphore>,
    keys: Vec<Arc<DecryptionKey>>,
    jwe: Jwe,
) -> Decrypted {
    let spent = |retry_after| VerifyError::NotDecrypted { retry_after };
    let charge = budget.take().map_err(spent)?;
    // Nothing closes the semaphore.
    let place = at_once.acquire_owned().await;
    let work = move || {
        let decrypted = decrypt(&keys, &jwe);
        // A request that was given up frees its place only when its decryption has ended.
        drop((place, charge));
        decrypted
    };
    // A verifier may run outside of tokio, for example in a test.
    let decrypted = match Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await,
        Err(_) => Ok(work()),
    };
    Ok(decrypted.unwrap_or(Err(TokenError::Undecryptable))?)
}

/// Whether the same token is refused for the same reason in the next seconds, whatever its issuer
/// and the operators do.
fn is_final(error: &TokenError) -> bool {
    !matches!(
        error,
        TokenError::UnknownIssuer
            | TokenError::UnknownKey
            | TokenError::NotYetValid { .. }
            | TokenError::IssuedInFuture { .. }
            | TokenError::Inactive
            | TokenError::Revoked
    )
}

/// The default number of tokens that are decrypted per second. With keys of 2048 bits, they need
/// about a tenth of one processor.
pub(super) const DEFAULT_MAX_TOKENS: NonZeroU32 = const { NonZeroU32::new(100).expect("not zero") };
/// The other processors remain for requests with other tokens.
const MAX_AT_ONCE: usize = 2;
