use std::time::{Duration, SystemTime};

use poem::http::StatusCode;
use serde_json::json;

use super::{Answer, World, decode};
use crate::clock::Clock;
use crate::dev::User;

const TOKEN: &str = "/v1/token";
const GRANT: &str = "grant_type=client_credentials&scope=AccessAll";
const CREDENTIALS: &str = "client_id=dev-client&client_secret=dev-secret";

#[tokio::test]
async fn client_credentials_are_taken_from_the_header_and_from_the_form() {
    let world = World::start().await;

    let basic = world
        .form(TOKEN, GRANT)
        .basic_auth("dev-client", Some("dev-secret"));
    let basic = Answer::read(basic).await;
    let form = world.post(TOKEN, &format!("{GRANT}&{CREDENTIALS}")).await;

    for answer in [basic, form] {
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.json();
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["expires_in"], 3600);
        assert_eq!(body["scope"], "AccessAll");
    }
}

#[tokio::test]
async fn a_client_token_looks_like_one_from_okta() {
    let world = World::start().await;
    let now = world.clock.now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap().as_secs();

    let form = format!("grant_type=client_credentials&scope=profile:read+AccessAll&{CREDENTIALS}");
    let answer = world.post(TOKEN, &form).await.json();

    let (header, claims) = decode(answer["access_token"].as_str().unwrap());
    let kid = world.issuer.signing_key().kid().to_owned();
    assert_eq!(header, json!({"alg": "RS256", "kid": kid}));
    let jti = claims["jti"].as_str().unwrap();
    assert!(jti.starts_with("AT."));
    assert_eq!(
        claims,
        json!({
            "ver": 1, "jti": jti, "iss": world.issuer.issuer(), "aud": "api://default",
            "iat": now, "exp": now + 3600, "cid": "dev-client",
            "scp": ["profile:read", "AccessAll"], "sub": "dev-client",
        })
    );
}

#[tokio::test]
async fn a_token_is_dated_by_the_clock_that_was_handed_in() {
    let world = World::start().await;
    let before = world.issuer.token_for_user(User::ADA, &["AccessAll"]);

    world.clock.advance(Duration::from_secs(90));
    let after = world.issuer.token_for_user(User::ADA, &["AccessAll"]);

    let issued = |claims: &serde_json::Map<_, serde_json::Value>| claims["iat"].as_u64().unwrap();
    assert_eq!(issued(after.claims()) - issued(before.claims()), 90);
}

#[tokio::test]
async fn a_user_token_names_the_user_and_can_be_changed() {
    let world = World::start().await;
    let token = world.issuer.token_for_user(User::BOB, &["profile:read"]);

    let bent = token
        .clone()
        .claim("aud", json!(["a", "b"]))
        .without("exp")
        .header("typ", "at+jwt")
        .without_header("kid");

    assert_eq!(token.claims()["sub"], "bob@example.com");
    assert_eq!(token.claims()["uid"], User::BOB.id);
    let (header, claims) = decode(&world.issuer.sign(&bent));
    assert_eq!(header, json!({"alg": "RS256", "typ": "at+jwt"}));
    assert_eq!(claims["aud"], json!(["a", "b"]));
    assert_eq!(claims.get("exp"), None);
}

