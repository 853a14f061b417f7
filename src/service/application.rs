//! What the service hosts: operations and routes, and what they need while they run.
//!
//! ```text
//! Application --(settings)--> startup hook --(state)--> Running --(guard)--> Made, once per reload
//! ```
//!
//! [`Application`] has the types of its settings and state. The service sees it as a
//! [`Hosted`], which has none.

mod builder;
mod context;
mod hooks;
mod hosted;
mod metric;
mod operations;
mod outline;
mod plain;
mod presentation;
mod requirements;
mod running;
mod start_error;

pub use builder::Application;
pub use context::Context;
pub use metric::Metric;
pub(in crate::service) use metric::MetricKind;
pub use start_error::StartError;

pub(in crate::service) use hosted::Made;
pub(crate) use hosted::{Hosted, Running};
pub(in crate::service) use operations::Operations;
pub(crate) use outline::Outline;
pub(in crate::service) use plain::PlainRoutes;

/// The error of an application's own hook.
pub(crate) type HookError = Box<dyn std::error::Error + Send + Sync>;
