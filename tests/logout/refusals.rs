//! Each refusal of a sign-out has its own reason. The request without the fault is accepted.

use std::time::Duration;

use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use reqwest::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::org::{KEY, Org, PATH, ada, reason};

/// Changes members; `null` removes one.
fn changed(mut value: Value, changes: &Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        match change {
            Value::Null => drop(value.as_object_mut().unwrap().shift_remove(name)),
            change => value[name] = change.clone(),
        }
    }
    value
}

#[tokio::test]
async fn a_token_with_one_fault_is_refused_for_it_and_its_twin_is_accepted() {
    let org = Org::start().await;
    let now = org.now();
    let none = json!({});
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("nothing", json!({}), none.clone(), None),
        ("typ in another case", json!({ "typ": "Global-Token-Revocation+JWT" }), none.clone(), None),
        ("several audiences", none.clone(), json!({ "aud": ["x", org.audience] }), None),
        ("an unknown claim", none.clone(), json!({ "foo": 1 }), None),
        ("no typ", json!({ "typ": null }), none.clone(), Some("logout_wrong_type")),
        ("typ of an access token", json!({ "typ": "at+jwt" }), none.clone(), Some("logout_wrong_type")),
        ("typ with a prefix", json!({ "typ": "application/global-token-revocation+jwt" }), none.clone(), Some("logout_wrong_type")),
        ("no signature", json!({ "alg": "none" }), none.clone(), Some("logout_algorithm_not_allowed")),
        ("crit", json!({ "crit": ["x"] }), none.clone(), Some("logout_critical_header")),
        ("b64", json!({ "b64": true }), none.clone(), Some("logout_critical_header")),
        ("an unknown kid", json!({ "kid": "x" }), none.clone(), Some("logout_unknown_key")),
        ("another algorithm", json!({ "alg": "RS256" }), none.clone(), Some("logout_unknown_key")),
        ("no iss", none.clone(), json!({ "iss": null }), Some("logout_missing_claim")),
        ("another iss", none.clone(), json!({ "iss": "https://example.okta.com" }), Some("logout_wrong_issuer")),
        ("the API's iss", none.clone(), json!({ "iss": org.world.issuer.issuer() }), Some("logout_wrong_issuer")),
        ("no sub", none.clone(), json!({ "sub": null }), Some("logout_missing_claim")),
        ("an empty sub", none.clone(), json!({ "sub": "" }), Some("logout_malformed_claim")),
        ("no aud", none.clone(), json!({ "aud": null }), Some("logout_missing_claim")),
        ("another aud", none.clone(), json!({ "aud": "api://default" }), Some("logout_wrong_audience")),
        ("aud with a slash more", none.clone(), json!({ "aud": format!("{}/", org.audience) }), Some("logout_wrong_audience")),
        ("no exp", none.clone(), json!({ "exp": null }), Some("logout_missing_claim")),
        ("exp that is no number", none.clone(), json!({ "exp": "1" }), Some("logout_malformed_claim")),
        ("exp at the leeway", none.clone(), json!({ "iat": now - 200, "exp": now - 59 }), None),
        ("exp after the leeway", none.clone(), json!({ "iat": now - 200, "exp": now - 60 }), Some("logout_expired")),
        ("a lifetime of more than 5 min", none.clone(), json!({ "exp": now + 301 }), Some("logout_lives_too_long")),
        ("exp more than 5 min ahead", none.clone(), json!({ "iat": now + 61, "exp": now + 361 }), Some("logout_lives_too_long")),
        ("exp ahead by the leeway", none.clone(), json!({ "iat": now + 60, "exp": now + 360 }), None),
        ("no iat", none.clone(), json!({ "iat": null }), Some("logout_missing_claim")),
        ("iat after the leeway", none.clone(), json!({ "iat": now + 61 }), Some("logout_issued_in_future")),
        ("nbf after the leeway", none.clone(), json!({ "nbf": now + 61 }), Some("logout_not_yet_valid")),
        ("nbf at the leeway", none.clone(), json!({ "nbf": now + 60 }), None),
        ("no jti", none.clone(), json!({ "jti": null }), Some("logout_missing_claim")),
        ("jti that is no string", none.clone(), json!({ "jti": 1 }), Some("logout_malformed_claim")),
    ];
    for (row, header, claims, expected) in rows {
        let header = changed(Org::header(), &header);
        let token = KEY.sign(&header, &changed(org.claims(row), &claims));

        let answer = Answer::to(org.request(&token, &json!({ "sub_id": ada() }))).await;

        match expected {
            None => assert_eq!(answer.status, 204, "{row}: {}", answer.body),
            Some(expected) => {
                assert_eq!(reason(&answer), (401, json!(expected)), "{row}");
                let challenge = answer.header("www-authenticate").unwrap();
                assert!(challenge.contains("error=\"invalid_token\""), "{row}");
                let media_type = answer.header("content-type");
                assert_eq!(media_type, Some("application/problem+json"), "{row}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_the_org_has_not_signed_is_refused() {
    let org = Org::start().await;
    let body = json!({ "sub_id": ada() });
    let forger = SigningKey::generate_with_kid(SigningAlgorithm::Es256, KEY.kid());
    let good = KEY.sign(&Org::header(), &org.claims("1"));
    let token = forger.sign(&Org::header(), &org.claims("2"));
    let access = org.world.sign(&org.world.token());
    let rows = [
        ("another key", token, "logout_bad_signature"),
        ("an access token", access, "logout_wrong_type"),
        ("two segments", "a.b".to_owned(), "logout_malformed_token"),
        ("a long token", "a".repeat(9000), "logout_malformed_token"),
    ];
    for (row, token, expected) in rows {
        let answer = Answer::to(org.request(&token, &body)).await;

        assert_eq!(reason(&answer), (401, json!(expected)), "{row}");
    }
    let without = Answer::to(org.post("application/json", body.to_string())).await;
    assert_eq!(reason(&without), (401, json!("missing_credentials")));
    let challenge = without.header("www-authenticate").unwrap();
    assert_eq!(challenge, "Bearer realm=\"logout\"");
    let twice = org
        .request(&good, &body)
        .header("authorization", "Bearer x");
    let twice = Answer::to(twice).await;
    assert_eq!(reason(&twice), (401, json!("repeated_authorization")));
    // The token is not used up by these.
    assert_eq!(Answer::to(org.request(&good, &body)).await.status, 204);
}

#[tokio::test]
async fn a_body_that_names_no_user_is_refused_and_does_not_use_up_the_token() {
    let org = Org::start().await;
    let token = KEY.sign(&Org::header(), &org.claims("1"));
    let api = org.world.issuer.issuer();
    let malformed = "logout_malformed_claim";
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("no JSON", "{".to_owned(), malformed),
        ("nothing", "{}".to_owned(), "logout_missing_claim"),
        ("a list", "[]".to_owned(), malformed),
        ("a doubled member", r#"{"sub_id": {"format": "email", "email": "a", "email": "ada@example.com"}}"#.to_owned(), malformed),
        ("a member more", json!({ "sub_id": ada(), "foo": 1 }).to_string(), malformed),
        ("a member more inside", json!({ "sub_id": { "format": "email", "email": "a", "sub": "b" } }).to_string(), malformed),
        ("a string", json!({ "sub_id": "ada@example.com" }).to_string(), malformed),
        ("no format", json!({ "sub_id": { "email": "ada@example.com" } }).to_string(), malformed),
        ("no address", json!({ "sub_id": { "format": "email" } }).to_string(), malformed),
        ("an empty address", json!({ "sub_id": { "format": "email", "email": "" } }).to_string(), malformed),
        ("a long address", json!({ "sub_id": { "format": "email", "email": "a".repeat(1025) } }).to_string(), malformed),
        ("no sub", json!({ "sub_id": { "format": "iss_sub", "iss": api } }).to_string(), malformed),
        ("no iss", json!({ "sub_id": { "format": "iss_sub", "sub": "ada" } }).to_string(), malformed),
        ("another format", json!({ "sub_id": { "format": "opaque", "id": "ada" } }).to_string(), "logout_subject_not_supported"),
        ("too much", json!({ "sub_id": ada(), "x": "a".repeat(20_000) }).to_string(), "logout_malformed_body"),
    ];
    for (row, body, expected) in rows {
        let request = org.post("application/json", body).bearer_auth(&token);

        assert_eq!(
            reason(&Answer::to(request).await),
            (400, json!(expected)),
            "{row}"
        );
    }
    let elsewhere = json!({ "format": "iss_sub", "iss": "https://id.example", "sub": "ada" });
    let body = json!({ "sub_id": elsewhere });
    let unknown = Answer::to(org.request(&token, &body)).await;
    assert_eq!(reason(&unknown), (404, json!("logout_unknown_user")));
    let text = org.post("text/plain", String::new()).bearer_auth(&token);
    let text = Answer::to(text).await;
    assert_eq!(reason(&text), (400, json!("logout_wrong_media_type")));
    let twin = Answer::to(org.request(&token, &json!({ "sub_id": ada() }))).await;
    assert_eq!(twin.status, 204);
}

#[tokio::test]
async fn only_a_sender_of_the_setting_may_sign_users_out() {
    for (senders, expected) in [
        ("0oa1", None),
        ("0oa2,0oa3", Some("logout_sender_not_accepted")),
    ] {
        let org = Org::with(&[("logout.senders", senders)]).await;

        let answer = org.sign_out("1", &ada()).await;

        match expected {
            None => assert_eq!(answer.status, 204),
            Some(expected) => assert_eq!(reason(&answer), (403, json!(expected))),
        }
    }
}

#[tokio::test]
async fn an_address_that_was_refused_too_often_waits_and_another_method_is_never_read() {
    let org = Org::with(&[("rate.refusals", "3/1m")]).await;
    let other = Answer::to(org.world.request(Method::GET, PATH)).await;
    assert_eq!((other.status, other.header("allow")), (405, Some("POST")));
    for _ in 0..3 {
        let request = org.request("a.b.c", &json!({}));
        assert_eq!(Answer::to(request).await.status, 401);
    }

    let paused = org.sign_out("1", &ada()).await;
    org.world.clock.advance(Duration::from_secs(61));
    let twin = org.sign_out("1", &ada()).await;

    assert_eq!(reason(&paused), (429, json!("too_many_requests")));
    assert!(paused.header("retry-after").is_some());
    assert_eq!(twin.status, 204);
}
