//! Every bad answer an issuer can give: the last good set stays, the reason is reported, no token
//! gets in that should not, and the next good answer heals it.

use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::issuer::{Answer, KEYS, METADATA, ScriptedIssuer, key_set};
use crate::world::{FOREIGN, KEY, World, minutes, secs};

/// The fault of a row, its place, and the expected report.
struct Fault {
    name: &'static str,
    document: &'static str,
    answer: Answer,
    reason: &'static str,
}

fn fault(
    name: &'static str,
    document: &'static str,
    answer: Answer,
    reason: &'static str,
) -> Fault {
    Fault {
        name,
        document,
        answer,
        reason,
    }
}

/// Faults of HTTP, which may befall either document.
#[rustfmt::skip] // A row a line.
fn transport_faults(document: &'static str, reason: &'static str) -> Vec<Fault> {
    let long = " ".repeat(64 * 1024 + 1);
    let cut = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{";
    [
        ("400", Answer::status("400 Bad Request")),
        ("401", Answer::status("401 Unauthorized")),
        ("404", Answer::status("404 Not Found")),
        ("429", Answer::status("429 Too Many Requests")),
        ("500", Answer::status("500 Internal Server Error")),
        ("503", Answer::status("503 Service Unavailable")),
        ("204", Answer::status("204 No Content")),
        ("a redirect", Answer::Raw(redirect("302 Found", "/elsewhere"))),
        ("a redirect to plain http", Answer::Raw(redirect("301 Moved", "http://id.example/"))),
        ("HTML", Answer::typed("200 OK", "text/html", "<html>")),
        ("no content type", Answer::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec())),
        ("64 KiB and a byte", Answer::body(&long)),
        ("a body without an end", Answer::Endless),
        ("silence", Answer::Hang(Vec::new())),
        ("silence after half a head", Answer::Hang(b"HTTP/1.1 200 O".to_vec())),
        ("silence after half a body", Answer::Hang(cut.to_vec())),
        ("half a body", Answer::Raw(cut.to_vec())),
        ("a closed connection", Answer::Raw(Vec::new())),
        ("no HTTP", Answer::Raw(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())),
    ]
    .into_iter()
    .map(|(name, answer)| fault(name, document, answer, reason))
    .collect()
}

