//! A running issuer: its listener, its task, and the strings a test pulls.

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
use super::revocations::Revocations;
use super::routes::routes;
use super::single_use::SingleUse;
use crate::clock::{Clock, SystemClock};
use crate::token::Algorithm;

/// What may differ from one issuer to the next.
#[derive(Debug, Clone)]
pub struct DevOptions {
    /// The claim `aud` of every token.
    pub audience: String,
    /// Dates tokens, and ages what is kept in memory.
    pub clock: Arc<dyn Clock>,
    /// The first signing key; one is generated for RS256 when this is `None`.
    pub signing_key: Option<Arc<SigningKey>>,
    /// `max-age` of the key set, in whole seconds.
    pub keys_max_age: Duration,
    /// Where the public client may receive codes; matched to the letter.
    pub redirect_uris: Vec<String>,
}

impl Default for DevOptions {
    fn default() -> Self {
        Self {
            audience: "api://default".into(),
            clock: Arc::new(SystemClock::new()),
            signing_key: None,
            keys_max_age: Duration::from_secs(600),
            redirect_uris: REDIRECT_URIS.map(str::to_owned).to_vec(),
        }
    }
}

/// An authorization server on loopback. Dropping it stops it.
///
/// ```no_run
/// # async fn example() -> std::io::Result<()> {
/// use poem_resource_server::dev::{DevIssuer, DevOptions};
/// use tokio::net::TcpListener;
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let issuer = DevIssuer::start(listener, DevOptions::default())?;
/// let token = issuer.sign(&issuer.token_for_client("dev-client", &["AccessAll"]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DevIssuer {
    authority: Arc<Authority>,
    address: SocketAddr,
    /// Gone with the issuer, which is what the server waits for.
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

impl DevIssuer {
    /// Serves on `listener` from now on.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] when others than this machine could connect.
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
            sign_ins: SingleUse::lasting(SIGN_IN_LIFETIME),
            codes: SingleUse::lasting(CODE_LIFETIME),
        });
        let acceptor = TcpAcceptor::from_tokio(listener)?;
        let (stop, stopped) = oneshot::channel();
        let server = Server::new_with_acceptor(acceptor)
            .name("dev-issuer")
            .run_with_graceful_shutdown(
                routes(Arc::clone(&authority)),
                async {
                    // An error says that the sender was dropped: reason enough.
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

    /// Stops taking connections and waits, for a moment, for those in flight.
    pub async fn shutdown(self) {
        drop(self.stop);
        // Whether the server ended well or badly, it has ended.
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

    /// What dates its tokens.
    #[cfg(feature = "testing")]
    pub(crate) fn clock(&self) -> Arc<dyn Clock> {
        self.authority.clock.clone()
    }

    /// A token about the client itself, ready to be bent or signed.
    pub fn token_for_client(&self, client_id: &str, scopes: &[&str]) -> AccessToken {
        self.authority.access_token(client_id, None, scopes)
    }

    /// A token about `user`, given to the public client.
    pub fn token_for_user(&self, user: User, scopes: &[&str]) -> AccessToken {
        self.authority
            .access_token(PUBLIC_CLIENT_ID, Some(user), scopes)
    }

    /// Signs with the current key.
    ///
    /// # Panics
    ///
    /// When the system has no memory or randomness to give.
    pub fn sign(&self, token: &AccessToken) -> String {
        token.sign_with(&self.signing_key())
    }

    /// The key that signs now.
    pub fn signing_key(&self) -> Arc<SigningKey> {
        self.authority.keys.current()
    }

    /// Signs with a new key of the same kind; the old ones stay in the key set.
    ///
    /// # Panics
    ///
    /// When the system has no memory or randomness to give.
    pub fn rotate(&self) -> &Self {
        let key = SigningKey::generate(self.signing_key().algorithm());
        self.rotate_to(&Arc::new(key))
    }

    /// Signs with `key` from now on; the old ones stay in the key set.
    pub fn rotate_to(&self, key: &Arc<SigningKey>) -> &Self {
        self.authority.keys.add(key);
        self
    }

    /// Takes all keys but the current one out of the key set.
    pub fn retire_old_keys(&self) -> &Self {
        self.authority.keys.retire_old();
        self
    }

    /// Changes how metadata and keys are answered, until it is changed again.
    pub fn set_behaviour(&self, behaviour: Behaviour) {
        self.authority.stage.set(behaviour);
    }

    /// How often `path` was asked for: `/v1/keys` or a metadata path, below the issuer.
    ///
    /// # Panics
    ///
    /// For any other path, which would otherwise seem never to be visited.
    pub fn requests_to(&self, path: &str) -> u64 {
        self.authority
            .stage
            .requests_to(path)
            .expect("a path whose requests are counted")
    }
}

/// The service's Swagger UI under both its names, and Postman.
const REDIRECT_URIS: [&str; 3] = [
    "http://127.0.0.1:3000/docs/oauth2-redirect.html",
    "http://localhost:3000/docs/oauth2-redirect.html",
    "https://oauth.pstmn.io/v1/callback",
];

/// A person may be called away from the sign-in page.
const SIGN_IN_LIFETIME: Duration = Duration::from_secs(600);

/// A code goes straight from the browser to the client.
const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// No answer takes long, so this only cuts those who stay connected.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
