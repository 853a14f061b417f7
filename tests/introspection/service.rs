//! The whole service: its settings, what operators see, and a reload.

use std::sync::Arc;

use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::service::internal::Config;
use serde_json::json;

use crate::issuer::{Answer, Issuer};
use crate::served::{self, Served};
use crate::world::{KEY, TOKEN, junk};

pub struct Running {
    pub issuer: Issuer,
    pub clock: ManualClock,
    pub served: Served,
}

fn config(issuer: &Issuer, more: &[(&'static str, &str)]) -> Config {
    let settings = [
        ("issuer.url", issuer.url()),
        ("issuer.introspection.mode", "opaque".to_owned()),
        ("issuer.introspection.client_id", "api".to_owned()),
        ("issuer.introspection.client_secret", "swordfish".to_owned()),
    ];
    let is_default = |(key, _): &(&str, String)| more.iter().all(|(known, _)| known != key);
    let more = more.iter().map(|(key, value)| (*key, (*value).to_owned()));
    served::config(settings.into_iter().filter(is_default).chain(more))
}

impl Running {
    pub async fn start(issuer: Issuer, more: &[(&'static str, &str)]) -> Self {
        let clock = ManualClock::new();
        let config = config(&issuer, more);
        let served = Served::start(&config, Arc::new(clock.clone())).await;
        Self {
            issuer,
            clock,
            served,
        }
    }

    pub fn now(&self) -> u64 {
        let now = self.clock.now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_secs()
    }
}

#[tokio::test]
async fn operators_see_the_calls_and_why_they_fail() {
    let running = Running::start(Issuer::start(&[&KEY]).await, &[]).await;
    let active = running.issuer.active(running.now());
    running.issuer.answer(Answer::Json(active));
    let (status, caller) = running.served.whoami(TOKEN).await;
    assert_eq!(
        (status, &caller["subject"]),
        (200, &"ada@example.com".into())
    );
    running
        .issuer
        .answer(Answer::Json(json!({ "active": false })));
    assert_eq!(running.served.whoami(&junk(0)).await.0, 401);
    let refusal = Answer::Typed(401, "text/html", String::new());
    running.issuer.answer(refusal);
    let (status, problem) = running.served.whoami(&junk(1)).await;
    assert_eq!(
        (status, &problem["reason"]),
        (503, &"introspection_refused".into())
    );

    let (status, public) = running
        .served
        .page(running.served.address, "/readyz?verbose")
        .await;
    assert_eq!(status, 200);
    assert!(
        public.contains("introspection: fails: introspection_refused\n"),
        "{public}"
    );
    let (_, operators) = running
        .served
        .page(running.served.admin, "/readyz?verbose")
        .await;
    assert!(operators.contains("status 401"), "{operators}");
    let (_, metrics) = running.served.page(running.served.admin, "/metrics").await;
    for line in [
        "introspection_calls_total{issuer=\"default\",result=\"active\"} 1\n",
        "introspection_calls_total{issuer=\"default\",result=\"inactive\"} 1\n",
        "introspection_calls_total{issuer=\"default\",result=\"refused\"} 1\n",
        "introspection_budget_spent_total{issuer=\"default\"} 0\n",
        "introspection_max_age_seconds{issuer=\"default\"} 60",
        "introspection_answer_age_seconds{issuer=\"default\"} 0",
        "token_verifications_total{outcome=\"not_introspected\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let shown = public + &operators + &metrics;
    assert!(
        !shown.contains("swordfish") && !shown.contains(TOKEN),
        "{shown}"
    );
}

#[tokio::test]
async fn without_introspection_there_are_no_samples() {
    let off = [("issuer.introspection.mode", "off")];
    let running = Running::start(Issuer::start(&[&KEY]).await, &off).await;

    let (_, metrics) = running.served.page(running.served.admin, "/metrics").await;
    let (status, problem) = running.served.whoami(TOKEN).await;

    assert!(!metrics.contains("introspection_calls_total{"), "{metrics}");
    assert_eq!(
        (status, &problem["reason"]),
        (401, &"not_three_segments".into())
    );
    assert_eq!(running.issuer.calls(), 0);
}

#[tokio::test]
async fn an_org_server_is_ready_without_keys() {
    let more = [
        ("issuer.introspection.mode", "always"),
        ("issuers.default.clients", "shop-web"),
        ("readiness.issuers", "all"),
    ];
    let running = Running::start(Issuer::org_server(&[&KEY]).await, &more).await;
    let active = running.issuer.active(running.now());
    running.issuer.answer(Answer::Json(active));

    let (_, metrics) = running.served.page(running.served.admin, "/metrics").await;

    assert_eq!(running.served.whoami(TOKEN).await.0, 200);
    // The alert on missing keys must not fire.
    assert!(!metrics.contains("jwks_keys{"), "{metrics}");
}

#[tokio::test]
async fn a_reload_puts_new_credentials_in_force() {
    let running = Running::start(Issuer::start(&[&KEY]).await, &[]).await;
    let active = running.issuer.active(running.now());
    running.issuer.answer(Answer::Json(active));
    assert_eq!(running.served.whoami(TOKEN).await.0, 200);
    let before = running.issuer.last();

    let more = [("issuer.introspection.client_secret", "another")];
    let new = config(&running.issuer, &more);
    running.served.reloader.reload(&new).await.unwrap();

    assert_eq!(running.served.whoami(TOKEN).await.0, 200);
    let after = running.issuer.last();
    assert_eq!(running.issuer.calls(), 2);
    assert_ne!(
        before.headers["authorization"],
        after.headers["authorization"]
    );
}
