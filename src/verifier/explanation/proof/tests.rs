#![allow(clippy::unwrap_used)] // A test may panic.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use serde_json::json;

use super::*;
use crate::clock::{Clock, ManualClock};
use crate::dev::{SigningAlgorithm, SigningKey};
use crate::token::{Algorithm, Audience, KeySet, ProofPolicy, Validation};
use crate::verifier::Proofs;

const URL: &str = "https://api.example/orders";

/// A verifier, a token, and the holder of its key.
struct World {
    verifier: Verifier,
    holder: SigningKey,
    token: String,
    now: u64,
}

impl World {
    fn new() -> Self {
        let keys = KeySet::parse(br#"{"keys":[]}"#).unwrap().key_set;
        let validation = Validation::new("https://id.example", Audience::parse("api").unwrap());
        let clock = ManualClock::new();
        let now = clock.now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let policy = ProofPolicy::default().with_algorithms([Algorithm::Es256, Algorithm::Rs256]);
        let holder = SigningKey::generate(SigningAlgorithm::Es256);
        let cnf = json!({ "jkt": holder.thumbprint().to_string() });
        Self {
            verifier: Verifier::new(Arc::new(Arc::new(keys)), validation)
                .with_clock(Arc::new(clock))
                .with_proofs(Proofs::default().with_policy(policy)),
            token: holder.sign(&json!({ "alg": "ES256" }), &json!({ "cnf": cnf })),
            holder,
            now,
        }
    }

    /// A proof of the holder, signed after these changes of its header and its claims.
    fn proof(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let mut jwk = self.holder.public_jwk();
        let members = jwk.as_object_mut().unwrap();
        members.retain(|name, _| ["kty", "crv", "x", "y"].contains(&name.as_str()));
        let mut header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let digest = Thumbprint::digest(self.token.as_bytes()).to_string();
        let mut claims = json!({
            "htm": "GET", "htu": URL, "iat": self.now, "jti": "proof-1", "ath": digest,
        });
        change(&mut header, &mut claims);
        self.holder.sign(&header, &claims)
    }

    fn explain(&self, proof: &str, nonce: Option<&str>) -> ProofExplanation {
        self.verifier.explain_proof(&ExplainedProof {
            proof,
            token: &self.token,
            method: "GET",
            url: "https://api.example/orders?page=2",
            nonce,
        })
    }
}

fn rule<'a>(explanation: &'a ProofExplanation, name: &str) -> &'a ExplainedRule {
    let mut rules = explanation.rules.iter();
    rules.find(|rule| rule.name == name).unwrap()
}

/// The rule for which a service refuses the proof, with its reason word.
fn failed(explanation: &ProofExplanation) -> Option<(&'static str, &'static str)> {
    let rule = explanation.failed_rule()?;
    Some((rule.name, rule.reason.unwrap()))
}

#[test]
fn a_good_proof_breaks_no_rule_and_its_values_are_shown() {
    let world = World::new();
    let nonced = world.proof(|_, claims| claims["nonce"] = json!("n-1"));

    for (row, proof, nonce) in [
        ("without a nonce", world.proof(|_, _| ()), None),
        ("with the nonce of the API", nonced, Some("n-1")),
    ] {
        let explanation = world.explain(&proof, nonce);

        assert_eq!(failed(&explanation), None, "{row}");
        assert!(!explanation.is_refused(), "{row}");
        assert_eq!(explanation.likely_cause(), None, "{row}");
        for rule in &explanation.rules {
            let is_unknown = rule.name == "nonce" && nonce.is_none();
            let expected = if is_unknown {
                RuleState::NotExamined
            } else {
                RuleState::Passed
            };
            assert_eq!(rule.state, expected, "{row}: {}", rule.name);
        }
        let jkt = format!("jkt {}", world.holder.thumbprint());
        let bound = rule(&explanation, "key of token");
        assert_eq!(bound.found, jkt);
        assert_eq!(bound.wanted, format!("{jkt}, from `cnf` of the token"));
        assert_eq!(rule(&explanation, "jwk").found, jkt);
        assert_eq!(rule(&explanation, "htu").wanted, format!("\"{URL}\""));
        assert_eq!(rule(&explanation, "htm").found, "\"GET\"");
        assert_eq!(rule(&explanation, "typ").found, "\"dpop+jwt\"");
    }
}

