//! Whether a token is granted, and whether it would be accepted here.

use std::sync::Arc;

use crate::clock::Clock;
use crate::issuer::{GrantError, GrantedToken};
use crate::token::{DecryptionKey, KeySet, Validation};
use crate::verifier::{TrustedIssuer, TrustedIssuers, Verifier, advice};

use super::documents::chain;
use super::findings::Diagnosis;

pub(super) fn granted(
    outcome: Result<GrantedToken, GrantError>,
    found: &str,
    diagnosis: &mut Diagnosis,
) -> Option<GrantedToken> {
    match outcome {
        Ok(token) => {
            diagnosis.passed("token", found);
            Some(token)
        }
        Err(error) => {
            diagnosis.failed("token", &chain(&error), error.fix());
            None
        }
    }
}

/// Verifies tokens as the service would.
pub(super) struct Judge {
    pub(super) keys: KeySet,
    pub(super) rules: Validation,
    pub(super) decryption_keys: Vec<Arc<DecryptionKey>>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Judge {
    pub(super) async fn examine(self, token: &GrantedToken, diagnosis: &mut Diagnosis) {
        let issuer = TrustedIssuer::new("default", Arc::new(Arc::new(self.keys)), self.rules)
            .with_decryption_keys(self.decryption_keys);
        let verifier = Verifier::for_issuers(Arc::new(TrustedIssuers::from(issuer)))
            .with_clock(self.clock)
            .with_cache(None);
        let explanation = verifier.explain(token.secret()).await;
        let Some(reason) = explanation.reason() else {
            return diagnosis.passed("accepted", "the service accepts the token");
        };
        let cause = explanation.likely_cause();
        let reason = cause.and_then(|cause| cause.reason).unwrap_or(reason);
        let (meaning, fix) = advice(reason);
        let mut found = format!("{reason}: {meaning}");
        if let Some(cause) = cause.filter(|cause| !cause.found.is_empty()) {
            found = format!("{found} Found {}, wanted {}.", cause.found, cause.wanted);
        }
        let fix = format!("{fix} `explain` shows every rule.");
        diagnosis.failed("accepted", &found, &fix);
    }
}
