//! The truth table of each kind of condition, for new tokens and for remembered ones.

use std::time::Duration;

use poem_resource_server::guard::{Access, Rejection, Requirement};
use poem_resource_server::token::Scope;
use serde_json::{Value, json};

use crate::sign_in::STEP_UP;
use crate::world::{ISSUER, World};

fn scope(text: &str) -> Scope {
    text.parse().unwrap()
}

pub async fn expect(requirement: &Requirement, rows: &[(&str, Value, &str)]) {
    let world = World::new();
    for (row, claims, expected) in rows {
        assert_eq!(world.word(requirement, claims).await, *expected, "{row}");
    }
}

#[tokio::test]
async fn a_caller_needs_every_scope_of_one_set() {
    let requirement = Requirement::default().with_any_scope([scope("read list"), scope("admin")]);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("the first set", json!({ "scope": "read list" }), "admitted"),
        ("the second set", json!({ "scope": "admin" }), "admitted"),
        ("more than a set", json!({ "scope": "x admin y" }), "admitted"),
        ("a part of the first", json!({ "scope": "read" }), "insufficient_scope"),
        ("the other part", json!({ "scope": "list" }), "insufficient_scope"),
        ("another case", json!({ "scope": "Admin" }), "insufficient_scope"),
        ("none", json!({}), "insufficient_scope"),
    ];
    expect(&requirement, &rows).await;
}

#[tokio::test]
async fn the_challenge_names_the_set_with_the_fewest_missing_scopes() {
    let world = World::new();
    let requirement = Requirement::default().with_any_scope([scope("a b c"), scope("d e")]);
    for (granted, named) in [("", "d e"), ("a b", "a b c"), ("a", "a b c"), ("d", "d e")] {
        let refused = world
            .judge(&requirement, &json!({ "scope": granted }))
            .await;

        let Err(Rejection::InsufficientScope { required, .. }) = refused else {
            panic!("{granted}: {refused:?}");
        };
        // With a tie, the first set is named.
        assert_eq!(required.to_string(), named, "{granted}");
    }
}

#[tokio::test]
async fn a_claim_has_one_of_the_values_by_its_path_and_type() {
    let rows = |path: &str, values: &[(Value, bool)]| -> Vec<(String, Value, &'static str)> {
        let rows = values.iter().map(|(value, is_met)| {
            let mut claims = value.clone();
            for segment in path.rsplit('/') {
                claims = json!({ segment: claims });
            }
            let word = if *is_met {
                "admitted"
            } else {
                "claim_not_accepted"
            };
            (value.to_string(), claims, word)
        });
        rows.collect()
    };
    for (requirement, path, values) in [
        (
            Requirement::default().with_claim("groups", ["admins", "7", "true"]),
            "groups",
            vec![
                (json!("admins"), true),
                (json!(["users", "admins"]), true),
                (json!(7), true),
                (json!([7]), true),
                (json!(true), true),
                (json!("7"), true),
                (json!("Admins"), false),
                (json!(["users"]), false),
                (json!([]), false),
                (json!([["admins"]]), false),
                (json!({ "admins": true }), false),
                (json!(7.5), false),
                (Value::Null, false),
            ],
        ),
        (
            Requirement::default().with_claim("realm_access/roles", ["sales"]),
            "realm_access/roles",
            vec![(json!(["sales"]), true), (json!(["other"]), false)],
        ),
        (
            Requirement::default().with_claim("level", [3]),
            "level",
            vec![
                (json!(3), true),
                (json!(3.0), true),
                (json!("3"), false),
                (json!(4), false),
                (json!([1, 3]), true),
            ],
        ),
        (
            Requirement::default().with_claim("id", [9_007_199_254_740_993_i64]),
            "id",
            vec![
                (json!(9_007_199_254_740_993_i64), true),
                (json!(9_007_199_254_740_992_i64), false),
                (json!(9_007_199_254_740_992.0), false),
            ],
        ),
        (
            Requirement::default().with_claim("email_verified", [true]),
            "email_verified",
            vec![
                (json!(true), true),
                (json!("true"), false),
                (json!(false), false),
            ],
        ),
    ] {
        let world = World::new();
        for (row, claims, expected) in rows(path, &values) {
            let found = world.word(&requirement, &claims).await;
            assert_eq!(found, expected, "{path} {row}");
        }
        let found = world.word(&requirement, &json!({})).await;
        assert_eq!(found, "claim_not_accepted", "{path} absent");
    }
}

