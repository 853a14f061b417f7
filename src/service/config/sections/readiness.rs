//! `[readiness]`: when the service is ready.

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;

/// When the service is ready.
#[derive(Debug, Clone, Copy)]
pub struct ReadinessConfig {
    /// The issuers whose keys the service needs.
    pub issuers: NeededIssuers,
}

/// The issuers whose keys the service needs to be ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NeededIssuers {
    /// At least one of them.
    Any,
    /// Each of them.
    All,
}

impl ReadinessConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            issuers: reader.read("readiness.issuers", |value| match value.as_str() {
                Some("any") => Ok(NeededIssuers::Any),
                Some("all") => Ok(NeededIssuers::All),
                _ => Err(Fault::new("must be `any` or `all`").fix("write one of the two")),
            }),
        }
    }
}
