//! The form of a proof, before anything in it is compared.

use serde_json::{Value, json};

use crate::world::{Call, Proof, URL, World, digest, encode};

/// A fault that is made in the serialized proof.
type Fault = fn(&World, &Proof) -> String;

#[tokio::test]
async fn each_faulty_form_is_refused_for_its_own_reason() {
    #[rustfmt::skip] // A row a line.
    let rows: &[(&str, &str, Fault)] = &[
        ("empty", "malformed_proof", |_, _| String::new()),
        ("a word", "malformed_proof", |_, _| "proof".to_owned()),
        ("two segments", "malformed_proof", |world, proof| world.sign(proof).rsplit_once('.').unwrap().0.to_owned()),
        ("four segments", "malformed_proof", |world, proof| world.sign(proof) + ".AAAA"),
        ("five segments, as encrypted", "malformed_proof", |world, proof| world.sign(proof) + ".AAAA.AAAA"),
        ("a dot before", "malformed_proof", |world, proof| format!(".{}", world.sign(proof))),
        ("a dot after", "malformed_proof", |world, proof| format!("{}.", world.sign(proof))),
        ("a space within", "malformed_proof", |world, proof| world.sign(proof).replacen('.', ". ", 1)),
        ("a comma and a second proof", "malformed_proof", |world, proof| format!("{0}, {0}", world.sign(proof))),
        ("quotes", "malformed_proof", |world, proof| format!("\"{}\"", world.sign(proof))),
        ("padding", "malformed_proof", |world, proof| world.sign(proof) + "="),
        ("plus and slash", "malformed_proof", |world, proof| format!("{}+/", world.sign(proof))),
        ("JSON serialization", "malformed_proof", |world, proof| {
            let signed = world.sign(proof);
            let parts: Vec<_> = signed.split('.').collect();
            json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] }).to_string()
        }),
        ("an empty header", "malformed_proof", |world, proof| part(&world.sign(proof), 0, "")),
        ("an empty payload", "malformed_proof", |world, proof| part(&world.sign(proof), 1, "")),
        ("an empty signature", "proof_bad_signature", |world, proof| part(&world.sign(proof), 2, "")),
        ("a header that is no JSON", "malformed_proof", |world, proof| part(&world.sign(proof), 0, &encode("{"))),
        ("a header that is an array", "malformed_proof", |world, proof| part(&world.sign(proof), 0, &encode("[]"))),
        ("a payload that is no JSON", "malformed_proof", |world, proof| part(&world.sign(proof), 1, &encode("{"))),
        ("a payload that is a string", "malformed_proof", |world, proof| part(&world.sign(proof), 1, &encode("\"x\""))),
        ("a name twice in the header", "malformed_proof", |world, proof| twice(world, proof, 0, "typ")),
        ("a name twice in the payload", "malformed_proof", |world, proof| twice(world, proof, 1, "htu")),
        ("a byte order mark", "malformed_proof", |world, proof| part(&world.sign(proof), 1, &encode(format!("\u{feff}{}", proof.claims)))),
        ("not UTF-8", "malformed_proof", |world, proof| part(&world.sign(proof), 1, &encode(b"{\"htm\":\"\xff\"}"))),
        ("bytes after the payload", "malformed_proof", |world, proof| part(&world.sign(proof), 1, &encode(format!("{} x", proof.claims)))),
        ("of the maximum size", "malformed_proof", |_, _| "x".repeat(8 * 1024)),
        ("one byte longer", "proof_too_long", |_, _| "x".repeat(8 * 1024 + 1)),
        ("too long", "proof_too_long", |world, proof| {
            let mut proof = proof.clone();
            proof.claims["padding"] = "x".repeat(8 * 1024).into();
            world.sign(&proof)
        }),
        ("a header of more than 2 KiB", "malformed_proof", |world, proof| {
            let mut proof = proof.clone();
            proof.header["padding"] = "x".repeat(2 * 1024).into();
            world.sign(&proof)
        }),
        ("a header of many values", "malformed_proof", |world, proof| {
            let mut proof = proof.clone();
            proof.header["padding"] = json!(vec![0; 32]);
            world.sign(&proof)
        }),
        ("a payload of many values", "malformed_proof", |world, proof| {
            let mut proof = proof.clone();
            proof.claims["padding"] = json!(vec![0; 32]);
            world.sign(&proof)
        }),
        ("deep in the payload", "malformed_proof", |world, proof| {
            let mut proof = proof.clone();
            proof.claims["padding"] = (0..40).fold(Value::Null, |inner, _| json!([inner]));
            world.sign(&proof)
        }),
    ];
    let world = World::new();
    let token = world.bound_token();
    for (row, reason, fault) in rows {
        let good = world.sign(&world.proof(&token));
        assert_eq!(world.word(&token, &good).await, "admitted", "before {row}");

        let faulty = fault(&world, &world.proof(&token));

        let answer = world.call(&Call::dpop(&token, &faulty)).await;
        assert_eq!(answer.reason(), *reason, "{row}");
        assert_eq!(answer.status, 401, "{row}");
    }
}

#[tokio::test]
async fn the_header_dpop_is_sent_exactly_once() {
    let world = World::new();
    let token = world.bound_token();
    let authorization = format!("DPoP {token}");
    let proof = || world.sign(&world.proof(&token));
    let word =
        async |headers: &[(&'static str, &str)]| world.call(&Call::new(headers)).await.reason();

    assert_eq!(
        word(&[("authorization", &authorization), ("dpop", &proof())]).await,
        "admitted"
    );
    assert_eq!(
        word(&[("authorization", &authorization)]).await,
        "missing_proof"
    );
    let twice = [
        ("authorization", &*authorization),
        ("dpop", &*proof()),
        ("dpop", &*proof()),
    ];
    assert_eq!(word(&twice).await, "repeated_proof");
    let with_empty = [
        ("authorization", &*authorization),
        ("dpop", &*proof()),
        ("dpop", ""),
    ];
    assert_eq!(word(&with_empty).await, "repeated_proof");
}

#[tokio::test]
async fn further_members_are_ignored() {
    let world = World::new();
    let token = world.bound_token();
    // A key as WebCrypto exports it, and the members that Okta's samples have.
    let mut proof = world.proof(&token);
    for (name, value) in [
        ("ext", json!(true)),
        ("key_ops", json!(["verify"])),
        ("use", json!("sig")),
        ("kid", json!("holder")),
        ("alg", json!("ES256")),
    ] {
        proof.header["jwk"][name] = value;
    }
    proof.header["kid"] = json!("holder");
    proof.claims["exp"] = json!(7);
    proof.claims["nonce"] = json!("a nonce that nobody required");
    proof.claims["htu"] = json!(format!("{URL}?page=2#top"));
    assert_eq!(proof.claims["ath"], digest(&token));

    assert_eq!(world.word(&token, &world.sign(&proof)).await, "admitted");
}

/// The proof with another segment.
fn part(proof: &str, number: usize, segment: &str) -> String {
    let mut parts: Vec<_> = proof.split('.').collect();
    parts[number] = segment;
    parts.join(".")
}

/// The proof with a member that appears twice in one segment.
fn twice(world: &World, proof: &Proof, number: usize, name: &str) -> String {
    let json = [&proof.header, &proof.claims][number];
    let member = format!("\"{name}\":{}", json[name]);
    let doubled = json.to_string().replacen('{', &format!("{{{member},"), 1);
    part(&world.sign(proof), number, &encode(doubled))
}
