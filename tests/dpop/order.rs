//! Two faults in one proof: the first check in the order of the documentation refuses it. Cheap
//! comparisons come before the signature, and the mark of a used proof comes last.

use std::time::Duration;

use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::verifier::Proofs;
use serde_json::json;

use crate::world::{Call, Proof, World, digest, public_key};

/// A proof that is not signed yet, and who signs it.
struct Draft {
    proof: Proof,
    is_forged: bool,
}

type Fault = fn(&mut Draft, &SigningKey);

/// In the order in which they are reported. Those of one group cannot be in one proof.
#[rustfmt::skip] // A row a line.
const FAULTS: &[(usize, &str, Fault)] = &[
    (0, "proof_wrong_type", |draft, _| draft.proof.header["typ"] = json!("JWT")),
    (1, "proof_algorithm_not_allowed", |draft, _| draft.proof.header["alg"] = json!("HS256")),
    (2, "proof_critical_header", |draft, _| draft.proof.header["crit"] = json!(["exp"])),
    (3, "proof_without_key", |draft, _| drop(draft.proof.header.as_object_mut().unwrap().remove("jwk"))),
    (4, "missing_ath", |draft, _| drop(draft.proof.claims.as_object_mut().unwrap().remove("ath"))),
    (5, "malformed_jti", |draft, _| draft.proof.claims["jti"] = json!(7)),
    (3, "proof_wrong_key", |draft, thief| draft.proof.header["jwk"] = public_key(thief)),
    (6, "proof_wrong_method", |draft, _| draft.proof.claims["htm"] = json!("POST")),
    (7, "proof_wrong_url", |draft, _| draft.proof.claims["htu"] = json!("https://api.example/other")),
    (4, "proof_wrong_token", |draft, _| draft.proof.claims["ath"] = json!(digest("another token"))),
    (8, "proof_expired", |draft, _| draft.proof.claims["iat"] = json!(draft.proof.claims["iat"].as_u64().unwrap() - 3_600)),
    (9, "missing_nonce", |draft, _| drop(draft.proof.claims.as_object_mut().unwrap().remove("nonce"))),
    (3, "proof_with_private_key", |draft, _| draft.proof.header["jwk"]["d"] = json!("AAAA")),
    (10, "proof_bad_signature", |draft, _| draft.is_forged = true),
    (5, "proof_replayed", |draft, _| draft.proof.claims["jti"] = json!("used")),
];

#[tokio::test]
async fn the_first_check_decides_between_two_faults() {
    let world = World::with_proofs(Proofs::default().with_nonces(Duration::from_secs(300)));
    let thief = SigningKey::generate(SigningAlgorithm::Es256);
    let token = world.bound_token();
    let without = world.sign(&world.proof(&token));
    let nonce = world.call(&Call::dpop(&token, &without)).await.nonce;
    let word = async |faults: &[Fault]| {
        let mut draft = Draft {
            proof: world.proof(&token),
            is_forged: false,
        };
        draft.proof.claims["nonce"] = json!(nonce);
        for fault in faults {
            fault(&mut draft, &thief);
        }
        let Draft { proof, is_forged } = draft;
        let proof = if is_forged {
            thief.sign(&proof.header, &proof.claims)
        } else {
            world.sign(&proof)
        };
        world.word(&token, &proof).await
    };
    assert_eq!(word(&[]).await, "admitted");
    let use_up: Fault = |draft, _| draft.proof.claims["jti"] = json!("used");
    assert_eq!(word(&[use_up]).await, "admitted");

    let mut pairs = 0;
    for (number, (group, first, fault)) in FAULTS.iter().enumerate() {
        assert_eq!(word(&[*fault]).await, *first);
        for (other, second, later) in &FAULTS[number + 1..] {
            if group != other {
                let found = word(&[*later, *fault]).await;
                assert_eq!(found, *first, "{first} and {second}");
                pairs += 1;
            }
        }
    }
    assert_eq!(word(&[]).await, "admitted");
    assert_eq!(pairs, 100);
}
