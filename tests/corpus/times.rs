//! `exp`, `nbf` and `iat`: types, extremes, and the edges of the leeway to the second.

use serde_json::{Value, json};

use crate::forge::{Forge, Row, row};

/// What is no date (RFC 7519 section 2).
fn no_dates(now: u64) -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(""),
        json!("tomorrow"),
        json!(now.to_string()),
        json!("2099-01-01T00:00:00Z"),
        json!([now]),
        json!({ "exp": now }),
        json!(-1),
        json!(-1.5),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!(-1e300),
        json!(253_402_300_800_u64),
        json!(253_402_300_799.5),
    ]
}

pub fn faults(forge: &Forge) -> Vec<Row> {
    let now = forge.now();
    let mut rows = vec![row("no exp", forge.without_claim("exp"), "missing_claim")];
    for claim in ["exp", "nbf", "iat"] {
        for value in no_dates(now) {
            let name = format!("{claim} {value}");
            rows.push(row(name, forge.with_claim(claim, value), "malformed_claim"));
        }
    }
    for (name, exp) in [
        ("60 s ago", json!(now - 60)),
        (
            "60.0 s ago",
            json!(format!("{}.0", now - 60).parse::<f64>().unwrap()),
        ),
        ("61 s ago", json!(now - 61)),
        ("an hour ago", json!(now - 3600)),
        ("in 1970", json!(0)),
        ("in 1970, with a fraction", json!(0.5)),
        ("in 1970, minus zero", json!(-0.0)),
        ("in milliseconds, long ago", json!(1)),
    ] {
        rows.push(row(
            format!("exp {name}"),
            forge.with_claim("exp", exp),
            "expired",
        ));
    }
    for (name, at) in [
        ("61 s ahead", now + 61),
        ("an hour ahead", now + 3600),
        ("in year 9999", 253_402_300_799),
    ] {
        rows.push(row(
            format!("nbf {name}"),
            forge.with_claim("nbf", json!(at)),
            "not_yet_valid",
        ));
        rows.push(row(
            format!("iat {name}"),
            forge.with_claim("iat", json!(at)),
            "issued_in_future",
        ));
    }
    let soon = format!("{}.5", now + 60).parse::<f64>().unwrap();
    rows.push(row(
        "nbf 60.5 s ahead",
        forge.with_claim("nbf", json!(soon)),
        "not_yet_valid",
    ));
    rows.push(row(
        "iat 60.5 s ahead",
        forge.with_claim("iat", json!(soon)),
        "issued_in_future",
    ));
    rows
}