#[tokio::test]
async fn a_claim_with_a_url_as_its_name_is_found_by_the_name() {
    let name = "https://shop.example/roles";
    let requirement = Requirement::default().with_claim(name, ["sales"]);
    let nested = json!({ "https:": { "": { "shop.example": { "roles": ["sales"] } } } });
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("the name", json!({ name: ["sales"] }), "admitted"),
        ("another value", json!({ name: ["other"] }), "claim_not_accepted"),
        ("the name before a path", json!({ name: ["other"], "https:": nested["https:"] }), "claim_not_accepted"),
    ];
    expect(&requirement, &rows).await;
}

#[tokio::test]
async fn a_claim_that_is_excluded_may_be_absent_and_have_other_values() {
    let requirement = Requirement::default().without_claim("status", ["suspended", "closed"]);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("absent", json!({}), "admitted"),
        ("another", json!({ "status": "active" }), "admitted"),
        ("others", json!({ "status": ["active", "new"] }), "admitted"),
        ("null", json!({ "status": null }), "admitted"),
        ("excluded", json!({ "status": "suspended" }), "claim_not_accepted"),
        ("among others", json!({ "status": ["active", "closed"] }), "claim_not_accepted"),
    ];
    expect(&requirement, &rows).await;
}

#[tokio::test]
async fn one_of_the_clients_is_named_by_any_of_three_claims() {
    let requirement = Requirement::default().with_clients(["web", "app"]);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("client_id", json!({ "client_id": "web" }), "admitted"),
        ("cid", json!({ "cid": "app" }), "admitted"),
        ("azp", json!({ "azp": "web" }), "admitted"),
        ("the second of two", json!({ "client_id": "other", "azp": "web" }), "admitted"),
        ("another", json!({ "client_id": "other" }), "client_not_accepted"),
        ("another case", json!({ "client_id": "Web" }), "client_not_accepted"),
        ("none", json!({}), "client_not_accepted"),
    ];
    expect(&requirement, &rows).await;
}

#[tokio::test]
async fn one_of_the_issuers_is_the_issuer_to_the_byte() {
    let slash = format!("{ISSUER}/");
    for (row, issuers, expected) in [
        ("it", vec![ISSUER], "admitted"),
        (
            "one of two",
            vec!["https://other.example", ISSUER],
            "admitted",
        ),
        (
            "another",
            vec!["https://other.example"],
            "issuer_not_accepted",
        ),
        ("with a slash", vec![slash.as_str()], "issuer_not_accepted"),
    ] {
        let requirement = Requirement::default().with_issuers(issuers);

        let word = World::new().word(&requirement, &json!({})).await;

        assert_eq!(word, expected, "{row}");
    }
}

#[tokio::test]
async fn the_first_condition_that_is_not_met_decides() {
    let world = World::new();
    let requirement = Requirement::new(scope("read"))
        .with_issuers([ISSUER])
        .with_acr(["mfa"])
        .with_max_age(Duration::from_secs(300))
        .with_clients(["web"])
        .with_claim("groups", ["admins"])
        .with_owner("tenant", "tenant_id")
        .with_check("closed", |_, _| false);
    let good = json!({
        "acr": "mfa", "auth_time": world.now(), "scope": "read", "client_id": "web",
        "groups": ["admins"], "tenant_id": "t",
    });
    let mut claims = good.clone();
    let request = |token: &str| crate::world::request("/?tenant=t", Some(token));
    let judged = world
        .guard
        .admit(&request(&world.token(&claims)), &requirement)
        .await;
    assert_eq!(judged.unwrap_err().reason(), "closed");

    // From the last condition to the first, one more is not met.
    for (claim, value, expected) in [
        ("tenant_id", "other", "not_owner"),
        ("groups", "users", "claim_not_accepted"),
        ("client_id", "other", "client_not_accepted"),
        ("scope", "", "insufficient_scope"),
        ("acr", "pwd", STEP_UP),
    ] {
        claims[claim] = value.into();
        let token = world.token(&claims);

        let judged = world.guard.admit(&request(&token), &requirement).await;

        assert_eq!(judged.unwrap_err().reason(), expected, "{claim}");
    }
    let elsewhere = requirement.with_issuers(["https://other.example"]);
    let judged = world
        .guard
        .admit(&request(&world.token(&good)), &elsewhere)
        .await;
    assert_eq!(judged.unwrap_err().reason(), "issuer_not_accepted");
}

#[test]
fn requirements_of_the_same_content_are_equal() {
    let one = || {
        Requirement::new(scope("a"))
            .with_claim("b", ["c"])
            .with_owner("d", "e")
    };

    assert_eq!(one(), one());
    assert_ne!(one(), one().with_clients(["f"]));
    assert_eq!(Access::default().implied_scopes.len(), 0);
}
