//! Every refusal of a token, with its exact reason and a twin that is accepted.

mod sentences;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem_resource_server::dev::{AccessToken, SigningAlgorithm, SigningKey};
use serde_json::{Value, json};

use crate::world::World;

/// A token to be refused, and the one that differs from it in one detail.
type Row = (&'static str, &'static str, AccessToken, AccessToken);

#[rustfmt::skip] // A row a line.
fn rows(world: &World) -> Vec<Row> {
    let good = || world.token();
    let now = good().claims()["iat"].as_u64().unwrap();
    let issuer = world.issuer.issuer();
    let claim = |name: &str, value: Value| good().claim(name, value);
    vec![
        ("typ of an ID token", "wrong_type", good().header("typ", "id_token+jwt"), good().header("typ", "AT+JWT")),
        ("alg none", "algorithm_not_allowed", good().header("alg", "none"), good()),
        ("alg in lower case", "algorithm_not_allowed", good().header("alg", "rs256"), good()),
        ("alg of a shared secret", "algorithm_not_allowed", good().header("alg", "HS256"), good()),
        ("no alg", "algorithm_not_allowed", good().without_header("alg"), good()),
        ("an empty crit", "critical_header", good().header("crit", json!([])), good().header("critical", json!([]))),
        ("b64", "unencoded_payload", good().header("b64", true), good().header("b65", true)),
        ("a kid that is a number", "malformed_kid", good().header("kid", 7), good().without_header("kid")),
        ("an unknown kid", "unknown_key", good().header("kid", "other"), good()),
        ("a kid for another alg", "key_mismatch", good().header("alg", "PS256"), good()),
        ("another issuer", "unknown_issuer", claim("iss", (issuer.clone() + "/").into()), claim("iss", issuer.into())),
        ("issuers in an array", "malformed_claim", claim("iss", json!([world.issuer.issuer()])), good()),
        ("no issuer", "missing_claim", good().without("iss"), good()),
        ("another audience", "wrong_audience", claim("aud", "api://defaul".into()), claim("aud", json!(["x", "api://default"]))),
        ("an empty audience", "wrong_audience", claim("aud", json!([])), claim("aud", json!(["api://default"]))),
        ("a number among audiences", "malformed_claim", claim("aud", json!(["api://default", 7])), good()),
        ("no audience", "missing_claim", good().without("aud"), good()),
        ("expired by the leeway", "expired", claim("exp", (now - 60).into()), claim("exp", (now - 59).into())),
        ("no expiry", "missing_claim", good().without("exp"), good()),
        ("expiry as text", "malformed_claim", claim("exp", (now + 60).to_string().into()), claim("exp", json!(f64::from(u32::try_from(now).unwrap()) + 60.5))),
        ("expiry in year 10000", "malformed_claim", claim("exp", 253_402_300_800_u64.into()), claim("exp", 253_402_300_799_u64.into())),
        ("not yet valid", "not_yet_valid", claim("nbf", (now + 61).into()), claim("nbf", (now + 60).into())),
        ("issued in the future", "issued_in_future", claim("iat", (now + 61).into()), claim("iat", (now + 60).into())),
        ("a negative iat", "malformed_claim", claim("iat", (-1).into()), claim("iat", 0.into())),
        ("no subject", "missing_claim", good().without("sub"), good()),
        ("an empty subject", "malformed_claim", claim("sub", "".into()), claim("sub", "x".into())),
        ("a scope with two spaces", "malformed_claim", claim("scp", "a  b".into()), claim("scp", "a b".into())),
        ("a scope that is a number", "malformed_claim", claim("scp", json!([1])), claim("scp", json!(["1"]))),
        ("scopes that differ", "malformed_claim", claim("scope", "other".into()), claim("scope", "profile:read".into())),
        ("an ID token by its nonce", "id_token", claim("nonce", "n".into()), claim("nonces", "n".into())),
        ("an ID token by its hash", "id_token", claim("at_hash", "h".into()), good()),
        ("an ID token without nonce", "id_token", good().without("cid").without("scp").claim("auth_time", 1), good().without("cid").claim("auth_time", 1)),
        ("an ID token for its own client", "id_token", good().without("cid").without("scp").claim("azp", "api://default"), good().without("cid").without("scp").claim("azp", "api://other")),
        ("an ID token of Keycloak", "id_token", claim("typ", "ID".into()), claim("typ", "Bearer".into())),
        ("an ID token of Cognito", "id_token", claim("token_use", "id".into()), claim("token_use", "access".into())),
        ("a refresh token of Keycloak", "refresh_token", claim("typ", "Refresh".into()), claim("typ", "Bearer".into())),
        ("a logout token", "logout_token", claim("events", json!({"http://schemas.openid.net/event/backchannel-logout": {}})), claim("event", json!({}))),
        ("a logout token of Keycloak", "logout_token", claim("typ", "Logout".into()), good()),
        ("bound to a proof", "proof_required", claim("cnf", json!({"jkt": "A".repeat(43)})), claim("conf", json!({}))),
    ]
}