#[tokio::test]
async fn each_refusal_has_its_own_code() {
    let world = World::start().await;
    let good = format!("{GRANT}&{CREDENTIALS}");
    let long = format!("{good}&padding={}", "x".repeat(16 * 1024));
    let swap = |from: &str, to: &str| good.replace(from, to);
    let table = [
        (
            "wrong secret",
            swap("dev-secret", "guess"),
            (401, "invalid_client"),
        ),
        ("no secret", swap("dev-secret", ""), (401, "invalid_client")),
        (
            "unknown client",
            swap("dev-client", "nobody"),
            (401, "invalid_client"),
        ),
        ("no client", swap(CREDENTIALS, ""), (401, "invalid_client")),
        (
            "unknown scope",
            swap("AccessAll", "Everything"),
            (400, "invalid_scope"),
        ),
        (
            "a user's scope",
            swap("AccessAll", "openid"),
            (400, "invalid_scope"),
        ),
        ("empty scope", swap("AccessAll", ""), (400, "invalid_scope")),
        (
            "no scope",
            swap("scope=AccessAll&", ""),
            (400, "invalid_scope"),
        ),
        (
            "no grant type",
            swap("grant_type=client_credentials&", ""),
            (400, "invalid_request"),
        ),
        (
            "unknown grant type",
            swap("client_credentials", "password"),
            (400, "unsupported_grant_type"),
        ),
        (
            "public client",
            swap(CREDENTIALS, "client_id=dev-spa"),
            (400, "unauthorized_client"),
        ),
        (
            "repeated parameter",
            format!("{good}&scope=AccessAll"),
            (400, "invalid_request"),
        ),
        ("too long", long, (400, "invalid_request")),
    ];

    for (row, form, (status, error)) in table {
        let answer = world.post(TOKEN, &form).await;

        assert_eq!(answer.refusal(), (status, error.to_owned()), "{row}");
        assert_eq!(answer.header("cache-control"), "no-store", "{row}");
        let challenge = if status == 401 {
            "Basic realm=\"dev\""
        } else {
            ""
        };
        assert_eq!(answer.header("www-authenticate"), challenge, "{row}");
    }
    assert_eq!(world.post(TOKEN, &good).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_header_is_refused_where_the_caller_is_not_clear() {
    let world = World::start().await;
    let twice = format!("{GRANT}&client_secret=dev-secret");
    let other = format!("{GRANT}&client_id=dev-spa");
    let same = format!("{GRANT}&client_id=dev-client");
    let basic = |form: &str, secret: &str| {
        Answer::read(
            world
                .form(TOKEN, form)
                .basic_auth("dev-client", Some(secret)),
        )
    };
    let bearer = world.form(TOKEN, &same).bearer_auth("x");

    assert_eq!(
        basic(&twice, "dev-secret").await.refusal(),
        (400, "invalid_request".into())
    );
    assert_eq!(
        basic(&other, "dev-secret").await.refusal(),
        (400, "invalid_request".into())
    );
    assert_eq!(
        basic(&same, "guess").await.refusal(),
        (401, "invalid_client".into())
    );
    assert_eq!(
        Answer::read(bearer).await.refusal(),
        (401, "invalid_client".into())
    );
    // Form-encoded underneath, as RFC 6749 section 2.3.1 has it.
    assert_eq!(basic(&same, "dev%2Dsecret").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let world = World::start().await;
    let good = format!("{GRANT}&{CREDENTIALS}");
    let send = |media_type: &'static str| {
        let url = format!("{}{TOKEN}", world.issuer.issuer());
        let request = world.http.post(url).header("content-type", media_type);
        Answer::read(request.body(good.clone()))
    };

    let json = send("application/json").await;
    let form = send("application/x-www-form-urlencoded; charset=utf-8").await;

    assert_eq!(json.refusal(), (400, "invalid_request".to_owned()));
    assert_eq!(form.status, StatusCode::OK);
}

#[tokio::test]
async fn test_claims_change_a_client_token_and_are_signed_by_the_real_key() {
    let world = World::start().await;
    let changes = r#"{"iss":"https://other.example","exp":1,"scp":["orders:read"],"cid":null}"#;
    let form = |changes: &str| format!("grant_type=client_credentials&test_claims={changes}");

    let post = async |form: String| world.post(TOKEN, &format!("{form}&{CREDENTIALS}")).await;
    let other = post(form(changes)).await.json();
    let plain = post(GRANT.to_owned()).await.json();

    let token = other["access_token"].as_str().unwrap();
    let (_, claims) = decode(token);
    assert!(world.issuer.signing_key().verify(token).is_some());
    assert_eq!(claims["iss"], "https://other.example");
    assert_eq!(claims["exp"], 1);
    assert_eq!(claims["scp"], json!(["orders:read"]));
    assert_eq!(claims.get("cid"), None);
    assert_eq!(claims["aud"], "api://default");
    let (_, claims) = decode(plain["access_token"].as_str().unwrap());
    assert_eq!(claims["iss"], world.issuer.issuer());
}

#[tokio::test]
async fn test_claims_that_are_no_object_are_refused() {
    let world = World::start().await;
    for (row, changes, status) in [
        ("an object", "{}", StatusCode::OK),
        ("a list", "[]", StatusCode::BAD_REQUEST),
        ("no JSON", "exp", StatusCode::BAD_REQUEST),
    ] {
        let form = format!("{GRANT}&test_claims={changes}&{CREDENTIALS}");

        let answer = world.post(TOKEN, &form).await;

        assert_eq!(answer.status, status, "{row}");
        if status == StatusCode::BAD_REQUEST {
            let text = "'test_claims' must be a JSON object.";
            assert_eq!(answer.json()["error_description"], text, "{row}");
        }
    }
}
