//! How the operations of an application are made, and protected.

use std::collections::HashMap;
use std::sync::Arc;

use http::Method;
use poem::endpoint::BoxEndpoint;
use poem_openapi::OpenApi;

use crate::guard::{Guard, OperationRule, RuleError};

use super::{Context, HookError};

/// Makes the operations, once for each reload.
pub(super) type Make<Settings, State> =
    Arc<dyn Fn(&Context<Settings, State>) -> Result<Unprotected, HookError> + Send + Sync>;

/// Operations that no guard protects yet.
pub(super) struct Unprotected(Box<Protect>);

type Protect = dyn FnOnce(&Guard) -> Result<Operations, RuleError> + Send;

/// Operations behind their gates.
pub(crate) struct Operations {
    pub(in crate::service) rules: Arc<[OperationRule]>,
    pub(in crate::service) table: HashMap<String, HashMap<Method, BoxEndpoint<'static>>>,
}

impl Unprotected {
    pub(super) fn new(api: impl OpenApi + Send + 'static) -> Self {
        Self(Box::new(move |guard| {
            let (rules, table) = guard.try_protect(api)?.into_parts();
            Ok(Operations { rules, table })
        }))
    }

    /// None at all, for an application of plain routes.
    pub(super) fn none() -> Self {
        Self::new(())
    }

    /// Puts each operation behind its gate.
    pub(super) fn protect(self, guard: &Guard) -> Result<Operations, RuleError> {
        (self.0)(guard)
    }
}