#[tokio::test]
async fn each_fault_is_refused_by_its_own_reason_and_its_twin_is_accepted() {
    let world = World::start().await;
    let challenge = world.invalid_token();
    for (name, reason, refused, accepted) in rows(&world) {
        let answer = world.whoami(&world.sign(&refused)).await;
        answer.assert_refused(name, 401, reason, Some(&challenge));

        let answer = world.whoami(&world.sign(&accepted)).await;
        assert_eq!(answer.status, 200, "the twin of {name}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_token_needs_the_typ_that_the_settings_require() {
    let world = World::with(&[("issuer.token_types", "at+jwt")]).await;
    let challenge = world.invalid_token();
    let typed = |typ: &str| world.sign(&world.token().header("typ", typ));
    let untyped = world.sign(&world.token());

    for (name, token) in [("absent", &untyped), ("another", &typed("JWT"))] {
        let answer = world.whoami(token).await;
        answer.assert_refused(name, 401, "wrong_type", Some(&challenge));
    }
    for typ in ["at+jwt", "application/AT+JWT"] {
        assert_eq!(world.whoami(&typed(typ)).await.status, 200, "{typ}");
    }
}

#[tokio::test]
async fn a_remembered_token_is_judged_again_when_the_settings_require_a_typ() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    assert_eq!(world.whoami(&token).await.status, 200);

    world
        .reload(&[("issuer.token_types", "at+jwt")])
        .await
        .unwrap();

    let answer = world.whoami(&token).await;
    answer.assert_refused(
        "remembered",
        401,
        "wrong_type",
        Some(&world.invalid_token()),
    );
}

#[tokio::test]
async fn a_string_that_is_not_a_token_is_refused_by_its_form() {
    let world = World::start().await;
    let challenge = world.invalid_token();
    let good = world.sign(&world.token());
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    let other = world.sign(&world.token().claim("sub", "eve"));
    let other: Vec<&str> = other.split('.').collect();
    for (name, reason, token) in [
        ("8 KiB and a byte", "too_long", "a".repeat(8 * 1024 + 1)),
        ("a plus sign", "illegal_character", good.replace('.', "+")),
        ("padding", "illegal_character", good.clone() + "="),
        ("one segment", "not_three_segments", header.to_owned()),
        (
            "two segments",
            "not_three_segments",
            format!("{header}.{payload}"),
        ),
        ("four segments", "not_three_segments", format!("{good}.x")),
        (
            "a header of 2 KiB and more",
            "header_too_long",
            format!("{}.{payload}.{signature}", "e".repeat(2732)),
        ),
        (
            "a header that is no base64",
            "bad_base64",
            format!("e.{payload}.{signature}"),
        ),
        (
            "a header that is no JSON",
            "malformed_header",
            format!("AAAA.{payload}.{signature}"),
        ),
        (
            "no signature",
            "bad_signature",
            format!("{header}.{payload}."),
        ),
        (
            "half a signature",
            "bad_signature",
            format!("{header}.{payload}.{}", &signature[..168]),
        ),
        (
            "another's payload",
            "bad_signature",
            format!("{header}.{}.{signature}", other[1]),
        ),
        (
            "another's signature",
            "bad_signature",
            format!("{header}.{payload}.{}", other[2]),
        ),
    ] {
        let answer = world.whoami(&token).await;
        answer.assert_refused(name, 401, reason, Some(&challenge));
    }
    assert_eq!(world.whoami(&good).await.status, 200);
}

#[tokio::test]
async fn a_token_signed_by_another_key_with_our_key_id_is_refused() {
    let world = World::start().await;
    let kid = world.issuer.signing_key().kid().to_owned();
    let other_key = SigningKey::generate_with_kid(SigningAlgorithm::Rs256, kid);

    let refused = world.whoami(&world.token().sign_with(&other_key)).await;

    refused.assert_refused(
        "other_key",
        401,
        "bad_signature",
        Some(&world.invalid_token()),
    );
    assert_eq!(world.whoami(&world.sign(&world.token())).await.status, 200);
}

#[tokio::test]
async fn a_token_without_a_key_id_is_refused_once_two_keys_could_have_signed_it() {
    let world = World::start().await;
    let token = world.sign(&world.token().without_header("kid"));
    assert_eq!(world.whoami(&token).await.status, 200);

    world.issuer.rotate();
    // A token under the new key has the new set fetched.
    assert_eq!(world.whoami(&world.sign(&world.token())).await.status, 200);

    let refused = world.whoami(&token).await;
    refused.assert_refused(
        "two keys",
        401,
        "ambiguous_key",
        Some(&world.invalid_token()),
    );
}

#[tokio::test]
async fn a_token_is_refused_from_the_second_on_in_which_it_expires() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    assert_eq!(world.whoami(&token).await.status, 200);

    world
        .clock
        .advance(std::time::Duration::from_secs(3600 + 59));
    assert_eq!(world.whoami(&token).await.status, 200);

    world.clock.advance(std::time::Duration::from_secs(1));
    let refused = world.whoami(&token).await;
    refused.assert_refused("expired", 401, "expired", Some(&world.invalid_token()));
}

