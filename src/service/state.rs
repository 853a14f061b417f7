//! The state of a service, which a reload keeps.

use std::sync::Arc;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::token::KeySource;
use crate::verifier::Tally;

use super::application::Running;
use super::config::Listen;
use super::denylist::Denials;
use super::logout::LogoutCounts;
use super::readiness::Conditions;
use super::server::Stage;
use super::traces::Traces;
use super::used_proofs::UsedProofs;

/// What outlives a reload.
#[derive(Clone)]
pub(super) struct ServiceState {
    pub(super) application: Arc<dyn Running>,
    pub(super) listen: Listen,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stage: watch::Receiver<Stage>,
    pub(super) verdicts: Arc<Tally>,
    pub(super) denials: Denials,
    pub(super) used_proofs: UsedProofs,
    pub(super) logouts: Arc<LogoutCounts>,
    pub(super) conditions: Conditions,
    pub(super) traces: Option<Traces>,
    /// The keys of a test, which replace those of an issuer.
    pub(super) given_keys: Option<Arc<dyn KeySource>>,
}
