//! What `explain` says about encrypted tokens.

use poem_resource_server::verifier::{Explanation, RuleState};
use serde_json::json;

use crate::seal::{KEYS, header, header_with, seal};
use crate::world::{B, SIGNERS, World};

fn found<'a>(explanation: &'a Explanation, rule: &str) -> &'a str {
    let mut rules = explanation.rules().iter();
    rules
        .find(|it| it.name == rule)
        .map_or("no such rule", |it| &it.found)
}

/// The reason, and the rules that fail or would fail.
fn broken(explanation: &Explanation) -> (Option<&'static str>, Vec<&'static str>) {
    let rules = explanation.rules().iter().filter(|it| it.is_broken());
    (explanation.reason(), rules.map(|it| it.name).collect())
}

#[tokio::test]
async fn an_accepted_token_shows_its_encryption_and_the_claims_inside() {
    let world = World::with(&[&[KEYS[0].named("2026")], &[KEYS[1].key()]]);
    let token = world.token(&json!({}));

    let explanation = world.verifier.explain(&token).await;

    assert!(explanation.is_accepted());
    assert_eq!(broken(&explanation), (None, vec![]));
    assert_eq!(
        found(&explanation, "encryption"),
        "\"RSA-OAEP-256\" with \"A256GCM\""
    );
    let key = found(&explanation, "decryption");
    let wanted = format!("kid \"2026\", thumbprint {} (a)", KEYS[0].thumbprint());
    assert_eq!(key, wanted);
    assert_eq!(explanation.judge(), Some("a"));
    let claims = explanation.claims().unwrap();
    assert!(
        claims.contains(&("sub".to_owned(), "\"ada\"".to_owned())),
        "{claims:?}"
    );
    let outer = explanation.encryption().unwrap();
    assert!(
        outer.contains(&("cty".to_owned(), "\"JWT\"".to_owned())),
        "{outer:?}"
    );
    let inner = explanation.header().unwrap();
    assert!(
        inner.contains(&("alg".to_owned(), "\"ES256\"".to_owned())),
        "{inner:?}"
    );
}

#[tokio::test]
async fn a_refused_token_shows_each_rule_that_it_breaks() {
    let world = World::new();
    let expired = json!({ "exp": 1_600_000_000, "aud": "other" });
    let of_b = SIGNERS[1].sign(
        &json!({ "alg": "ES256", "kid": "k" }),
        &world.claims(B, &json!({})),
    );
    let twice = seal(&KEYS[0], &header(), &world.token(&json!({})));
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("expired, and for others", world.token(&expired), "wrong_audience", vec!["audience", "expires"]),
        ("to nobody's key", world.sealed(&KEYS[2], &header(), &json!({})), "undecryptable", vec!["decryption"]),
        ("compressed", world.sealed(&KEYS[0], &header_with(&json!({ "zip": "DEF" })), &json!({})), "encryption_not_allowed", vec!["encryption"]),
        ("with crit", world.sealed(&KEYS[0], &header_with(&json!({ "crit": [] })), &json!({})), "critical_header", vec!["encryption"]),
        ("of b to the key of a", seal(&KEYS[0], &header(), &of_b), "wrong_decryption_key", vec!["issuer's key"]),
        ("encrypted twice", twice, "encrypted_not_signed", vec!["content"]),
    ];
    for (row, token, reason, rules) in rows {
        let explanation = world.verifier.explain(&token).await;

        let (found, all) = broken(&explanation);
        assert_eq!((found, &all), (Some(reason), &rules), "{row}");
        let failed = explanation.failed_rule().map(|it| (it.name, it.state));
        assert_eq!(failed, Some((rules[0], RuleState::Failed)), "{row}");
        assert!(explanation.is_refused(), "{row}");
    }
}

#[tokio::test]
async fn without_keys_the_reason_names_the_fix() {
    let world = World::with(&[&[], &[]]);

    let explanation = world.verifier.explain(&world.token(&json!({}))).await;

    assert_eq!(explanation.reason(), Some("encrypted_token"));
    assert!(explanation.encryption().is_none());
    let (_, fix) = poem_resource_server::verifier::advice("encrypted_token");
    assert!(fix.contains("`issuer.decryption_keys`"), "{fix}");
}
