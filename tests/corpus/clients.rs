//! The claims that name the client: RFC 9068's `client_id`, Okta's `cid`, OpenID Connect's `azp`.

use serde_json::{Value, json};

use crate::forge::{Forge, Row, header, row};

const NAMES: [&str; 3] = ["client_id", "cid", "azp"];

/// A good token whose client is named by these claims alone.
fn named(forge: &Forge, names: &[(&str, Value)]) -> String {
    let mut claims = forge.claims();
    claims.as_object_mut().unwrap().shift_remove("cid");
    claims["jti"] = json!("client");
    for (name, value) in names {
        claims[*name] = value.clone();
    }
    Forge::signed(&header("RS256"), &claims)
}

pub fn faults(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |name: String, names: &[(&str, Value)]| {
        rows.push(row(name, named(forge, names), "malformed_claim"));
    };
    for claim in NAMES {
        for value in [
            Value::Null,
            json!(7),
            json!(true),
            json!([]),
            json!({}),
            json!(["client"]),
        ] {
            add(format!("{claim} {value} alone"), &[(claim, value)]);
        }
    }
    for (good, bad) in [
        ("client_id", "cid"),
        ("cid", "client_id"),
        ("azp", "client_id"),
        ("azp", "cid"),
    ] {
        let names = [(good, json!("client")), (bad, json!(["client"]))];
        add(format!("a good {good} beside a bad {bad}"), &names);
    }
    rows
}

pub fn controls(forge: &Forge) -> Vec<Row> {
    let mut rows: Vec<Row> = NAMES
        .iter()
        .map(|claim| {
            let token = named(forge, &[(claim, json!("client"))]);
            row(format!("a client named by {claim}"), token, "ok")
        })
        .collect();
    let all = NAMES.map(|claim| (claim, json!("client")));
    rows.push(row("a client named thrice", named(forge, &all), "ok"));
    rows.push(row("a client without a name", named(forge, &[]), "ok"));
    rows
}