#[test]
#[allow(clippy::too_many_lines)] // A table is as long as it is.
fn each_fault_of_a_proof_is_shown_by_its_rule_and_its_reason() {
    type Change = fn(&mut Value, &mut Value);
    let world = World::new();
    #[rustfmt::skip] // A row a line.
    let rows: [(&str, Change, &str, &str); 29] = [
        ("another type", |h, _| h["typ"] = json!("JWT"), "typ", "proof_wrong_type"),
        ("no type", |h, _| remove(h, "typ"), "typ", "proof_wrong_type"),
        ("no algorithm", |h, _| remove(h, "alg"), "alg", "proof_algorithm_not_allowed"),
        ("a symmetric algorithm", |h, _| h["alg"] = json!("HS256"), "alg", "proof_algorithm_not_allowed"),
        ("an algorithm that the policy lacks", |h, _| h["alg"] = json!("ES384"), "alg", "proof_algorithm_not_allowed"),
        ("crit", |h, _| h["crit"] = json!(["exp"]), "critical", "proof_critical_header"),
        ("b64", |h, _| h["b64"] = json!(true), "critical", "proof_critical_header"),
        ("no key", |h, _| remove(h, "jwk"), "jwk", "proof_without_key"),
        ("a key that is a string", |h, _| h["jwk"] = json!("key"), "jwk", "proof_without_key"),
        ("a private key", |h, _| h["jwk"]["d"] = json!("AA"), "jwk", "proof_with_private_key"),
        ("a key without y", |h, _| remove(&mut h["jwk"], "y"), "jwk", "proof_key_not_accepted"),
        ("a key of another kind than alg", |h, _| h["alg"] = json!("RS256"), "jwk", "proof_key_not_accepted"),
        ("another method", |_, c| c["htm"] = json!("POST"), "htm", "proof_wrong_method"),
        ("no method", |_, c| remove(c, "htm"), "htm", "missing_htm"),
        ("an empty method", |_, c| c["htm"] = json!(""), "htm", "malformed_htm"),
        ("another URL", |_, c| c["htu"] = json!("https://api.example/"), "htu", "proof_wrong_url"),
        ("no URL", |_, c| remove(c, "htu"), "htu", "missing_htu"),
        ("no time", |_, c| remove(c, "iat"), "iat", "missing_iat"),
        ("a time that is a string", |_, c| c["iat"] = json!("now"), "iat", "malformed_iat"),
        ("61 s old", |_, c| c["iat"] = json!(c["iat"].as_u64().unwrap() - 61), "iat", "proof_expired"),
        ("61 s early", |_, c| c["iat"] = json!(c["iat"].as_u64().unwrap() + 61), "iat", "proof_issued_in_future"),
        ("no identifier", |_, c| remove(c, "jti"), "jti", "missing_jti"),
        ("an empty identifier", |_, c| c["jti"] = json!(""), "jti", "malformed_jti"),
        ("an identifier that is a number", |_, c| c["jti"] = json!(1), "jti", "malformed_jti"),
        ("no digest", |_, c| remove(c, "ath"), "ath", "missing_ath"),
        ("a short digest", |_, c| c["ath"] = json!("short"), "ath", "malformed_ath"),
        ("the digest of another token", |_, c| c["ath"] = json!(Thumbprint::digest(b"other").to_string()), "ath", "proof_wrong_token"),
        ("a nonce that is a number", |_, c| c["nonce"] = json!(1), "nonce", "malformed_nonce"),
        ("an empty nonce", |_, c| c["nonce"] = json!(""), "nonce", "malformed_nonce"),
    ];
    for (row, change, name, reason) in rows {
        let explanation = world.explain(&world.proof(change), None);

        assert_eq!(failed(&explanation), Some((name, reason)), "{row}");
        assert!(explanation.is_refused(), "{row}");
        assert_eq!(explanation.likely_cause().unwrap().name, name, "{row}");
        // The signature is by the key of the proof.
        let signature = rule(&explanation, "signature").reason;
        assert_ne!(signature, Some("proof_bad_signature"), "{row}");
    }
}

#[test]
fn a_nonce_is_compared_with_the_one_of_the_api() {
    let world = World::new();
    for (row, sent, reason) in [
        ("another nonce", Some("n-2"), Some(("nonce", "stale_nonce"))),
        ("no nonce", None, Some(("nonce", "missing_nonce"))),
        ("the nonce", Some("n-1"), None),
    ] {
        let proof = world.proof(|_, claims| {
            if let Some(sent) = sent {
                claims["nonce"] = json!(sent);
            }
        });

        let explanation = world.explain(&proof, Some("n-1"));

        assert_eq!(failed(&explanation), reason, "{row}");
    }
}

