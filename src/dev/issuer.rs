//! A running issuer: its listener, its task, and the controls for tests.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::Server;
use poem::listener::TcpAcceptor;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::access_token::AccessToken;
use super::authority::Authority;
use super::behaviour::{Behaviour, Stage};
use super::directory::{PUBLIC_CLIENT_ID, User};
use super::key_ring::KeyRing;
use super::mint::SigningKey;
use super::options::DevOptions;
use super::revocations::Revocations;
use super::routes::routes;
use super::scopes::Scopes;
use super::single_use::SingleUse;
#[cfg(feature = "testing")]
use crate::clock::Clock;
use crate::token::Algorithm;

/// An authorization server on a loopback address. Dropping it stops it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use poem_resource_server::dev::{DevIssuer, DevOptions};
/// use tokio::net::TcpListener;
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let issuer = DevIssuer::start(listener, DevOptions::default())?;
/// let token = issuer.sign(&issuer.token_for_client("dev-client", &["AccessAll"]));
///
/// assert!(issuer.issuer().ends_with("/oauth2/default"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DevIssuer {
    authority: Arc<Authority>,
    address: SocketAddr,
    /// Dropped with the issuer, which stops the server.
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

impl DevIssuer {
    /// Starts to serve on `listener`.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] if another machine could connect.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub fn start(listener: TcpListener, options: DevOptions) -> io::Result<Self> {
        let address = listener.local_addr()?;
        if !address.ip().to_canonical().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the embedded issuer is for loopback addresses only, found {address}"),
            ));
        }
        let key = options
            .signing_key
            .unwrap_or_else(|| Arc::new(SigningKey::generate(Algorithm::Rs256)));
        let authority = Arc::new(Authority {
            origin: format!("http://{address}"),
            audience: options.audience,
            clock: options.clock,
            keys: KeyRing::new(key),
            keys_max_age: options.keys_max_age,
            stage: Stage::new(),
            revocations: Revocations::default(),
            redirect_uris: options.redirect_uris,
            scopes: Scopes::new(options.scopes),
            sign_ins: SingleUse::with_lifetime(SIGN_IN_LIFETIME),
            codes: SingleUse::with_lifetime(CODE_LIFETIME),
        });
        let acceptor = TcpAcceptor::from_tokio(listener)?;
        let (stop, stopped) = oneshot::channel();
        let server = Server::new_with_acceptor(acceptor)
            .name("dev-issuer")
            .run_with_graceful_shutdown(
                routes(Arc::clone(&authority), &options.allowed_origins.into()),
                async {
                    // An error means that the issuer was dropped, which stops the server as well.
                    let _ = stopped.await;
                },
                Some(SHUTDOWN_TIMEOUT),
            );
        Ok(Self {
            authority,
            address,
            stop,
            server: tokio::spawn(server),
        })
    }

    /// Stops accepting connections and waits up to 1 s for requests in flight.
    pub async fn shutdown(self) {
        drop(self.stop);
        // The server has stopped, whether it failed or not.
        let _ = self.server.await;
    }

    /// The claim `iss`: `http://127.0.0.1:PORT/oauth2/default`.
    pub fn issuer(&self) -> String {
        self.authority.issuer()
    }

    /// The claim `aud`.
    pub fn audience(&self) -> &str {
        &self.authority.audience
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The source of time of its tokens.
    #[cfg(feature = "testing")]
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.authority.clock.clone()
    }

    /// A token about the client itself, to be changed or signed.
    pub fn token_for_client(&self, client_id: &str, scopes: &[&str]) -> AccessToken {
        self.authority.access_token(client_id, None, scopes)
    }

    /// A token about `user`, issued to the public client.
    pub fn token_for_user(&self, user: User, scopes: &[&str]) -> AccessToken {
        self.authority
            .access_token(PUBLIC_CLIENT_ID, Some(user), scopes)
    }

    /// Signs with the current key.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn sign(&self, token: &AccessToken) -> String {
        token.sign_with(&self.signing_key())
    }

    /// The current signing key.
    pub fn signing_key(&self) -> Arc<SigningKey> {
        self.authority.keys.current()
    }

    /// Signs with a new key of the same kind; the old ones stay in the key set.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn rotate(&self) -> &Self {
        let key = SigningKey::generate(self.signing_key().algorithm());
        self.rotate_to(&Arc::new(key))
    }

    /// Signs with `key` from now on; the old ones stay in the key set.
    pub fn rotate_to(&self, key: &Arc<SigningKey>) -> &Self {
        self.authority.keys.add(key);
        self
    }

    /// Removes all keys except the current one from the key set.
    pub fn retire_old_keys(&self) -> &Self {
        self.authority.keys.retire_old();
        self
    }

    /// Changes how metadata and keys are answered, until the next call.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.authority.stage.set(behaviour);
    }

    /// The number of requests to `path`: `/v1/keys` or a metadata path, below the issuer.
    ///
    /// # Panics
    ///
    /// For any other path, because its requests are not counted.
    pub fn requests_to(&self, path: &str) -> u64 {
        self.authority
            .stage
            .requests_to(path)
            .expect("a path whose requests are counted")
    }
}

/// A person may leave the sign-in page open for some time.
const SIGN_IN_LIFETIME: Duration = Duration::from_secs(600);

/// A code goes straight from the browser to the client.
const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// No answer takes long, so this only closes connections that are idle.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
