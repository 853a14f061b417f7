//! A whole application in a test: in process, or on sockets of this machine.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::Method;
use poem::{Endpoint, Request, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::clock::SystemClock;
use crate::guard::Document;
use crate::service::application::Hosted;
use crate::service::config::{Config, ConfigError, Sources};
use crate::service::{Application, BuildError, Service, Setting};

use super::{Issuer, Walk};

/// An application for tests, with settings of their own.
///
/// Its issuer is an [`Issuer`] of the test, so that no network is needed.
///
/// ```
/// use poem_openapi::{OpenApi, payload::PlainText};
/// use poem_resource_server::{Application, guard::BearerAuth};
/// use poem_resource_server::testing::{Issuer, TestApplication};
///
/// struct Shop;
///
/// #[OpenApi]
/// impl Shop {
///     /// The caller's name.
///     #[oai(path = "/me", method = "get", operation_id = "me")]
///     async fn me(&self, caller: BearerAuth) -> PlainText<String> {
///         PlainText(caller.subject().to_owned())
///     }
/// }
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let issuer = Issuer::new();
/// let application = Application::new("Shop", "1.0.0").api(|_| Shop);
/// let shop = TestApplication::new(application).start(&issuer).await?;
/// shop.walk().run().await.assert_clean();
/// # Ok(()) }
/// ```
#[must_use = "nothing runs before `start` or `listen`"]
pub struct TestApplication {
    application: Box<dyn Hosted>,
    sources: Sources,
}

/// An application that runs in process: a poem [`Endpoint`] with everything that the service
/// does for each request. Limits of connections are the server's and do not apply.
pub struct InProcess {
    service: Service,
    document: Document,
    issuer: Issuer,
}

/// An application that listens on a free port of this machine. Dropping it begins its shutdown;
/// [`Listening::stop`] also waits for the end.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    admin: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

/// Why an application of a test does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// The settings of the test are wrong.
    #[error("the settings of the test are wrong")]
    Config(#[from] ConfigError),
    /// The service cannot be built.
    #[error("the service cannot be built")]
    Build(#[from] BuildError),
    /// No port can be opened.
    #[error("no port can be opened")]
    Listen(#[from] std::io::Error),
}

impl TestApplication {
    /// The application with its default settings.
    pub fn new<S, D>(application: Application<S, D>) -> Self
    where
        S: Send + Sync + 'static,
        D: Send + Sync + 'static,
    {
        let application: Box<dyn Hosted> = Box::new(application);
        let sources = Sources {
            application: application.settings(),
            ..Sources::default()
        };
        Self {
            application,
            sources,
        }
    }

    /// Sets the setting `key`, as in `app.database_url`, to `value` as a variable would.
    pub fn with_setting(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.sources.flags.push(("the test", key, value.into()));
        self
    }

    /// Starts the application in process. Its startup hook and background tasks run.
    ///
    /// # Errors
    ///
    /// A [`TestError`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(self, issuer: &Issuer) -> Result<InProcess, TestError> {
        let service = self
            .build(issuer, "127.0.0.1:3000".parse().expect("an address"))
            .await?;
        service.check_readiness().await;
        Ok(InProcess {
            document: service.document(),
            service,
            issuer: issuer.clone(),
        })
    }

    /// Starts the application on a free port of this machine, with another for operators.
    ///
    /// # Errors
    ///
    /// A [`TestError`].
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn listen(self, issuer: &Issuer) -> Result<Listening, TestError> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let admin_listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, admin) = (listener.local_addr()?, admin_listener.local_addr()?);
        let service = self.build(issuer, address).await?;
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(service.run(listener, Some(admin_listener), async {
            let _ = stopped.await;
        }));
        Ok(Listening {
            address,
            admin,
            stop,
            served,
        })
    }

    async fn build(self, issuer: &Issuer, address: SocketAddr) -> Result<Service, TestError> {
        let mut config = Config::load(&self.sources)?;
        issuer.configure(&mut config);
        let setting = Setting {
            listen: address.into(),
            clock: Arc::new(SystemClock::new()),
            keys: issuer.key_source(),
        };
        Ok(Service::host(self.application, &config, setting).await?)
    }
}

impl InProcess {
    /// The document of the API.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// A walk over every operation: see [`Walk`].
    pub fn walk(&self) -> Walk<'_, Self> {
        Walk::new(self, &self.document, &self.issuer)
    }

    /// Runs the application's readiness checks now, so that `/readyz` follows. They ran when it
    /// started, and do not run by themselves.
    pub async fn check_readiness(&self) {
        self.service.check_readiness().await;
    }

    /// Ends the background tasks and runs the shutdown hook.
    pub async fn stop(self) {
        self.service.stop().await;
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

impl Endpoint for InProcess {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let is_head = request.method() == Method::HEAD;
        let mut response = self.service.answer(request).await;
        if is_head {
            // As the server does (RFC 9110 section 9.3.2).
            response.set_body(());
        }
        Ok(response)
    }
}

impl Listening {
    /// The address of callers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of operators.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Ends the service as SIGTERM does, and waits for its end.
    pub async fn stop(self) {
        // An error means that the service has ended already.
        let _ = self.stop.send(());
        let _ = self.served.await;
    }
}
