//! The denials that are known from outside of a running service, for the command `explain`.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::service::config::DenylistConfig;
use crate::verifier::Denylist;

use super::{Denials, DenylistError};

/// The denials of the file and of the Redis that replicas share. Those that operators added at
/// the admin listener of a service without Redis are known to that service alone.
pub(crate) struct KnownDenials {
    pub(crate) list: Arc<Denylist>,
    /// Whether the shared list was read, where there is one.
    pub(crate) is_complete: bool,
}

impl KnownDenials {
    /// Reads the denials, and waits for Redis for `denylist.max_age` at most.
    pub(crate) async fn read(
        config: &DenylistConfig,
        email_claims: &[String],
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, DenylistError> {
        let denials = Denials::start(config, email_claims, clock)?;
        let end = clock.monotonic() + config.max_age;
        let is_read = || !denials.is_shared() || denials.list.is_confirmed();
        while !is_read() && clock.monotonic() < end {
            let pause = clock.monotonic() + PAUSE;
            clock.sleep_until(pause).await;
        }
        Ok(Self {
            is_complete: is_read(),
            list: denials.list(),
        })
    }
}

const PAUSE: Duration = Duration::from_millis(20);
