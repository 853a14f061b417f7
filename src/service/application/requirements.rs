//! What an application requires of the callers of its operations, beyond what their code declares.

use crate::guard::Requirement;

use super::Application;

impl<Settings, State> Application<Settings, State> {
    /// Requires this of the callers of the operation with this id, in addition to what the operation
    /// declares and to what the settings require.
    ///
    /// The id is compared without regard to case. A requirement protects an operation that declares
    /// nothing. If two requirements apply to an operation, callers must meet both. The document and
    /// the challenges show them, as those of the settings.
    ///
    /// In this example, another part of the program sets `is_open`. While it is `false`, calls of
    /// `list_orders` are refused with the reason `shop_is_closed`:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicBool, Ordering};
    ///
    /// use poem_resource_server::Application;
    /// use poem_resource_server::guard::Requirement;
    ///
    /// fn with_requirements(application: Application, is_open: Arc<AtomicBool>) -> Application {
    ///     let opening_hours = Requirement::default()
    ///         .with_check("shop_is_closed", move |_caller, _request| is_open.load(Ordering::Relaxed));
    ///     let admins = Requirement::default().with_claim("groups", ["admins"]);
    ///     application
    ///         .require("list_orders", opening_hours)
    ///         .require_path_prefix("/admin", admins)
    /// }
    /// ```
    ///
    /// An id that no operation has is an error when the service starts.
    pub fn require(mut self, operation_id: &str, requirement: impl Into<Requirement>) -> Self {
        let code = &mut self.outline.access.in_code;
        code.add_operation(operation_id, &requirement.into());
        self
    }

    /// As [`Application::require`], for every operation with this tag.
    pub fn require_tag(mut self, tag: &str, requirement: impl Into<Requirement>) -> Self {
        let code = &mut self.outline.access.in_code;
        code.add_tag(tag, &requirement.into());
        self
    }

    /// As [`Application::require`], for every operation whose path in the document is `prefix` or
    /// begins with `prefix` and a slash.
    pub fn require_path_prefix(
        mut self,
        prefix: &str,
        requirement: impl Into<Requirement>,
    ) -> Self {
        let code = &mut self.outline.access.in_code;
        code.add_path_prefix(prefix, &requirement.into());
        self
    }

    /// As [`Application::require`], for every operation except those that `access.anonymous` names
    /// and those whose only scheme is another one.
    pub fn require_all(mut self, requirement: impl Into<Requirement>) -> Self {
        self.outline.access.in_code.add_all(&requirement.into());
        self
    }
}
