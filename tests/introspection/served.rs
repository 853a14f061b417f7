//! The whole service with Okta's guide, which serves on loopback until the test drops it.

use std::net::SocketAddr;
use std::sync::Arc;

use poem_resource_server::clock::Clock;
use poem_resource_server::service::internal::{ApplicationSettings, Config, Sources};
use poem_resource_server::service::{Reloader, Service};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::guide_api;

pub struct Served {
    pub address: SocketAddr,
    pub admin: SocketAddr,
    pub reloader: Reloader,
    client: reqwest::Client,
    _stop: oneshot::Sender<()>,
}

/// The settings of the guide, and these.
pub fn config(settings: impl IntoIterator<Item = (&'static str, String)>) -> Config {
    let mut sources = Sources {
        application: ApplicationSettings::default().with_anonymous(vec!["hello".to_owned()]),
        ..Sources::default()
    };
    for (key, value) in settings {
        sources.flags.push(("a test", key, value));
    }
    Config::load(&sources).unwrap()
}

impl Served {
    /// Returns when the service is ready.
    pub async fn start(config: &Config, clock: Arc<dyn Clock>) -> Self {
        let listen = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (http, operators) = (listen().await, listen().await);
        let (address, admin) = (http.local_addr().unwrap(), operators.local_addr().unwrap());
        let service = Service::build(guide_api::application(), config, address, clock).await;
        let service = service.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let reloader = service.reloader();
        tokio::spawn(service.run(http, Some(operators), async {
            let _ = stopped.await;
        }));
        let served = Self {
            address,
            admin,
            reloader,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _stop: stop,
        };
        while served.page(served.address, "/readyz").await.0 != 200 {
            tokio::task::yield_now().await;
        }
        served
    }

    pub async fn page(&self, address: SocketAddr, path: &str) -> (u16, String) {
        let answer = self.client.get(format!("http://{address}{path}")).send();
        let answer = answer.await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub async fn whoami(&self, token: &str) -> (u16, Value) {
        let url = format!("http://{}/api/whoami", self.address);
        let answer = self.client.get(url).bearer_auth(token).send();
        let answer = answer.await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }
}
