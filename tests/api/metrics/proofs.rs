//! Verdicts on DPoP proofs.

use poem_resource_server::issuer::ProofMaker;
use reqwest::Method;
use serde_json::json;

use super::assert_metrics;
use crate::world::World;

#[tokio::test]
async fn verdicts_on_proofs_are_counted_through_a_reload() {
    let world = World::start().await;
    let holder = ProofMaker::generate();
    let cnf = json!({ "jkt": holder.thumbprint().to_string() });
    let token = world.sign(&world.token().claim("cnf", cnf));
    let url = format!("http://{}/api/whoami", world.address);
    let proof = || holder.proof("GET", &url).for_token(&token);
    let call = async |proof: String| {
        let request = world.request(Method::GET, "/api/whoami");
        let request = request.header("authorization", format!("DPoP {token}"));
        request.header("dpop", proof).send().await.unwrap().status()
    };
    let used = proof().sign();

    assert_eq!(call(used.clone()).await, 200);
    assert_eq!(call(used.clone()).await, 401);
    assert_eq!(call(proof().without("ath").sign()).await, 401);
    world.whoami(&world.sign(&world.token())).await;
    world.reload(&[]).await.unwrap();
    assert_eq!(call(proof().sign()).await, 200);
    assert_eq!(call(used).await, 401);

    assert_metrics(
        &world,
        &[
            ("dpop_proofs_total{outcome=\"accepted\"}", 2.0),
            ("dpop_proofs_total{outcome=\"proof_replayed\"}", 2.0),
            ("dpop_proofs_total{outcome=\"missing_ath\"}", 1.0),
        ],
    )
    .await;
}
