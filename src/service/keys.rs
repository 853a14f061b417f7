//! The issuers of a configuration, with the keys of each: fetched, or given by a test.

use std::sync::Arc;

use tracing::warn;

use crate::guard::DescribedIssuer;
use crate::issuer::{Attempts, DiscoveryError, IntrospectionStatus, KeySetStatus};
use crate::verifier::TrustedIssuers;

use super::config::NeededIssuers;

/// The keys that verify tokens, by issuer.
#[derive(Debug, Clone)]
pub struct Keys {
    issuers: Arc<TrustedIssuers>,
    needed: NeededIssuers,
}

/// The keys of one issuer.
pub(super) struct IssuerKeys {
    pub(super) name: String,
    pub(super) status: KeySetStatus,
    /// Whether tokens are verified with keys.
    pub(super) has_use: bool,
    pub(super) introspection: Option<IntrospectionStatus>,
}

impl Keys {
    pub(super) fn new(issuers: Arc<TrustedIssuers>, needed: NeededIssuers) -> Self {
        Self { issuers, needed }
    }

    pub(super) fn issuers(&self) -> &Arc<TrustedIssuers> {
        &self.issuers
    }

    /// The state of the keys of the first issuer, and of the last fetches.
    pub fn status(&self) -> KeySetStatus {
        let main = self.issuers.main();
        main.map_or_else(|| KeySetStatus::without_fetches(0), |it| it.status())
    }

    /// The state of the keys of each issuer.
    pub(super) fn all(&self) -> Vec<IssuerKeys> {
        let issuers = self.issuers.all().into_iter();
        issuers
            .map(|issuer| IssuerKeys {
                name: issuer.name().to_owned(),
                status: issuer.status(),
                has_use: !issuer.hides_its_keys(),
                introspection: issuer.introspection_status(),
            })
            .collect()
    }

    /// Whether there are enough keys for the service to be ready.
    pub(super) fn are_ready(&self) -> bool {
        let issuers = self.issuers.all();
        match self.needed {
            NeededIssuers::Any => issuers.iter().any(|issuer| issuer.can_judge()),
            NeededIssuers::All => issuers.iter().all(|issuer| issuer.can_judge()),
        }
    }

    /// The issuers as the document describes them now.
    pub(super) fn described(&self) -> Vec<DescribedIssuer> {
        DescribedIssuer::list(&self.issuers.in_order())
    }

    /// Reports every attempt of the first issuer that ends from now on; `None` if nothing is
    /// fetched.
    pub fn attempts(&self) -> Option<Attempts> {
        let main = self.issuers.main()?;
        main.remote_keys().map(|keys| keys.attempts())
    }

    /// Waits for the first attempt of each issuer. An issuer that `before` has too, and that is
    /// unreachable now, keeps its keys of before, because an outage must not prevent a reload.
    pub(super) async fn replace(&self, before: &Self) -> Result<(), Arc<DiscoveryError>> {
        // The attempts run at the same time, each in its own task.
        for issuer in self.issuers.all() {
            let Some(keys) = issuer.remote_keys() else {
                continue;
            };
            let Err(error) = keys.first_attempt().await else {
                continue;
            };
            let known = before.issuers.find(issuer.identifier());
            let known = known.as_ref().and_then(|issuer| issuer.remote_keys());
            // A certificate that is not accepted may be the fault of the new settings.
            let is_unreachable = error.is_outage() && error.certificate_fault().is_none();
            if !(is_unreachable && known.is_some_and(|known| keys.continue_from(known))) {
                return Err(error);
            }
            warn!(
                issuer = issuer.identifier(),
                has_keys = issuer.has_keys(),
                "issuer unreachable during the reload, keys kept"
            );
        }
        Ok(())
    }
}
