//! The whole service: settings, a reload, and what operators see.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use futures_util::future::join_all;
use poem_resource_server::clock::SystemClock;
use poem_resource_server::dev::{CLIENT_ID, DevIssuer, DevOptions};
use poem_resource_server::service::internal::Config;
use tokio::net::TcpListener;

use crate::seal::{KEYS, header, seal};
use crate::served::{self, Served};

struct Running {
    issuer: DevIssuer,
    served: Served,
}

fn config(issuer: &DevIssuer, keys: &Path) -> Config {
    served::config([
        ("issuer.url", issuer.issuer()),
        ("issuer.decryption_keys", keys.display().to_string()),
        ("decryption.max_tokens", "10".to_owned()),
    ])
}

impl Running {
    async fn start(keys: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = DevIssuer::start(listener, DevOptions::default()).unwrap();
        let config = config(&issuer, keys);
        let served = Served::start(&config, Arc::new(SystemClock::new())).await;
        Self { issuer, served }
    }

    /// The status, and the reason or the subject.
    async fn whoami(&self, token: &str) -> (u16, String) {
        let (status, body) = self.served.whoami(token).await;
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
    running.served.reloader.reload(&config).await.unwrap();

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
    let (_, metrics) = running.served.page(running.served.admin, "/metrics").await;
    let line = format!("token_verifications_total{{outcome=\"not_decrypted\"}} {spent}\n");
    assert!(metrics.contains(&line), "{metrics}");
    fs::remove_file(path).unwrap();
}