#[tokio::test]
async fn a_payload_that_is_no_object_with_unique_names_is_refused_though_its_signature_verifies() {
    let world = World::start().await;
    let key = world.issuer.signing_key();
    let claims = serde_json::to_string(world.token().claims()).unwrap();
    let sign = |payload: &str| {
        let header = json!({ "alg": "RS256", "kid": key.kid() }).to_string();
        let input = [header.as_str(), payload].map(|text| URL_SAFE_NO_PAD.encode(text));
        let input = input.join(".");
        let signature = URL_SAFE_NO_PAD.encode(key.sign_bytes(input.as_bytes()));
        format!("{input}.{signature}")
    };
    for (name, payload) in [
        ("an array", format!("[{claims}]")),
        ("a text", "\"claims\"".to_owned()),
        ("nothing", String::new()),
        ("two objects", format!("{claims}{claims}")),
        ("a name twice", claims.replacen('{', "{\"sub\":\"eve\",", 1)),
        ("a byte order mark", format!("\u{feff}{claims}")),
    ] {
        let answer = world.whoami(&sign(&payload)).await;
        let challenge = world.invalid_token();
        answer.assert_refused(name, 401, "malformed_payload", Some(&challenge));
    }
    assert_eq!(world.whoami(&sign(&claims)).await.status, 200);
}

#[tokio::test]
async fn a_token_of_8_kib_is_read_and_one_longer_is_not() {
    let world = World::start().await;
    let token = |padding: usize| world.sign(&world.token().claim("x", "y".repeat(padding)));
    // Three bytes of payload take four of token.
    let spare = 8 * 1024 - token(0).len();
    let longest = token(spare / 4 * 3);

    let refused = world.whoami(&format!("{longest}AAAA")).await;

    assert!(longest.len() > 8 * 1024 - 4, "{} bytes", longest.len());
    let challenge = world.invalid_token();
    refused.assert_refused("longer", 401, "too_long", Some(&challenge));
    assert_eq!(world.whoami(&longest).await.status, 200);
}
