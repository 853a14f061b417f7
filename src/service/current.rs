//! The app in force, which a reload replaces between two requests.

use std::sync::Arc;

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use http::Method;
use poem::{Request, Response};

use super::answers::RequestLimits;
use super::app::App;
use super::request_id::RequestId;

/// The app in force.
pub(super) struct Current(Arc<ArcSwap<App>>);

impl Current {
    pub(super) fn new(app: Arc<ArcSwap<App>>) -> Self {
        Self(app)
    }

    /// By the app of now, which a reload does not take from it.
    pub(super) fn answer(
        &self,
        mut request: Box<Request>,
        id: RequestId,
    ) -> BoxFuture<'static, Response> {
        let app = self.0.load();
        // Only the audit log reads it.
        if app.is_audited {
            request.set_data(id);
        }
        app.endpoint.clone().answer(request)
    }

    /// By the app of now.
    pub(super) fn limits_of(&self, method: &Method, path: &str) -> RequestLimits {
        self.0.load().limits.find(method, path).unwrap_or_default()
    }
}