fn redirect(status: &str, to: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

#[rustfmt::skip] // A row a line.
fn metadata_faults(good: &Value) -> Vec<Fault> {
    let with = |member: &str, value: Value| {
        let mut document = good.clone();
        document[member] = value;
        Answer::Json(document)
    };
    let issuer = good["issuer"].as_str().unwrap();
    let okta = r#"{"errorCode":"E0000007","errorSummary":"Not found: Resource not found: x"}"#;
    [
        ("garbage", Answer::body("garbage"), "malformed_metadata"),
        ("an empty body", Answer::body(""), "malformed_metadata"),
        ("an array", Answer::body("[]"), "malformed_metadata"),
        ("half a document", Answer::body(&good.to_string()[..90]), "malformed_metadata"),
        ("no keys named", with("jwks_uri", Value::Null), "malformed_metadata"),
        ("keys at no URL", with("jwks_uri", "keys".into()), "malformed_metadata"),
        ("another issuer", with("issuer", "https://id.example".into()), "issuer_mismatch"),
        ("a slash more", with("issuer", format!("{issuer}/").into()), "issuer_mismatch"),
        ("keys elsewhere", with("jwks_uri", "https://id.example/k".into()), "keys_elsewhere"),
        ("keys in the clear", with("jwks_uri", "http://id.example/k".into()), "insecure_keys"),
        ("Okta's 404", Answer::typed("404 Not Found", "application/json", okta), "okta_server_not_found"),
    ]
    .into_iter()
    .map(|(name, answer, reason)| fault(name, METADATA, answer, reason))
    .collect()
}

#[rustfmt::skip] // A row a line.
fn key_faults() -> Vec<Fault> {
    let jwk = KEY[0].public_jwk();
    let with = |member: &str, value: Value| {
        let mut jwk = jwk.clone();
        jwk[member] = value;
        Answer::Json(json!({ "keys": [jwk] }))
    };
    let twice = format!(r#"{{"keys":[],"keys":[{jwk}]}}"#);
    let marked = format!("\u{feff}{}", key_set(&[&KEY[0]]));
    [
        ("garbage", Answer::body("garbage"), "malformed_keys"),
        ("an empty body", Answer::body(""), "malformed_keys"),
        ("an array", Answer::body("[]"), "malformed_keys"),
        ("no member keys", Answer::body("{}"), "malformed_keys"),
        ("keys that are no array", Answer::body(r#"{"keys":{}}"#), "malformed_keys"),
        ("keys twice", Answer::body(&twice), "malformed_keys"),
        ("a byte order mark", Answer::body(&marked), "malformed_keys"),
        ("an empty set", Answer::body(r#"{"keys":[]}"#), "no_usable_keys"),
        ("a key that is no object", Answer::body(r#"{"keys":["x"]}"#), "no_usable_keys"),
        ("a key for encryption", with("use", "enc".into()), "no_usable_keys"),
        ("a private key", with("d", "AAAA".into()), "no_usable_keys"),
        ("a shared secret", with("k", "AAAA".into()), "no_usable_keys"),
        ("a key for another algorithm", with("alg", "ES384".into()), "no_usable_keys"),
        ("a point off its curve", with("x", jwk["y"].clone()), "no_usable_keys"),
    ]
    .into_iter()
    .map(|(name, answer, reason)| fault(name, KEYS, answer, reason))
    .collect()
}

fn faults(metadata: &Value) -> Vec<Fault> {
    let mut faults = transport_faults(METADATA, "metadata_unavailable");
    faults.extend(transport_faults(KEYS, "keys_unavailable"));
    faults.extend(metadata_faults(metadata));
    faults.extend(key_faults());
    assert!(faults.len() >= 60, "{} faults", faults.len());
    faults
}

/// Good tokens and bad ones at once, each with the verdict it must have while keys are held.
async fn load(world: &World, name: &str) {
    let unknown = SigningKey::generate_with_kid(SigningAlgorithm::Es256, "nobody");
    let expected = [
        (world.token(0), "ok"),
        (world.token(FOREIGN), "bad_signature"),
        (world.token_under(&unknown, "nobody"), "unknown_key"),
        (world.token(0).replace('.', ".."), "not_three_segments"),
        (world.token(0) + "=", "illegal_character"),
    ];
    let calls = (0..40).map(|n| {
        let (token, verdict) = &expected[n % expected.len()];
        async move { assert_eq!(world.verdict(token).await, *verdict, "{name}") }
    });
    futures_util::future::join_all(calls).await;
}

#[tokio::test]
async fn while_keys_are_held_no_bad_answer_is_felt() {
    let mut world = World::with_timeout(ScriptedIssuer::start(&[&KEY[0]]).await, secs(1));
    world.keys.first_attempt().await.unwrap();
    for fault in faults(&world.issuer.metadata()) {
        let name = format!("{} of {}", fault.name, fault.document);
        let failures = world.keys.status().failures;

        world.issuer.set(fault.document, fault.answer);
        // An hour later the discovery document is read again as well.
        tokio::join!(world.pass(minutes(61)), load(&world, &name));

        assert_eq!(world.last_error(), Some(fault.reason), "{name}");
        assert!(world.keys.status().failures > failures, "{name}");

        world
            .issuer
            .set(METADATA, Answer::Json(world.issuer.metadata()));
        world.issuer.publish(&[&KEY[0]]);
        world.pass(secs(30)).await;
        if world.last_error().is_some() {
            // A request under the load had asked for the attempt that failed.
            world.pass(secs(30)).await;
        }
        assert_eq!(world.last_error(), None, "{name}");
        assert!(world.keys.status().age.unwrap() <= secs(30), "{name}");
    }
    world.issuer.go_down().await;
}

#[tokio::test]
async fn without_keys_every_bad_answer_is_503_until_a_good_one() {
    let good = World::cold().await.issuer.metadata();
    for index in 0..faults(&good).len() {
        let world = World::with_timeout(ScriptedIssuer::start(&[&KEY[0]]).await, secs(1));
        let fault = faults(&world.issuer.metadata()).swap_remove(index);
        let name = format!("{} of {}", fault.name, fault.document);
        world.issuer.set(fault.document, fault.answer);

        assert_eq!(world.verdict(&world.token(0)).await, "no_keys", "{name}");
        assert_eq!(
            world.verdict(&world.token(FOREIGN)).await,
            "no_keys",
            "{name}"
        );
        assert_eq!(world.verdict("a.b").await, "not_three_segments", "{name}");
        assert_eq!(world.last_error(), Some(fault.reason), "{name}");

        world
            .issuer
            .set(METADATA, Answer::Json(world.issuer.metadata()));
        world.issuer.publish(&[&KEY[0]]);
        world.pass(secs(2)).await;

        assert_eq!(world.verdict(&world.token(0)).await, "ok", "{name}");
        assert_eq!(
            world.verdict(&world.token(FOREIGN)).await,
            "bad_signature",
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_bad_key_beside_a_good_one_is_left_out_alone() {
    let good = KEY[0].public_jwk();
    for (name, bad) in [
        ("no object", json!(7)),
        (
            "a shared secret",
            json!({ "kty": "oct", "k": "AAAA", "kid": "first" }),
        ),
        (
            "a weak key",
            json!({ "kty": "RSA", "n": "_____w", "e": "AQAB" }),
        ),
        (
            "an unknown type",
            json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA" }),
        ),
        ("its own double", good.clone()),
    ] {
        let world = World::warm().await;
        world
            .issuer
            .set(KEYS, Answer::Json(json!({ "keys": [bad, good] })));

        world.pass(minutes(5)).await;

        assert_eq!(world.last_error(), None, "{name}");
        assert_eq!(world.keys.status().keys, 1, "{name}");
        assert_eq!(world.verdict(&world.token(0)).await, "ok", "{name}");
    }
}
