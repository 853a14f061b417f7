//! Opaque tokens that the issuer states to be bound to a key.

use std::sync::Arc;

use poem_resource_server::issuer::ProofMaker;
use serde_json::{Value, json};

use crate::issuer::{Answer, Issuer};
use crate::service::Running;
use crate::world::{KEY, TOKEN};

struct Bound {
    running: Running,
    client: reqwest::Client,
    holder: ProofMaker,
}

impl Bound {
    async fn start(more: &[(&'static str, &str)]) -> Self {
        let running = Running::start(Issuer::start(&[&KEY]).await, more).await;
        let clock = Arc::new(running.clock.clone());
        let bound = Self {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            holder: ProofMaker::generate().with_clock(clock),
            running,
        };
        bound.state(json!({ "jkt": bound.holder.thumbprint().to_string() }));
        bound
    }

    /// Lets the issuer state this about the key of the token.
    fn state(&self, cnf: Value) {
        let mut active = self.running.issuer.active(self.running.now());
        active["cnf"] = cnf;
        self.running.issuer.answer(Answer::Json(active));
    }

    async fn as_bearer(&self) -> String {
        word(self.running.served.whoami(TOKEN).await)
    }

    async fn with_proof_of(&self, key: &ProofMaker) -> String {
        let proof = key.proof("GET", &self.url()).for_token(TOKEN);
        self.with(&proof.sign()).await
    }

    async fn with(&self, proof: &str) -> String {
        let request = self.client.get(self.url()).header("dpop", proof);
        let request = request.header("authorization", format!("DPoP {TOKEN}"));
        let answer = request.send().await.unwrap();
        word((answer.status().as_u16(), answer.json().await.unwrap()))
    }

    fn url(&self) -> String {
        format!("http://{}/api/whoami", self.running.served.address)
    }
}

/// `ok`, or the reason of the refusal.
fn word((status, body): (u16, Value)) -> String {
    match status {
        200 => "ok".to_owned(),
        _ => body["reason"].as_str().unwrap().to_owned(),
    }
}

#[tokio::test]
async fn a_bound_opaque_token_is_accepted_with_its_own_proof_alone() {
    let bound = Bound::start(&[]).await;
    let clock = Arc::new(bound.running.clock.clone());
    let thief = ProofMaker::generate().with_clock(clock);

    // The answer of the issuer is new, and then remembered.
    for _ in 0..2 {
        assert_eq!(bound.with_proof_of(&bound.holder).await, "ok");
        assert_eq!(bound.with_proof_of(&thief).await, "proof_wrong_key");
        assert_eq!(bound.as_bearer().await, "proof_required");
    }
    let proof = bound.holder.proof("GET", &bound.url());
    let of_other_token = bound.with(&proof.for_token("another-token").sign()).await;
    assert_eq!(of_other_token, "proof_wrong_token");
    let proof = bound
        .holder
        .proof("GET", &bound.url())
        .for_token(TOKEN)
        .sign();
    assert_eq!(bound.with(&proof).await, "ok");
    assert_eq!(bound.with(&proof).await, "proof_replayed");
    assert_eq!(bound.running.issuer.calls(), 1);
}

#[tokio::test]
async fn the_binding_of_the_settings_applies_to_opaque_tokens() {
    for (binding, as_bearer, with_proof, unbound) in [
        ("either", "proof_required", "ok", "ok"),
        (
            "required",
            "proof_required",
            "ok",
            "bearer_token_not_accepted",
        ),
        (
            "bearer",
            "bound_token_not_accepted",
            "bound_token_not_accepted",
            "ok",
        ),
    ] {
        let settings = [("access.binding", binding)];
        let bound = Bound::start(&settings).await;
        assert_eq!(bound.as_bearer().await, as_bearer, "{binding}");
        let answer = bound.with_proof_of(&bound.holder).await;
        assert_eq!(answer, with_proof, "{binding}");

        let running = Running::start(Issuer::start(&[&KEY]).await, &settings).await;
        let active = running.issuer.active(running.now());
        running.issuer.answer(Answer::Json(active));
        let answer = running.served.whoami(TOKEN).await;
        assert_eq!(word(answer), unbound, "{binding}");
    }
}
