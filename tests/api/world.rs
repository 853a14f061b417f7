//! The service and an issuer, each on a port of its own, and a clock that only tests advance.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use poem_resource_server::clock::ManualClock;
use poem_resource_server::dev::{
    AccessToken, Behaviour, CLIENT_ID, DevIssuer, DevOptions, SigningAlgorithm, SigningKey,
};
use poem_resource_server::issuer::Issuer;
use poem_resource_server::service::internal::{ApplicationSettings, Config, Sources};
use poem_resource_server::service::{BuildError, ReloadError, Reloader, Service};
use reqwest::{Method, RequestBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::answer::{Answer, DETAIL};
use crate::guide_api;

/// One RSA key for all: to make it takes longer than most tests.
static KEY: LazyLock<Arc<SigningKey>> =
    LazyLock::new(|| Arc::new(SigningKey::generate(SigningAlgorithm::Rs256)));

pub struct World {
    pub issuer: DevIssuer,
    pub clock: ManualClock,
    pub address: SocketAddr,
    admin: SocketAddr,
    reloader: Reloader,
    scheme: &'static str,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl World {
    /// With nothing set.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these settings, as if by flags.
    pub async fn with(settings: &[(&'static str, &str)]) -> Self {
        Self::from(&flags(settings)).await
    }

    /// With a certificate by `authority`, in PEM form.
    pub async fn secure(settings: &[(&'static str, &str)], authority: &str) -> Self {
        let authority = reqwest::Certificate::from_pem(authority.as_bytes()).unwrap();
        let client = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([authority])
            .build()
            .unwrap();
        Self::open(&flags(settings), "https", client).await
    }

    /// With a certificate that no client accepts but this one.
    pub async fn with_any_certificate(settings: &[(&'static str, &str)]) -> Self {
        let client = reqwest::Client::builder().no_proxy();
        let client = client.tls_danger_accept_invalid_certs(true);
        Self::open(&flags(settings), "https", client.build().unwrap()).await
    }

    async fn from(sources: &Sources) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self::open(sources, "http", client).await
    }

    async fn open(sources: &Sources, scheme: &'static str, client: reqwest::Client) -> Self {
        let (issuer, clock) = issuer().await;
        let config = config(&issuer, sources);
        let (listener, address) = listen().await;
        let service = build(&config, address, &clock).await.unwrap();
        let mut attempts = service.keys().attempts().unwrap();
        if service.keys().status().attempts == 0 {
            attempts.ended().await;
        }
        let mut world = Self::run(service, listener, address, issuer, clock).await;
        (world.scheme, world.client) = (scheme, client);
        world.until_documented().await;
        world
    }

    /// The issuer's endpoints are in the document soon after its keys are held.
    pub async fn until_documented(&self) {
        for _ in 0..10_000 {
            if self.get("/openapi.json").await.body.contains("\"SignIn\"") {
                return;
            }
        }
        panic!("the document never had the issuer's endpoints");
    }

    /// With a file of settings.
    pub async fn with_file(path: &Path) -> Self {
        Self::from(&Sources {
            config_file: Some(path.to_owned()),
            ..sources()
        })
        .await
    }

    /// With nobody who could ask it anything yet.
    pub async fn unasked(settings: &[(&'static str, &str)]) -> Self {
        let (issuer, clock) = issuer().await;
        let config = config(&issuer, &flags(settings));
        let (listener, address) = listen().await;
        let service = build(&config, address, &clock).await.unwrap();
        Self::run(service, listener, address, issuer, clock).await
    }

    /// With another issuer than its own, which nobody waits for.
    pub async fn with_issuer(url: &str, settings: &[(&'static str, &str)]) -> Self {
        let (issuer, clock) = issuer().await;
        let mut config = config(&issuer, &flags(settings));
        config.issuer.url = Some(Issuer::parse(url).unwrap());
        let (listener, address) = listen().await;
        let service = build(&config, address, &clock).await.unwrap();
        let mut attempts = service.keys().attempts().unwrap();
        let world = Self::run(service, listener, address, issuer, clock).await;
        attempts.ended().await;
        world
    }

    /// With an issuer that answers 503 from the start.
    pub async fn without_keys(settings: &[(&'static str, &str)]) -> Self {
        let (issuer, clock) = issuer().await;
        issuer.set_behaviour(Behaviour::Unavailable(
            poem::http::StatusCode::SERVICE_UNAVAILABLE,
        ));
        let (listener, address) = listen().await;
        let config = config(&issuer, &flags(settings));
        let service = build(&config, address, &clock).await.unwrap();
        Self::run(service, listener, address, issuer, clock).await
    }

    /// Why these settings make no service.
    pub async fn refused(settings: &[(&'static str, &str)]) -> BuildError {
        let (issuer, clock) = issuer().await;
        let config = config(&issuer, &flags(settings));
        let address: SocketAddr = "127.0.0.1:3000".parse().unwrap();
        build(&config, address, &clock).await.err().unwrap()
    }

    async fn run(
        service: Service,
        listener: TcpListener,
        address: SocketAddr,
        issuer: DevIssuer,
        clock: ManualClock,
    ) -> Self {
        let (admin_listener, admin) = listen().await;
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        Self {
            reloader: service.reloader(),
            server: tokio::spawn(service.run(listener, Some(admin_listener), shutdown)),
            stop: Some(stop),
            admin,
            issuer,
            clock,
            address,
            scheme: "http",
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Stops the service, as SIGTERM would.
    pub fn announce_end(&mut self) {
        self.stop = None;
    }

    /// Ends the service, and waits until it has.
    pub async fn end(mut self) {
        self.announce_end();
        self.server.await.unwrap();
    }

    /// Puts these settings in force, as SIGHUP would.
    pub async fn reload(&self, settings: &[(&'static str, &str)]) -> Result<(), ReloadError> {
        let config = config(&self.issuer, &flags(settings));
        self.reloader.reload(&config).await
    }

    /// What operators read at this path.
    pub async fn admin(&self, path: &str) -> Answer {
        Answer::to(self.client.get(format!("http://{}{path}", self.admin))).await
    }

    /// What operators change at this path.
    pub fn admin_request(&self, method: Method, path: &str) -> RequestBuilder {
        (self.client).request(method, format!("http://{}{path}", self.admin))
    }

    /// A valid token of the client, with one scope.
    pub fn token(&self) -> AccessToken {
        self.issuer.token_for_client(CLIENT_ID, &["profile:read"])
    }

    pub fn sign(&self, token: &AccessToken) -> String {
        self.issuer.sign(token)
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}://{}{path}", self.scheme, self.address))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    pub async fn get_with(&self, path: &str, token: &str) -> Answer {
        Answer::to(self.request(Method::GET, path).bearer_auth(token)).await
    }

    pub async fn whoami(&self, token: &str) -> Answer {
        self.get_with("/api/whoami", token).await
    }

    /// Sends `fields` as they are, where a polite client would not.
    pub async fn raw_whoami(&self, fields: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream
            .write_all(b"GET /api/whoami HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
            .await
            .unwrap();
        stream.write_all(fields).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        Answer::parse(&String::from_utf8(bytes).unwrap())
    }

    /// The challenge that begins every refusal.
    pub fn challenge(&self, parameters: &str) -> String {
        let address = self.address;
        format!(
            "Bearer realm=\"api\", resource_metadata=\
             \"http://{address}/.well-known/oauth-protected-resource\"{parameters}"
        )
    }

    pub fn invalid_token(&self) -> String {
        let parameters = ", error=\"invalid_token\", error_description=\"DETAIL\"";
        self.challenge(&parameters.replace("DETAIL", DETAIL))
    }
}

async fn build(
    config: &Config,
    address: SocketAddr,
    clock: &ManualClock,
) -> Result<Service, BuildError> {
    let clock = Arc::new(clock.clone());
    Service::build(guide_api::application(), config, address, clock).await
}

async fn issuer() -> (DevIssuer, ManualClock) {
    let clock = ManualClock::new();
    let options = DevOptions::default()
        .with_clock(Arc::new(clock.clone()))
        .with_signing_key(KEY.clone());
    (DevIssuer::start(listen().await.0, options).unwrap(), clock)
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn flags(settings: &[(&'static str, &str)]) -> Sources {
    let mut sources = sources();
    for (key, value) in settings {
        sources.flags.push(("a test", key, (*value).to_owned()));
    }
    sources
}

fn sources() -> Sources {
    let application = ApplicationSettings::default().with_anonymous(vec!["hello".to_owned()]);
    Sources {
        application,
        ..Sources::default()
    }
}

fn config(issuer: &DevIssuer, sources: &Sources) -> Config {
    let mut config = Config::load(sources).unwrap();
    config.issuer.url = Some(Issuer::parse(&issuer.issuer()).unwrap());
    config
}
