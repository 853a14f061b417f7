//! Tokens that are bound to a key by a DPoP proof (RFC 9449 section 5).

use std::sync::LazyLock;
use std::time::Duration;

use poem::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::authorize::{REQUEST, answer, code_of, exchange};
use super::{Answer, World, decode};
use crate::dev::{SigningAlgorithm, SigningKey, UnsignedProof};

const TOKEN: &str = "/v1/token";
const GRANT: &str = "grant_type=client_credentials&scope=AccessAll&client_secret=dev-secret";

static CALLER: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(SigningAlgorithm::Es256));

#[tokio::test]
async fn a_client_gets_a_bound_token_after_the_exchange_of_a_nonce() {
    let world = World::start().await;
    let form = client("dev-client");

    let asked = send(&world, &form, &[signed(&proof(&world))]).await;
    let nonce = asked.header("dpop-nonce").to_owned();
    let granted = send(&world, &form, &[signed(&proof(&world).with_nonce(&nonce))]).await;

    assert_eq!(
        refusal(&asked),
        (400, USE_NONCE.to_owned(), NONCE_TEXT.to_owned())
    );
    assert_eq!(asked.header("cache-control"), "no-store");
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.text);
    let body = granted.json();
    assert_eq!(body["token_type"], "DPoP");
    let (_, claims) = decode(body["access_token"].as_str().unwrap());
    assert_eq!(
        claims["cnf"],
        json!({ "jkt": CALLER.thumbprint().to_string() })
    );
}

#[tokio::test]
async fn the_exchange_of_a_nonce_does_not_use_up_a_code() {
    let world = World::start().await;
    let page = world.get(REQUEST).await;
    let form = exchange(&code_of(&answer(&world, &page, "user=ada").await));

    let asked = send(&world, &form, &[signed(&proof(&world))]).await;
    let nonce = asked.header("dpop-nonce").to_owned();
    let granted = send(&world, &form, &[signed(&proof(&world).with_nonce(&nonce))]).await;

    assert_eq!(asked.refusal(), (400, USE_NONCE.to_owned()));
    let body = granted.json();
    assert_eq!(body["token_type"], "DPoP");
    let (_, claims) = decode(body["access_token"].as_str().unwrap());
    assert_eq!(claims["sub"], "ada@example.com");
    assert_eq!(claims["cnf"]["jkt"], CALLER.thumbprint().to_string());
    // An ID token is for the client and not for a call.
    let (_, identity) = decode(body["id_token"].as_str().unwrap());
    assert_eq!(identity.get("cnf"), None);
}

#[tokio::test]
async fn one_client_must_send_a_proof_and_the_others_may() {
    let world = World::start().await;

    let required = world.post(TOKEN, &client("dev-dpop")).await;
    let not_required = world.post(TOKEN, &client("dev-client")).await;
    let granted = send(&world, &client("dev-dpop"), &[good(&world).await]).await;

    let missing = "The DPoP proof JWT header is missing.";
    assert_eq!(
        refusal(&required),
        (400, BAD_PROOF.to_owned(), missing.to_owned())
    );
    assert_eq!(not_required.json()["token_type"], "Bearer");
    assert_eq!(granted.json()["token_type"], "DPoP");
    let (_, claims) = decode(granted.json()["access_token"].as_str().unwrap());
    assert_eq!(claims["cid"], "dev-dpop");
}

#[tokio::test]
async fn each_fault_of_a_proof_is_named() {
    let world = World::start().await;
    let nonce = nonce(&world).await;
    let good = || proof(&world).with_nonce(&nonce);
    let url = |host: &str| format!("{}{TOKEN}", world.issuer.issuer()).replace("127.0.0.1", host);
    let with = |proof: UnsignedProof| vec![signed(&proof)];
    let another = SigningKey::generate(SigningAlgorithm::Es256);

    #[rustfmt::skip] // A row a line.
    let rows = [
        ("nothing", with(good()), None),
        ("a query", with(good().claim("htu", url("127.0.0.1") + "?x=1")), None),
        ("an ath, which nobody needs here", with(good().claim("ath", "x")), None),
        ("two proofs", vec![signed(&good()), signed(&good())], Some("the request has more than one DPoP proof")),
        ("no JWT", vec!["x".to_owned()], Some("the proof is not a compact JWS")),
        ("typ", with(good().header("typ", "jwt")), Some("the proof's typ is not dpop+jwt")),
        ("alg", with(good().header("alg", "none")), Some("the proof's alg is not allowed")),
        ("jwk", with(good().without_header("jwk")), Some("the proof's header has no jwk")),
        ("a private key", with(good().header("jwk", private(&CALLER))), Some("the proof contains a private key")),
        ("htm", with(good().claim("htm", "GET")), Some("the proof is for another method")),
        ("no htm", with(good().without("htm")), Some("the proof lacks the claim htm")),
        ("another host", with(good().claim("htu", url("localhost"))), Some("the proof is for another URL")),
        ("another path", with(good().claim("htu", world.issuer.issuer())), Some("the proof is for another URL")),
        ("no jti", with(good().without("jti")), Some("the proof lacks the claim jti")),
        ("too old", with(good().claim("iat", iat(&world) - 61)), Some("the proof is too old")),
        ("too new", with(good().claim("iat", iat(&world) + 61)), Some("the proof was issued in the future")),
        ("another key", vec![good().header("jwk", CALLER.public_jwk()).sign_with(&another)], Some("the proof's signature does not verify")),
    ];
    for (row, proofs, fault) in rows {
        let answer = send(&world, &client("dev-client"), &proofs).await;
        match fault {
            None => assert_eq!(answer.json()["token_type"], "DPoP", "{row}"),
            Some(fault) => {
                let text = format!("The DPoP proof is refused: {fault}.");
                assert_eq!(refusal(&answer), (400, BAD_PROOF.to_owned(), text), "{row}");
            }
        }
    }
}

