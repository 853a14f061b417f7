//! A running issuer: its listener, its task, and the controls for tests.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::Server;
use poem::listener::TcpAcceptor;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::access_token::{AccessToken, unix_secs};
use super::authentication::{Authentication, AuthenticationClass};
use super::authority::{self, Authority};
use super::behaviour::{Behaviour, Stage};
use super::directory::{PUBLIC_CLIENT_ID, User};
use super::key_ring::KeyRing;
use super::mint::SigningKey;
use super::options::DevOptions;
use super::revocations::Revocations;
use super::routes::routes;
use super::scopes::Scopes;
use super::single_use::SingleUse;
use super::unsigned_proof::UnsignedProof;
#[cfg(feature = "testing")]
use crate::clock::Clock;
use crate::token::Algorithm;
use crate::verifier::Proofs;

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
    /// Further issuers on the same listener, by name.
    further: BTreeMap<String, DevIssuer>,
    /// `None` for a further issuer, which has no server of its own.
    server: Option<Running>,
}

/// The server of an issuer.
#[derive(Debug)]
struct Running {
    /// Dropped with the issuer, which stops the server.
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl DevIssuer {
    /// Starts to serve on `listener`.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::InvalidInput`] if another machine could connect, or if a further issuer has
    /// a name that is not a plain segment of a path or that is in use.
    ///
    /// # Panics
    ///
    /// Outside a Tokio runtime.
    pub fn start(listener: TcpListener, options: DevOptions) -> io::Result<Self> {
        let address = listener.local_addr()?;
        if !address.ip().to_canonical().is_loopback() {
            return Err(invalid(format!(
                "the embedded issuer is for loopback addresses only, found {address}"
            )));
        }
        let issuer = |name: &str, audience: &str, key: &Option<Arc<SigningKey>>| Self {
            authority: Arc::new(authorization_server(
                address,
                &options,
                name,
                audience,
                key.clone(),
            )),
            address,
            further: BTreeMap::new(),
            server: None,
        };
        let mut started = issuer(DEFAULT, &options.audience, &options.signing_key);
        for other in &options.further_issuers {
            let name = &other.name;
            if !is_plain(name) || RESERVED.contains(&&**name) || started.further.contains_key(name)
            {
                return Err(invalid(format!(
                    "the name of an embedded issuer must be a plain segment of a path that is not \
                     in use, found {name:?}"
                )));
            }
            let other = issuer(name, &other.audience, &other.signing_key);
            started.further.insert(name.clone(), other);
        }
        let authorities = started.further.values();
        let authorities = authorities.map(|other| other.authority.clone()).collect();
        let routes = routes(
            &started.authority,
            authorities,
            &options.allowed_origins.into(),
        );
        let acceptor = TcpAcceptor::from_tokio(listener)?;
        let (stop, stopped) = oneshot::channel();
        let server = Server::new_with_acceptor(acceptor)
            .name("dev-issuer")
            .run_with_graceful_shutdown(
                routes,
                async {
                    // An error means that the issuer was dropped, which stops the server as well.
                    let _ = stopped.await;
                },
                Some(SHUTDOWN_TIMEOUT),
            );
        let task = tokio::spawn(server);
        started.server = Some(Running { stop, task });
        Ok(started)
    }

    /// The further issuer with this name, on the same listener. It is served as long as this issuer.
    pub fn further(&self, name: &str) -> Option<&Self> {
        self.further.get(name)
    }

    /// Stops accepting connections and waits up to 1 s for requests in flight.
    pub async fn shutdown(self) {
        if let Some(Running { stop, task }) = self.server {
            drop(stop);
            // The server has stopped, whether it failed or not.
            let _ = task.await;
        }
    }

    /// The claim `iss`: `http://127.0.0.1:PORT/oauth2/default`, or another name for a further issuer.
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

    /// A token about `user`, who signs in now with one factor, issued to the public client.
    pub fn token_for_user(&self, user: User, scopes: &[&str]) -> AccessToken {
        let authentication = Authentication {
            user,
            class: AuthenticationClass::OneFactor,
            time_secs: unix_secs(self.authority.clock.now()),
        };
        self.authority
            .access_token(PUBLIC_CLIENT_ID, Some(authentication), scopes)
    }

    /// A DPoP proof for a request to this URL, to be changed or signed.
    pub fn proof(&self, method: &str, url: &str) -> UnsignedProof {
        UnsignedProof::new(method, url, self.authority.clock.now())
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

/// The authorization server with this name.
fn authorization_server(
    address: SocketAddr,
    options: &DevOptions,
    name: &str,
    audience: &str,
    key: Option<Arc<SigningKey>>,
) -> Authority {
    let key = key.unwrap_or_else(|| Arc::new(SigningKey::generate(Algorithm::Rs256)));
    Authority {
        origin: format!("http://{address}"),
        path: authority::path(name),
        audience: audience.to_owned(),
        clock: options.clock.clone(),
        keys: KeyRing::new(key),
        keys_max_age: options.keys_max_age,
        stage: Stage::new(),
        revocations: Revocations::default(),
        proofs: Proofs::default().with_nonces(NONCE_LIFETIME),
        redirect_uris: options.redirect_uris.clone(),
        scopes: Scopes::new(options.scopes.clone()),
        sign_ins: SingleUse::with_lifetime(SIGN_IN_LIFETIME),
        codes: SingleUse::with_lifetime(CODE_LIFETIME),
    }
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// Whether the name is a segment of a path that needs no encoding.
fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain)
}

/// The name of the first issuer.
const DEFAULT: &str = "default";

/// The first issuer, and the organisation's own server.
const RESERVED: [&str; 2] = [DEFAULT, "v1"];

/// A person may leave the sign-in page open for some time.
const SIGN_IN_LIFETIME: Duration = Duration::from_secs(600);

/// A code goes straight from the browser to the client.
const CODE_LIFETIME: Duration = Duration::from_secs(60);

/// Okta changes its nonces every day. A short period shows more of the protocol.
const NONCE_LIFETIME: Duration = Duration::from_secs(300);

/// No answer takes long, so this only closes connections that are idle.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);
