use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::Claims;

fn claims(extra: &[(&str, Value)]) -> Claims {
    let mut claims = json!({ "iss": "i", "aud": "a", "sub": "s", "exp": 7 });
    for (name, value) in extra {
        claims[*name] = value.clone();
    }
    Claims::read(claims.to_string().as_bytes()).unwrap()
}

#[test]
fn each_claim_comes_back_as_it_was_said() {
    let claims = claims(&[
        ("aud", json!(["a", "b"])),
        ("nbf", json!(5)),
        ("iat", json!(6.5)),
        ("jti", json!("j")),
        ("cid", json!("c")),
        ("uid", json!("u")),
        ("scp", json!(["x", "y"])),
    ]);

    assert_eq!(claims.issuer(), "i");
    assert_eq!(claims.subject(), "s");
    assert_eq!(claims.audience(), ["a", "b"]);
    assert_eq!(claims.expires_at().since_epoch().as_secs(), 7);
    let after_epoch = claims.expires_at().to_system_time();
    let since_epoch = after_epoch.duration_since(SystemTime::UNIX_EPOCH);
    assert_eq!(since_epoch.unwrap(), Duration::from_secs(7));
    assert_eq!(claims.not_before().unwrap().since_epoch().as_secs(), 5);
    assert_eq!(claims.issued_at().unwrap().since_epoch().as_millis(), 6500);
    assert_eq!(claims.token_id(), Some("j"));
    assert_eq!(claims.client_id(), Some("c"));
    assert_eq!(claims.user_id(), Some("u"));
    assert_eq!(claims.scope().to_string(), "x y");
    assert_eq!(claims.all()["uid"], "u");
}

#[test]
fn what_is_not_said_is_absent() {
    let claims = claims(&[]);

    assert_eq!(claims.not_before(), None);
    assert_eq!(claims.issued_at(), None);
    assert_eq!(claims.token_id(), None);
    assert_eq!(claims.client_id(), None);
    assert_eq!(claims.user_id(), None);
    assert!(claims.scope().is_empty());
    assert_eq!(claims.all().len(), 4);
}

#[test]
fn the_client_is_named_by_the_first_of_three_claims() {
    let azp = ("azp", json!("z"));
    let cid = ("cid", json!("c"));
    let client_id = ("client_id", json!("i"));

    assert_eq!(claims(std::slice::from_ref(&azp)).client_id(), Some("z"));
    assert_eq!(claims(&[azp.clone(), cid.clone()]).client_id(), Some("c"));
    assert_eq!(claims(&[azp, cid, client_id]).client_id(), Some("i"));
}

#[test]
fn a_claim_has_a_value_that_it_equals_or_holds() {
    let accepted = ["one", "7", "true"].map(str::to_owned);
    for (name, value, has) in [
        ("a text", json!("one"), true),
        ("another text", json!("two"), false),
        ("a number", json!(7), true),
        ("another number", json!(8), false),
        ("a boolean", json!(true), true),
        ("another boolean", json!(false), false),
        ("held", json!(["two", "one"]), true),
        ("a number held", json!([7]), true),
        ("not held", json!(["two"]), false),
        ("held further in", json!([["one"]]), false),
        ("null", Value::Null, false),
        ("an object", json!({ "one": true }), false),
    ] {
        assert_eq!(claims(&[("x", value)]).has("x", &accepted), has, "{name}");
    }
    assert!(!claims(&[]).has("x", &accepted), "absent");
}

#[test]
fn values_of_every_kind_come_back_as_they_were_said() {
    let kinds = json!(["text", 1, -1, 0.5, true, null, { "name": [] }]);

    let claims = claims(&[("kinds", kinds.clone())]);

    assert_eq!(claims.all()["kinds"], kinds);
}
