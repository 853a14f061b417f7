//! Calls with bound tokens and proofs at a running service.

mod bindings;
mod full_memory;
mod secrets;
mod sizes;

use std::sync::Arc;
use std::time::Duration;

use poem_resource_server::issuer::{NewProof, ProofMaker};
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::answer::Answer;
use crate::world::World;

/// A caller with a bound token, and the key that it is bound to.
pub struct Holder {
    key: ProofMaker,
    pub token: String,
    url: String,
}

impl Holder {
    pub fn new(world: &World) -> Self {
        let key = ProofMaker::generate().with_clock(Arc::new(world.clock.clone()));
        let cnf = json!({ "jkt": key.thumbprint().to_string() });
        Self {
            token: world.sign(&world.token().claim("cnf", cnf)),
            url: format!("http://{}/api/whoami", world.address),
            key,
        }
    }

    /// A proof for a call of `whoami`.
    pub fn proof(&self) -> NewProof<'_> {
        self.key.proof("GET", &self.url).for_token(&self.token)
    }

    /// A call of `whoami` with this proof.
    pub fn request(&self, world: &World, proof: &str) -> RequestBuilder {
        let request = world.request(Method::GET, "/api/whoami");
        let request = request.header("authorization", format!("DPoP {}", self.token));
        request.header("dpop", proof)
    }

    pub async fn call(&self, world: &World, proof: NewProof<'_>) -> Answer {
        Answer::to(self.request(world, &proof.sign())).await
    }
}

/// `ok`, or the reason of the refusal.
pub fn word(answer: &Answer) -> String {
    if answer.status == 200 {
        return "ok".to_owned();
    }
    answer.json()["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_of_a_listed_origin_reads_the_next_nonce_of_an_accepted_call() {
    const PAGE: &str = "https://app.example.com";
    let settings = [
        ("dpop.nonce", "true"),
        ("dpop.nonce_lifetime", "60s"),
        ("cors.allowed_origins", PAGE),
    ];
    let world = World::with(&settings).await;
    let holder = Holder::new(&world);
    let call = async |nonce: Option<&str>| {
        let proof = holder.proof();
        let proof = match nonce {
            Some(nonce) => proof.with_nonce(nonce),
            None => proof,
        };
        let request = holder.request(&world, &proof.sign());
        Answer::to(request.header("origin", PAGE)).await
    };
    let refused = call(None).await;
    assert_eq!((refused.status, &*word(&refused)), (401, "missing_nonce"));
    let nonce = refused.header("dpop-nonce").unwrap();
    let admitted = call(Some(nonce)).await;
    assert_eq!(admitted.status, 200);
    assert_eq!(admitted.header("dpop-nonce"), None);

    world.clock.advance(Duration::from_secs(60));
    let renewed = call(Some(nonce)).await;

    assert_eq!(renewed.status, 200, "{}", renewed.body);
    let next = renewed.header("dpop-nonce").unwrap();
    assert_ne!(next, nonce);
    assert_eq!(renewed.header("cache-control"), Some("no-store"));
    assert_eq!(renewed.header("access-control-allow-origin"), Some(PAGE));
    let exposed = renewed.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("dpop-nonce"), "{exposed}");
    assert_eq!(call(Some(next)).await.header("dpop-nonce"), None);

    // A refusal for another reason has it too, after a reload as before.
    let mut forbidding = settings.to_vec();
    forbidding.push(("access.operations.whoami.scopes", "admin"));
    world.reload(&forbidding).await.unwrap();
    let forbidden = call(Some(nonce)).await;
    assert_eq!(
        (forbidden.status, &*word(&forbidden)),
        (403, "insufficient_scope")
    );
    assert_eq!(forbidden.header("dpop-nonce"), Some(next));
    assert_eq!(forbidden.header("cache-control"), Some("no-store"));
    let forbidden = call(Some(next)).await;
    assert_eq!(forbidden.status, 403);
    assert_eq!(forbidden.header("dpop-nonce"), None);
}
