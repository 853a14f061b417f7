//! A bound token as a protocol, and in the header.

use poem_resource_server::guard::{Access, Binding};
use serde_json::json;

use super::*;

#[tokio::test]
async fn a_bound_token_opens_a_web_socket_with_its_proof_if_bound_tokens_are_accepted() {
    let holder = ProofMaker::generate();
    let issuer = Issuer::new().with_claim("sub", "ada");
    let unbound = issuer.token("");
    let issuer = issuer.with_claim("cnf", json!({ "jkt": holder.thumbprint().to_string() }));
    let token = issuer.token("");
    let [connection, upgrade] = UPGRADE;
    for (binding, as_protocol, with_proof, as_unbound) in [
        (Binding::Either, "proof_required", "101", "101"),
        (
            Binding::Required,
            "proof_required",
            "101",
            "bearer_token_not_accepted",
        ),
        (
            Binding::Bearer,
            "bound_token_not_accepted",
            "bound_token_not_accepted",
            "101",
        ),
    ] {
        let access = Access::default().with_binding(binding);
        let guard = issuer.guard().with_public_url("https://api.example");
        let routes = routes(&guard.with_access(access));
        let word = async |path: &str, headers: &[Field<'_>]| {
            let response = call(&routes, path, &[&[connection, upgrade], headers].concat()).await;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                return "101".to_owned();
            }
            let text = response.into_body().into_string().await.unwrap();
            let problem: Value = serde_json::from_str(&text).unwrap();
            problem["reason"].as_str().unwrap().to_owned()
        };
        for path in ["/events", "/socket"] {
            let protocols = format!("bearer, {token}");
            let offered = [("sec-websocket-protocol", protocols.as_str())];
            assert_eq!(
                word(path, &offered).await,
                as_protocol,
                "{binding:?} {path}"
            );

            let proof = holder.proof("GET", &format!("https://api.example{path}"));
            let proof = proof.for_token(&token).sign();
            let authorization = format!("DPoP {token}");
            let fields = [("authorization", authorization.as_str()), ("dpop", &proof)];
            assert_eq!(word(path, &fields).await, with_proof, "{binding:?} {path}");

            let protocols = format!("bearer, {unbound}");
            let offered = [("sec-websocket-protocol", protocols.as_str())];
            assert_eq!(word(path, &offered).await, as_unbound, "{binding:?} {path}");
        }
    }
}
