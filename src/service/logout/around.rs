//! What a receiver uses of the configuration around it.

use std::sync::Arc;

use crate::guard::RateLimits;
use crate::service::audit::Audit;
use crate::verifier::TrustedIssuers;

/// What a receiver uses of the configuration around it.
pub(super) struct Around<'a> {
    pub(super) issuers: &'a TrustedIssuers,
    pub(super) limits: Option<&'a RateLimits>,
    pub(super) audit: Option<&'a Arc<Audit>>,
    pub(super) public_url: &'a str,
}
