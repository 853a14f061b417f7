use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::set::ClaimsSet;
use super::{ClaimNames, Claims};

fn claims(extra: &[(&str, Value)]) -> Claims {
    let mut claims = json!({ "iss": "i", "aud": "a", "sub": "s", "exp": 7 });
    for (name, value) in extra {
        claims[*name] = value.clone();
    }
    Claims::read(claims.to_string().as_bytes(), &ClaimNames::default()).unwrap()
}

#[test]
fn each_claim_is_returned_as_it_was_sent() {
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
fn a_claim_that_is_not_sent_is_absent() {
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
fn a_claim_has_a_value_that_it_equals_or_contains() {
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
fn values_of_every_kind_are_returned_as_they_were_sent() {
    let kinds = json!(["text", 1, -1, 0.5, true, null, { "name": [] }]);

    let claims = claims(&[("kinds", kinds.clone())]);

    assert_eq!(claims.all()["kinds"], kinds);
}

#[test]
fn one_claim_is_the_same_alone_and_among_all() {
    let bytes =
        br#" { "iss":"i", "aud":"a","sub":"s","exp":7, "a\u0062c": "x", "":{"x":[1,{"y":2}]},
        "one\n": 1.50, "two":[], "three":null, "four":-0, "five":1E400e0 } "#;
    assert!(Claims::read(bytes, &ClaimNames::default()).is_err());
    let bytes = str::from_utf8(bytes).unwrap().replace("1E400e0", "1e15");

    let claims = Claims::read(bytes.as_bytes(), &ClaimNames::default()).unwrap();

    assert_eq!(claims.all().len(), 11);
    for (name, value) in claims.all() {
        assert_eq!(claims.get(&name), Some(value), "{name}");
    }
    for absent in ["abcd", "ab", "x", "y", "a\\u0062c", "ISS"] {
        assert_eq!(claims.get(absent), None, "{absent}");
    }
}

/// The rule itself, for claims that are all in memory.
fn has_by_rule(value: Option<&Value>, accepted: &[String]) -> bool {
    let is_accepted = |value: &Value| match value {
        Value::String(text) => accepted.contains(text),
        Value::Bool(_) | Value::Number(_) => accepted.contains(&value.to_string()),
        _ => false,
    };
    match value {
        Some(Value::Array(values)) => values.iter().any(is_accepted),
        Some(value) => is_accepted(value),
        None => false,
    }
}

#[test]
fn values_are_found_in_the_string_as_in_memory() {
    let values = [
        "\"one\"",
        "\"\\u006fne\"",
        "\"On\\ne\"",
        "\"\"",
        "0",
        "-0",
        "-0.0",
        "7",
        "-7",
        "7.0",
        "70e-1",
        "1e15",
        "1e16",
        "1E-7",
        "0.1",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "true",
        "false",
        "null",
        "{}",
        "[]",
        "[[7]]",
        "[{\"x\":7}]",
        "[null,[\"one\"],{},7]",
        "{\"one\":\"one\"}",
        "[true,\"one\"]",
        "[[],\"one\",[7]]",
    ];
    let texts = values.iter().flat_map(|text| {
        let value: Value = serde_json::from_str(text).unwrap();
        let own = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        [(*text).to_owned(), own]
    });
    let texts: Vec<String> = texts.collect();
    for text in values {
        let payload = format!(r#"{{"before":[7,"one"],"x":{text},"after":{{"x":"one"}}}}"#);
        let members = crate::token::json::object_of_text(&payload).unwrap();
        let set = ClaimsSet::new(&payload, &members).unwrap();
        for accepted in texts
            .iter()
            .map(std::slice::from_ref)
            .chain([&texts[..], &[]])
        {
            for name in ["x", "before", "after", "absent"] {
                let value = members.get(name).cloned().map(Value::from);
                let expected = has_by_rule(value.as_ref(), accepted);
                assert_eq!(
                    set.has(name, accepted),
                    expected,
                    "{name} {text} {accepted:?}"
                );
            }
        }
    }
}

#[test]
fn a_claim_is_found_by_its_name_in_any_notation() {
    for (payload, name, expected) in [
        (r#"{"acr":"a"}"#, "acr", Some(json!("a"))),
        (r#"{"\u0061cr":"a"}"#, "acr", Some(json!("a"))),
        (r#"{"a\"b":1,"c\\d":2}"#, "a\"b", Some(json!(1))),
        (r#"{"a\"b":1,"c\\d":2}"#, "c\\d", Some(json!(2))),
        (r#"{"x":{"acr":"a"}}"#, "acr", None),
        (r#"{"x":"acr"}"#, "acr", None),
        (r#"{"x":"a"}"#, "acr", None),
        (r#"{"a":"b"}"#, "a\":\"b", None),
        (r#"{"":7}"#, "", Some(json!(7))),
    ] {
        let members = crate::token::json::object_of_text(payload).unwrap();
        let set = ClaimsSet::new(payload, &members).unwrap();

        assert_eq!(set.get(name), expected, "{payload} {name}");
    }
}

#[test]
fn claims_are_equal_and_printed_alike_in_any_notation() {
    let one = br#"{"iss":"i","aud":"a","sub":"s","exp":7,"x":{"y":1,"z":"\u0061"}}"#;
    let other = br#" {"x":{"z":"a","y":1},"exp":7,"aud":"a","sub":"s","iss":"i"}"#;
    let third = br#"{"iss":"i","aud":"a","sub":"s","exp":7,"x":{"y":1.0,"z":"a"}}"#;
    let [one, other, third] =
        [&one[..], other, third].map(|bytes| Claims::read(bytes, &ClaimNames::default()).unwrap());

    assert_eq!(one, other);
    assert_ne!(one, third);
    assert_eq!(
        format!("{one:?}"),
        "Claims { issuer: \"i\", subject: \"s\", audience: [\"a\"], expires_at: NumericDate(7s), \
         not_before: None, issued_at: None, token_id: None, client_id: None, other_clients: [], user_id: None, \
         scope: Scope([]), all: {\"iss\": String(\"i\"), \"aud\": String(\"a\"), \
         \"sub\": String(\"s\"), \"exp\": Number(7), \
         \"x\": Object {\"y\": Number(1), \"z\": String(\"a\")}} }"
    );
}