#[test]
fn a_proof_that_cannot_be_read_is_a_fault_of_its_form_and_nothing_else_is_examined() {
    let world = World::new();
    let good = world.proof(|_, _| ());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (_, payload) = signed.split_once('.').unwrap();
    let unread_key = "no public key that can be read";

    let too_long = world.proof(|_, claims| claims["jti"] = json!("a".repeat(9_000)));
    let too_long = world.explain(&too_long, None);
    assert_eq!(failed(&too_long), Some(("form", "proof_too_long")));

    let opaque = world.explain("opaque", Some("n-1"));
    assert_eq!(failed(&opaque), Some(("form", "malformed_proof")));
    assert_eq!(
        rule(&opaque, "key of token").found,
        "the key of the proof cannot be read"
    );
    assert_eq!(rule(&opaque, "jwk").found, "the header cannot be read");
    assert_eq!(rule(&opaque, "nonce").found, "the claims cannot be read");
    assert!(
        opaque.rules[1..]
            .iter()
            .all(|rule| rule.state == RuleState::NotExamined)
    );

    let no_header = world.explain(&format!("e30x.{payload}.{signature}"), None);
    assert_eq!(failed(&no_header), Some(("form", "malformed_proof")));
    assert_eq!(rule(&no_header, "htm").state, RuleState::Passed);

    let bad_signature = world.explain(&format!("{signed}.A"), None);
    assert_eq!(rule(&bad_signature, "form").reason, Some("malformed_proof"));

    let without_key = world.explain(&world.proof(|header, _| remove(header, "jwk")), None);
    let signature = rule(&without_key, "signature");
    assert_eq!(signature.found, "the key of the proof cannot be used");
    assert_eq!(rule(&without_key, "jwk").found, unread_key);
}

#[test]
fn the_key_of_a_proof_is_compared_with_that_of_the_token() {
    let mut world = World::new();
    let good = world.proof(|_, _| ());

    world.token = world.holder.sign(&json!({ "alg": "ES256" }), &json!({}));
    let unbound = world.explain(&good, None);
    let unbound = rule(&unbound, "key of token");
    assert_eq!(unbound.state, RuleState::NotExamined);
    assert_eq!(unbound.found, "the token is not bound to a key (DPoP)");

    let other = Thumbprint::digest(b"other").to_string();
    let claims = json!({ "cnf": { "jkt": other } });
    world.token = world.holder.sign(&json!({ "alg": "ES256" }), &claims);
    let stolen = world.explain(&world.proof(|_, _| ()), None);
    assert_eq!(failed(&stolen), Some(("key of token", "proof_wrong_key")));
}

#[test]
fn a_signature_by_another_key_is_a_fault_of_the_signature() {
    let world = World::new();
    let good = world.proof(|_, _| ());
    let other = world.proof(|_, claims| claims["jti"] = json!("proof-2"));
    let (signed, _) = good.rsplit_once('.').unwrap();
    let (_, signature) = other.rsplit_once('.').unwrap();

    let forged = world.explain(&format!("{signed}.{signature}"), None);
    let genuine = world.explain(&good, None);

    assert_eq!(failed(&forged), Some(("signature", "proof_bad_signature")));
    assert_eq!(failed(&genuine), None);
}

#[test]
fn the_likely_cause_is_the_mistake_behind_the_faults() {
    let world = World::new();
    let for_the_issuer = world.proof(|_, claims| {
        remove(claims, "ath");
        claims["htu"] = json!("https://id.example/v1/token");
    });
    let for_another_method = world.proof(|_, claims| {
        remove(claims, "ath");
        claims["htm"] = json!("POST");
    });

    for (row, proof, cause) in [
        ("a proof for the issuer", for_the_issuer, "htu"),
        ("one for another method", for_another_method, "htm"),
        ("a token as a proof", world.token.clone(), "typ"),
    ] {
        let explanation = world.explain(&proof, None);

        assert_eq!(explanation.likely_cause().unwrap().name, cause, "{row}");
    }
}

fn remove(members: &mut Value, name: &str) {
    members.as_object_mut().unwrap().remove(name);
}
