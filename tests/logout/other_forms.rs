//! OpenID back-channel logout, and the event `session-revoked` of CAEP.

use std::time::Duration;

use poem_resource_server::dev::User;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::org::{KEY, Org, ada, admitted, reason, revoked};

const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";
const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";

fn logout_token(org: &Org, header: &Value, changes: &Value) -> String {
    let mut claims = org.claims("1");
    claims["sub"] = User::ADA.login.into();
    claims["events"] = json!({ LOGOUT: {} });
    merge(&mut claims, changes);
    let mut all = Org::header();
    all["typ"] = "logout+jwt".into();
    merge(&mut all, header);
    KEY.sign(&all, &claims)
}

fn event_token(org: &Org, header: &Value, changes: &Value) -> String {
    let mut claims = org.claims("1");
    merge(
        &mut claims,
        &json!({ "exp": null, "sub": null, "sub_id": ada(), "events": { SESSION_REVOKED: {} } }),
    );
    merge(&mut claims, changes);
    let mut all = Org::header();
    all["typ"] = "secevent+jwt".into();
    merge(&mut all, header);
    KEY.sign(&all, &claims)
}

/// `null` removes a member.
fn merge(value: &mut Value, changes: &Value) {
    for (name, change) in changes.as_object().unwrap() {
        match change {
            Value::Null => drop(value.as_object_mut().unwrap().shift_remove(name)),
            change => value[name] = change.clone(),
        }
    }
}

async fn send_logout(org: &Org, token: &str) -> Answer {
    let body = format!("logout_token={token}");
    Answer::to(org.post("application/x-www-form-urlencoded", body)).await
}

async fn send_event(org: &Org, token: &str) -> Answer {
    Answer::to(org.post("application/secevent+jwt", token.to_owned())).await
}

#[tokio::test]
async fn a_logout_token_signs_its_subject_out_and_one_with_a_fault_does_not() {
    let none = json!({});
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("nothing", none.clone(), none.clone(), None),
        ("no typ", json!({ "typ": null }), none.clone(), None),
        ("typ JWT", json!({ "typ": "JWT" }), none.clone(), None),
        ("a session too", none.clone(), json!({ "sid": "s" }), None),
        ("typ of an access token", json!({ "typ": "at+jwt" }), none.clone(), Some("logout_wrong_type")),
        ("typ of Universal Logout", json!({ "typ": "global-token-revocation+jwt" }), none.clone(), Some("logout_wrong_type")),
        ("a nonce", none.clone(), json!({ "nonce": "n" }), Some("logout_with_nonce")),
        ("no events", none.clone(), json!({ "events": null }), Some("logout_missing_claim")),
        ("another event", none.clone(), json!({ "events": { SESSION_REVOKED: {} } }), Some("logout_wrong_event")),
        ("an event that is no object", none.clone(), json!({ "events": { LOGOUT: true } }), Some("logout_malformed_claim")),
        ("a session alone", none.clone(), json!({ "sub": null, "sid": "s" }), Some("logout_session_only")),
        ("no user", none.clone(), json!({ "sub": null }), Some("logout_missing_claim")),
        ("another aud", none.clone(), json!({ "aud": "x" }), Some("logout_wrong_audience")),
    ];
    for (row, header, claims, expected) in rows {
        let org = Org::start().await;
        let of_ada = org.token_for(User::ADA);
        let token = logout_token(&org, &header, &claims);

        let answer = send_logout(&org, &token).await;

        let found = org.whoami(&of_ada).await;
        match expected {
            None => assert_eq!(
                (answer.status, found),
                (200, revoked()),
                "{row}: {}",
                answer.body
            ),
            Some(expected) => {
                assert_eq!(reason(&answer), (400, json!(expected)), "{row}");
                assert_eq!(found, admitted(), "{row}");
            }
        }
    }
}

#[tokio::test]
async fn a_logout_token_is_for_a_client_if_the_setting_names_it_and_is_used_once() {
    let org = Org::with(&[("logout.audiences", "my-client")]).await;
    let token = logout_token(&org, &json!({}), &json!({ "aud": "my-client" }));

    let first = send_logout(&org, &token).await;
    let again = send_logout(&org, &token).await;
    let twice = send_logout(&org, &format!("{token}&logout_token={token}")).await;

    assert_eq!(first.status, 200);
    assert_eq!(reason(&again), (400, json!("logout_repeated")));
    assert_eq!(reason(&twice), (400, json!("logout_malformed_body")));
}

#[tokio::test]
async fn a_session_revoked_event_signs_its_user_out_and_one_with_a_fault_does_not() {
    let none = json!({});
    let user =
        json!({ "format": "complex", "user": ada(), "session": { "format": "opaque", "id": "s" } });
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("nothing", none.clone(), none.clone(), None),
        ("a subject of several parts", none.clone(), json!({ "sub_id": user }), None),
        ("the subject in the event", none.clone(), json!({ "sub_id": null, "events": { SESSION_REVOKED: { "subject": ada() } } }), None),
        ("typ of an access token", json!({ "typ": "at+jwt" }), none.clone(), Some(("invalid_request", "logout_wrong_type"))),
        ("an unknown key", json!({ "kid": "x" }), none.clone(), Some(("invalid_key", "logout_unknown_key"))),
        ("another iss", none.clone(), json!({ "iss": "https://id.example" }), Some(("invalid_issuer", "logout_wrong_issuer"))),
        ("another aud", none.clone(), json!({ "aud": "x" }), Some(("invalid_audience", "logout_wrong_audience"))),
        ("another event", none.clone(), json!({ "events": { LOGOUT: {} } }), Some(("invalid_request", "logout_wrong_event"))),
        ("no subject", none.clone(), json!({ "sub_id": null }), Some(("invalid_request", "logout_missing_claim"))),
        ("a session alone", none.clone(), json!({ "sub_id": { "format": "complex", "session": {} } }), Some(("invalid_request", "logout_subject_not_supported"))),
    ];
    for (row, header, claims, expected) in rows {
        let org = Org::start().await;
        let of_ada = org.token_for(User::ADA);
        let token = event_token(&org, &header, &claims);

        let answer = send_event(&org, &token).await;

        let found = org.whoami(&of_ada).await;
        match expected {
            None => assert_eq!(
                (answer.status, found),
                (202, revoked()),
                "{row}: {}",
                answer.body
            ),
            Some((err, description)) => {
                assert_eq!(answer.status, 400, "{row}");
                let body = json!({ "err": err, "description": description });
                assert_eq!(answer.json(), body, "{row}");
                assert_eq!(found, admitted(), "{row}");
            }
        }
    }
}

#[tokio::test]
async fn an_event_that_is_sent_again_is_acknowledged_and_signs_nobody_out_again() {
    let org = Org::start().await;
    let token = event_token(&org, &json!({}), &json!({}));
    assert_eq!(send_event(&org, &token).await.status, 202);
    org.world.clock.advance(Duration::from_secs(2));
    let newer = org.token_for(User::ADA);

    let again = send_event(&org, &token).await;

    assert_eq!(again.status, 202);
    assert_eq!(org.whoami(&newer).await, admitted());
}
