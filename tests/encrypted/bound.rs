//! Encrypted tokens that are bound to a key (DPoP): `ath` is the digest of the token as it is sent.

use aws_lc_rs::digest::{SHA256, digest};
use poem::{Endpoint, EndpointExt, Request, handler};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::guard::{Guard, Principal, Requirement};
use serde_json::{Value, json};

use crate::seal::encode;
use crate::world::World;

#[handler]
fn subject(caller: &Principal) -> String {
    caller.subject().to_owned()
}

fn public(key: &SigningKey) -> Value {
    let mut jwk = json!({ "kty": "EC", "crv": "P-256" });
    for member in ["x", "y"] {
        jwk[member] = key.public_jwk()[member].clone();
    }
    jwk
}

fn thumbprint(key: &Value) -> String {
    let text = format!(
        r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#,
        key["x"], key["y"]
    );
    hash(&text)
}

fn hash(text: &str) -> String {
    encode(digest(&SHA256, text.as_bytes()))
}

#[tokio::test]
async fn the_proof_is_for_the_encrypted_token() {
    let world = World::new();
    let holder = SigningKey::generate(SigningAlgorithm::Es256);
    let bound = json!({ "cnf": { "jkt": thumbprint(&public(&holder)) } });
    let claims = world.claims(crate::world::A, &bound);
    let signed = crate::world::sign(&claims);
    let token = crate::seal::seal(&crate::seal::KEYS[0], &crate::seal::header(), &signed);
    let guard = Guard::new(world.verifier.clone()).with_public_url("https://api.example");
    let endpoint = subject.with(guard.require(Requirement::default()));
    let call = async |number: u32, scheme: &str, ath: &str| {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public(&holder) });
        let proof = json!({
            "htm": "GET", "htu": "https://api.example/orders", "iat": world.now(),
            "jti": format!("proof-{number}"), "ath": hash(ath),
        });
        let request = Request::builder()
            .uri("/orders".parse().unwrap())
            .header("authorization", format!("{scheme} {token}"))
            .header("dpop", holder.sign(&header, &proof));
        let response = endpoint.get_response(request.finish()).await;
        let status = response.status().as_u16();
        let body = response.into_body().into_string().await.unwrap();
        let problem: Value = serde_json::from_str(&body).unwrap_or_default();
        (
            status,
            problem["reason"].as_str().unwrap_or("ok").to_owned(),
        )
    };

    let rows = [
        ("the encrypted token", "DPoP", &token, 200, "ok"),
        (
            "the token again, which is remembered",
            "DPoP",
            &token,
            200,
            "ok",
        ),
        (
            "the signed token",
            "DPoP",
            &signed,
            401,
            "proof_wrong_token",
        ),
        ("as a bearer token", "Bearer", &token, 401, "proof_required"),
    ];
    for (number, (row, scheme, ath, status, reason)) in (0..).zip(rows) {
        let found = call(number, scheme, ath).await;

        assert_eq!(found, (status, reason.to_owned()), "{row}");
    }
}
