//! Why an application did not start.

use super::HookError;

/// Why an application did not start.
#[derive(Debug, thiserror::Error)]
#[error("the application cannot start")]
pub struct StartError(#[source] pub(super) HookError);
