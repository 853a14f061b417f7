//! The whole service: settings, a reload, and what operators see.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use poem_resource_server::clock::SystemClock;
use poem_resource_server::dev::{CLIENT_ID, DevIssuer, DevOptions};
use poem_resource_server::service::internal::{ApplicationSettings, Config, Sources};
use poem_resource_server::service::{Reloader, Service};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::guide_api;
use crate::seal::{KEYS, header, seal};

struct Running {
    issuer: DevIssuer,
    address: SocketAddr,
    admin: SocketAddr,
    reloader: Reloader,
    client: reqwest::Client,
    _stop: oneshot::Sender<()>,
}

fn config(issuer: &DevIssuer, keys: &Path) -> Config {
    let mut sources = Sources {
        application: ApplicationSettings::default().with_anonymous(vec!["hello".to_owned()]),
        ..Sources::default()
    };
    for (key, value) in [
        ("issuer.url", issuer.issuer()),
        ("issuer.decryption_keys", keys.display().to_string()),
        ("decryption.max_tokens", "10".to_owned()),
    ] {
        sources.flags.push(("a test", key, value));
    }
    Config::load(&sources).unwrap()
}

impl Running {
    async fn start(keys: &Path) -> Self {
        let listen = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = DevIssuer::start(listen().await, DevOptions::default()).unwrap();
        let config = config(&issuer, keys);
        let (http, operators) = (listen().await, listen().await);
        let (address, admin) = (http.local_addr().unwrap(), operators.local_addr().unwrap());
        let clock = Arc::new(SystemClock::new());
        let service = Service::build(guide_api::application(), &config, address, clock).await;
        let service = service.unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let reloader = service.reloader();
        tokio::spawn(service.run(http, Some(operators), async {
            let _ = stopped.await;
        }));
        let running = Self {
            issuer,
            address,
            admin,
            reloader,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _stop: stop,
        };
        while running.page(running.address, "/readyz").await.0 != 200 {
            tokio::task::yield_now().await;
        }
        running
    }

    async fn page(&self, address: SocketAddr, path: &str) -> (u16, String) {
        let answer = self.client.get(format!("http://{address}{path}")).send();
        let answer = answer.await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The status, and the reason or the subject.
    async fn whoami(&self, token: &str) -> (u16, String) {
        let url = format!("http://{}/api/whoami", self.address);
        let answer = self
            .client
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        let word = body.get("reason").unwrap_or(&body["subject"]);
        (status, word.as_str().unwrap_or_default().to_owned())
    }

    fn signed(&self) -> String {
        let scopes = ["AccessAll", "profile:read"];
        self.issuer
            .sign(&self.issuer.token_for_client(CLIENT_ID, &scopes))
    }
}

#[tokio::test]
async fn a_reload_reads_the_key_files_again() {
    let path = KEYS[0].file("reload");
    let running = Running::start(&path).await;
    let (old, new) = (
        seal(&KEYS[0], &header(), &running.signed()),
        seal(&KEYS[1], &header(), &running.signed()),
    );
    let accepted = (200, CLIENT_ID.to_owned());
    let refused = (401, "undecryptable".to_owned());
    assert_eq!(running.whoami(&old).await, accepted);
    assert_eq!(running.whoami(&new).await, refused);

    fs::write(&path, KEYS[1].pem()).unwrap();
    let config = config(&running.issuer, &path);
    running.reloader.reload(&config).await.unwrap();

    assert_eq!(running.whoami(&new).await, accepted);
    assert_eq!(running.whoami(&old).await, refused);
    fs::remove_file(path).unwrap();
}

#[tokio::test]
async fn a_flood_is_visible_to_operators() {
    let path = KEYS[0].file("metrics");
    let running = Running::start(&path).await;
    let good = seal(&KEYS[0], &header(), &running.signed());
    assert_eq!(running.whoami(&good).await.0, 200);

    let junk: Vec<_> = (0..50)
        .map(|number| seal(&KEYS[2], &header(), &number.to_string()))
        .collect();
    let verdicts = join_all(junk.iter().map(|token| running.whoami(token))).await;
    let spent = verdicts
        .iter()
        .filter(|it| **it == (503, "decryption_budget_spent".to_owned()));
    let spent = spent.count();

    assert!(spent > 0, "50 tokens were decrypted within a second");
    assert_eq!(running.whoami(&good).await.0, 200);
    let (_, metrics) = running.page(running.admin, "/metrics").await;
    let line = format!("token_verifications_total{{outcome=\"not_decrypted\"}} {spent}\n");
    assert!(metrics.contains(&line), "{metrics}");
    fs::remove_file(path).unwrap();
}
