//! What a receiver uses of the configuration around it.

use std::sync::Arc;

use crate::guard::RateLimits;
use crate::service::audit::Audit;
use crate::verifier::TrustedIssuers;

/// What a receiver uses of the configuration around it.
pub(in crate::service) struct Around<'a> {
    pub(in crate::service) issuers: &'a TrustedIssuers,
    pub(in crate::service) limits: Option<&'a RateLimits>,
    pub(in crate::service) audit: Option<&'a Arc<Audit>>,
    pub(in crate::service) public_url: &'a str,
}