#[tokio::test]
async fn a_proof_gets_one_token() {
    let world = World::start().await;
    let proof = good(&world).await;
    let form = client("dev-client");

    let first = send(&world, &form, std::slice::from_ref(&proof)).await;
    let second = send(&world, &form, &[proof]).await;
    let another = send(&world, &form, &[good(&world).await]).await;

    assert_eq!(first.status, StatusCode::OK);
    let used = "The DPoP proof is refused: the proof was used before.";
    assert_eq!(
        refusal(&second),
        (400, BAD_PROOF.to_owned(), used.to_owned())
    );
    assert_eq!(another.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refused_client_learns_no_nonce() {
    let world = World::start().await;
    let form = client("dev-client").replace("dev-secret", "guess");

    let answer = send(&world, &form, &[signed(&proof(&world))]).await;

    assert_eq!(answer.refusal(), (401, "invalid_client".to_owned()));
    assert_eq!(answer.header("dpop-nonce"), "");
}

#[tokio::test]
async fn a_nonce_is_accepted_for_five_minutes_and_then_replaced() {
    let world = World::start().await;
    let nonce = nonce(&world).await;
    let form = client("dev-client");
    let ask = || send(&world, &form, &[]);
    assert_eq!(ask().await.header("dpop-nonce"), "");
    let with_nonce = || [signed(&proof(&world).with_nonce(&nonce))];

    world.clock.advance(Duration::from_secs(300));
    let soon = send(&world, &form, &with_nonce()).await;
    world.clock.advance(Duration::from_secs(300));
    let late = send(&world, &form, &with_nonce()).await;

    assert_eq!(soon.status, StatusCode::OK);
    let next = soon.header("dpop-nonce");
    assert!(!next.is_empty() && next != nonce, "{next}");
    assert_eq!(late.refusal(), (400, USE_NONCE.to_owned()));
}

#[tokio::test]
async fn introspection_names_the_key_of_a_bound_token() {
    let world = World::start().await;
    let describe = async |token: &str| {
        let form = format!("client_id=dev-client&client_secret=dev-secret&token={token}");
        world.post("/v1/introspect", &form).await.json()
    };
    let token = world.issuer.token_for_client("dev-client", &["AccessAll"]);

    let unbound = describe(&world.issuer.sign(&token)).await;
    let bound = token.bound_to(&CALLER.thumbprint());
    let bound = describe(&world.issuer.sign(&bound)).await;

    assert_eq!(
        (&unbound["token_type"], unbound.get("cnf")),
        (&json!("Bearer"), None)
    );
    assert_eq!(bound["token_type"], "DPoP");
    assert_eq!(bound["cnf"]["jkt"], CALLER.thumbprint().to_string());
}

#[tokio::test]
async fn metadata_and_cors_let_the_pages_of_the_service_use_proofs() {
    let world = World::start().await;
    let url = format!("{}{TOKEN}", world.issuer.issuer());
    let from_page = |method, headers: &'static str| {
        let request = world.http.request(method, &url);
        let request = request.header("origin", "http://127.0.0.1:3000");
        let request = request.header("access-control-request-method", "POST");
        Answer::read(request.header("access-control-request-headers", headers))
    };

    let preflight = from_page(Method::OPTIONS, "dpop").await;
    let answer = from_page(Method::POST, "").await;

    assert_eq!(preflight.status, StatusCode::OK);
    assert!(
        preflight
            .header("access-control-allow-headers")
            .contains("dpop")
    );
    assert_eq!(answer.header("access-control-expose-headers"), "dpop-nonce");
    let metadata = world
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    let algorithms = metadata["dpop_signing_alg_values_supported"]
        .as_array()
        .unwrap();
    assert!(algorithms.contains(&json!("ES256")), "{algorithms:?}");
    assert!(!algorithms.contains(&json!("none")), "{algorithms:?}");
}

fn client(id: &str) -> String {
    format!("{GRANT}&client_id={id}")
}

fn proof(world: &World) -> UnsignedProof {
    let url = format!("{}{TOKEN}", world.issuer.issuer());
    world.issuer.proof("POST", &url)
}

fn signed(proof: &UnsignedProof) -> String {
    proof.sign_with(&CALLER)
}

/// A proof that is accepted.
async fn good(world: &World) -> String {
    signed(&proof(world).with_nonce(&nonce(world).await))
}

async fn nonce(world: &World) -> String {
    let asked = send(world, &client("dev-client"), &[signed(&proof(world))]).await;
    asked.header("dpop-nonce").to_owned()
}

async fn send(world: &World, form: &str, proofs: &[String]) -> Answer {
    let request = world.form(TOKEN, form);
    let request = proofs
        .iter()
        .fold(request, |it, proof| it.header("DPoP", proof));
    Answer::read(request).await
}

fn iat(world: &World) -> u64 {
    proof(world).claims()["iat"].as_u64().unwrap()
}

/// What must never be sent.
fn private(key: &SigningKey) -> Value {
    let mut jwk = key.public_jwk();
    jwk["d"] = jwk["x"].clone();
    jwk
}

fn refusal(answer: &Answer) -> (u16, String, String) {
    let (status, error) = answer.refusal();
    let text = answer.json()["error_description"]
        .as_str()
        .unwrap()
        .to_owned();
    (status, error, text)
}

const USE_NONCE: &str = "use_dpop_nonce";
const NONCE_TEXT: &str = "Authorization server requires nonce in DPoP proof.";
const BAD_PROOF: &str = "invalid_dpop_proof";
