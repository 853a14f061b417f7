//! The service with two embedded issuers, each on its own port.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{
    AccessToken, CLIENT_ID, DevIssuer, DevOptions, SigningAlgorithm, SigningKey,
};
use poem_resource_server::service::internal::{ApplicationSettings, Config, Sources};
use poem_resource_server::service::{ReloadError, Reloader, Service};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::answer::Answer;
use crate::guide_api;

/// The key of each issuer. Both have the same `kid`.
static KEY: LazyLock<[Arc<SigningKey>; 2]> = LazyLock::new(|| {
    [(); 2].map(|()| {
        Arc::new(SigningKey::generate_with_kid(
            SigningAlgorithm::Rs256,
            "key",
        ))
    })
});

pub const PARTNERS_AUDIENCE: &str = "api://partners";

/// The settings of a test: keys and values.
pub type Settings = Vec<(&'static str, String)>;

pub struct World {
    /// The issuer `default`, with the audience `api://default`.
    pub staff: DevIssuer,
    pub partners: DevIssuer,
    pub clock: ManualClock,
    address: SocketAddr,
    admin: SocketAddr,
    reloader: Reloader,
    client: reqwest::Client,
    _stop: oneshot::Sender<()>,
    _server: JoinHandle<()>,
}

impl World {
    /// With both issuers, and these settings.
    pub async fn with(more: &[(&'static str, &str)]) -> Self {
        let clock = ManualClock::new();
        let staff = issuer(&clock, 0, "api://default").await;
        let partners = issuer(&clock, 1, PARTNERS_AUDIENCE).await;
        let settings = settings(&staff.issuer(), Some(&partners.issuer()), more);
        Self::open(staff, partners, clock, settings).await
    }

    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With partners that cannot be reached.
    pub async fn without_partners(more: &[(&'static str, &str)]) -> Self {
        let clock = ManualClock::new();
        let staff = issuer(&clock, 0, "api://default").await;
        let partners = issuer(&clock, 1, PARTNERS_AUDIENCE).await;
        let status = poem::http::StatusCode::SERVICE_UNAVAILABLE;
        partners.set_behaviour(poem_resource_server::dev::Behaviour::Unavailable(status));
        let settings = settings(&staff.issuer(), Some(&partners.issuer()), more);
        Self::open(staff, partners, clock, settings).await
    }

    async fn open(
        staff: DevIssuer,
        partners: DevIssuer,
        clock: ManualClock,
        settings: Settings,
    ) -> Self {
        let config = config(settings);
        let ((listener, address), (admin_listener, admin)) = (listen().await, listen().await);
        let application = guide_api::application();
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let service = Service::build(application, &config, address, shared);
        let service = service.await.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _ = stopped.await;
        };
        Self {
            reloader: service.reloader(),
            _server: tokio::spawn(service.run(listener, Some(admin_listener), shutdown)),
            _stop: stop,
            staff,
            partners,
            clock,
            address,
            admin,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Puts these settings in force with both issuers, as SIGHUP would.
    pub async fn reload(&self, more: &[(&'static str, &str)]) -> Result<(), ReloadError> {
        let partners = self.partners.issuer();
        let settings = settings(&self.staff.issuer(), Some(&partners), more);
        self.reload_all(settings).await
    }

    /// Puts these settings in force with the first issuer alone.
    pub async fn reload_without_partners(
        &self,
        more: &[(&'static str, &str)],
    ) -> Result<(), ReloadError> {
        let settings = settings(&self.staff.issuer(), None, more);
        self.reload_all(settings).await
    }

    async fn reload_all(&self, settings: Settings) -> Result<(), ReloadError> {
        self.reloader.reload(&config(settings)).await
    }

    /// A valid token of the first issuer, for the subject `ada`.
    pub fn staff_token(&self) -> AccessToken {
        let token = self.staff.token_for_client(CLIENT_ID, &["profile:read"]);
        token.claim("sub", "ada")
    }

    /// A valid token of the partners, for the subject `ada`.
    pub fn partner_token(&self) -> AccessToken {
        let token = self.partners.token_for_client(CLIENT_ID, &["profile:read"]);
        token.claim("sub", "ada")
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(path)).await
    }

    pub async fn whoami(&self, token: &str) -> Answer {
        Answer::to(self.request("/api/whoami").bearer_auth(token)).await
    }

    /// Status and reason; the reason is `ok` for an accepted call.
    pub async fn verdict(&self, token: &str) -> (u16, String) {
        let answer = self.whoami(token).await;
        let body: Value = answer.json();
        let reason = body["reason"].as_str().unwrap_or("ok");
        (answer.status, reason.to_owned())
    }

    fn request(&self, path: &str) -> RequestBuilder {
        (self.client).get(format!("http://{}{path}", self.address))
    }

    /// A request of operators.
    pub fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        (self.client).request(method, format!("http://{}{path}", self.admin))
    }

    pub fn now(&self) -> u64 {
        let since_epoch = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.unwrap().as_secs()
    }
}

/// An embedded issuer with one of the two keys.
pub async fn issuer(clock: &ManualClock, key: usize, audience: &str) -> DevIssuer {
    let options = DevOptions::default()
        .with_clock(Arc::new(clock.clone()))
        .with_signing_key(KEY[key].clone())
        .with_audience(audience);
    DevIssuer::start(listen().await.0, options).unwrap()
}

fn settings(staff: &str, partners: Option<&str>, more: &[(&'static str, &str)]) -> Settings {
    let mut settings: Settings = vec![("issuer.url", staff.to_owned())];
    if let Some(partners) = partners {
        settings.push(("issuers.partners.url", partners.to_owned()));
        settings.push(("issuers.partners.audiences", PARTNERS_AUDIENCE.to_owned()));
    }
    for (key, value) in more {
        settings.retain(|(known, _)| known != key);
        settings.push((key, (*value).to_owned()));
    }
    settings
}

fn config(settings: Settings) -> Config {
    let application = ApplicationSettings::default().with_anonymous(vec!["hello".to_owned()]);
    let mut sources = Sources {
        application,
        ..Sources::default()
    };
    for (key, value) in settings {
        sources.flags.push(("a test", key, value));
    }
    Config::load(&sources).unwrap()
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}
