//! The life of a service: it serves, drains and ends.

use std::future::Future;

#[cfg(feature = "testing")]
use futures_util::future::BoxFuture;
#[cfg(feature = "testing")]
use poem::{Request, Response};
use tokio::sync::watch;

use super::Service;
use super::server::{self, Limits, Listener, Stage, WatchdogProbe};

impl Service {
    /// Serves until `shutdown` completes, and then ends:
    ///
    /// 1. `/readyz` is 503, and callers are served for `http.drain_delay` more.
    /// 2. No new caller is accepted; requests in flight finish within
    ///    `http.shutdown_timeout`.
    /// 3. Background tasks end, and the application's shutdown hook runs.
    ///
    /// Operators can read the metrics until the last connection of a caller is closed.
    pub async fn run(
        self,
        listener: impl Into<Listener>,
        admin: Option<impl Into<Listener>>,
        shutdown: impl Future<Output = ()>,
    ) {
        let watching = self.conditions.watch();
        let shutdown_timeout = self.limits.shutdown_timeout;
        let callers = server::serve(
            listener.into(),
            self.endpoint,
            self.limits.clone(),
            self.tls,
            self.callers,
            self.stage.subscribe(),
            self.responder,
        );
        let admin = admin.map(Into::into);
        if let Some(listener) = &admin {
            self.denials.open(listener);
        }
        let (_, unasked) = WatchdogProbe::with_responder();
        let (admin_stage, admin_ends) = watch::channel(Stage::Open);
        let operators = async {
            if let Some(admin) = admin {
                let (endpoint, operators) = (self.admin, self.operators);
                let limits = Limits {
                    memory: self.limits.memory.for_operators(),
                    ..self.limits
                };
                server::serve(
                    admin, endpoint, limits, None, operators, admin_ends, unasked,
                )
                .await;
            }
        };
        let end = async {
            shutdown.await;
            self.stage.send_replace(Stage::Draining);
            tokio::time::sleep(self.drain_delay).await;
            self.stage.send_replace(Stage::Closed);
        };
        let application = self.application;
        let callers = async {
            tokio::join!(callers, end);
            application.stop(shutdown_timeout).await;
            admin_stage.send_replace(Stage::Closed);
        };
        tokio::join!(callers, operators);
        if let Some(watching) = watching {
            watching.abort();
        }
        if let Some(traces) = self.traces {
            traces.finish().await;
        }
    }

    /// Answers a request without a connection, for tests.
    #[cfg(feature = "testing")]
    pub(crate) fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        self.endpoint.clone().answer(Box::new(request))
    }

    /// Runs the application's readiness checks once, for tests.
    #[cfg(feature = "testing")]
    pub(crate) async fn check_readiness(&self) {
        self.conditions.ask().await;
    }

    /// Ends what runs beside the requests, for tests.
    #[cfg(feature = "testing")]
    pub(crate) async fn stop(self) {
        self.stage.send_replace(Stage::Closed);
        self.application.stop(self.limits.shutdown_timeout).await;
    }
}
