//! `exp`, `nbf` and `iat`: types, extremes, and the edges of the leeway to the second.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use poem_resource_server::clock::ManualClock;
use poem_resource_server::token::{Audience, KeySet, Validation};
use poem_resource_server::verifier::Verifier;
use serde_json::{Value, json};

use crate::forge::{AUDIENCE, Forge, ISSUER, Row, header, key, row};

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

/// What a token with times at `TIME` is worth at another time and leeway.
#[tokio::test]
async fn time_passes_to_the_second_and_the_nanosecond() {
    const TIME: i64 = 1_000_000_000;
    const NANO: Duration = Duration::from_nanos(1);
    let far = TIME + 10_000;
    let exp = json!({ "exp": TIME });
    let half = json!({ "exp": 1_000_000_000.5 });
    let nbf = json!({ "exp": far, "nbf": TIME });
    let iat = json!({ "exp": far, "iat": TIME });
    let both = json!({ "exp": TIME, "nbf": TIME });
    #[rustfmt::skip] // A row a line: claims, leeway, the clock's seconds from `TIME`, nanoseconds less, verdict.
    let rows = [
        ("exp to come", &exp, 60, -1, 0, "ok"),
        ("exp now", &exp, 60, 0, 0, "ok"),
        ("exp within the leeway", &exp, 60, 59, 0, "ok"),
        ("exp a nanosecond within the leeway", &exp, 60, 60, 1, "ok"),
        ("exp at the end of the leeway", &exp, 60, 60, 0, "expired"),
        ("exp behind the leeway", &exp, 60, 61, 0, "expired"),
        ("exp a century ago", &exp, 60, 3_000_000_000, 0, "expired"),
        ("exp a half within the leeway", &half, 60, 60, 0, "ok"),
        ("exp a half behind the leeway", &half, 60, 61, 0, "expired"),
        ("exp to come, no leeway", &exp, 0, 0, 1, "ok"),
        ("exp now, no leeway", &exp, 0, 0, 0, "expired"),
        ("exp within the longest leeway", &exp, 300, 299, 0, "ok"),
        ("exp at the end of the longest leeway", &exp, 300, 300, 0, "expired"),
        ("exp within a leeway that is too long", &exp, 3600, 299, 0, "ok"),
        ("exp at the end of a leeway cut to the longest", &exp, 3600, 300, 0, "expired"),
        ("nbf behind", &nbf, 60, 1, 0, "ok"),
        ("nbf at the end of the leeway", &nbf, 60, -60, 0, "ok"),
        ("nbf a nanosecond beyond the leeway", &nbf, 60, -60, 1, "not_yet_valid"),
        ("nbf beyond the leeway", &nbf, 60, -61, 0, "not_yet_valid"),
        ("nbf now, no leeway", &nbf, 0, 0, 0, "ok"),
        ("nbf a nanosecond ahead, no leeway", &nbf, 0, 0, 1, "not_yet_valid"),
        ("nbf at the end of a leeway cut to the longest", &nbf, 3600, -300, 0, "ok"),
        ("nbf beyond a leeway cut to the longest", &nbf, 3600, -301, 0, "not_yet_valid"),
        ("iat at the end of the leeway", &iat, 60, -60, 0, "ok"),
        ("iat beyond the leeway", &iat, 60, -61, 0, "issued_in_future"),
        ("iat a nanosecond ahead, no leeway", &iat, 0, 0, 1, "issued_in_future"),
        ("the clock at 1970", &nbf, 60, -TIME, 0, "not_yet_valid"),
        ("the clock before 1970", &nbf, 60, -TIME - 86_400, 0, "not_yet_valid"),
        ("exp before nbf and both near", &both, 60, 0, 0, "ok"),
    ];
    let jwks = json!({ "keys": [key("EdDSA").public_jwk()] });
    let keys = Arc::new(KeySet::parse(jwks.to_string().as_bytes()).unwrap().key_set);
    for (name, times, leeway, seconds, less, expected) in rows {
        let mut claims = json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "ada" });
        for (claim, at) in times.as_object().unwrap() {
            claims[claim] = at.clone();
        }
        let token = key("EdDSA").sign(&header("EdDSA"), &claims);
        let validation = Validation::new(ISSUER, Audience::parse(AUDIENCE).unwrap())
            .with_leeway(Duration::from_secs(leeway));
        let clock = ManualClock::starting_at(at(TIME));
        let verifier =
            Verifier::new(Arc::new(keys.clone()), validation).with_clock(Arc::new(clock.clone()));
        // Where the token is good at `TIME`, the cache has it from here on.
        drop(verifier.verify(&token).await);

        clock.set_wall(at(TIME + seconds) - NANO * less);

        for verifier in [verifier.clone().with_cache(None), verifier] {
            let verdict = verifier.verify(&token).await;
            let verdict = verdict.map_or_else(|error| error.reason(), |_| "ok");
            assert_eq!(verdict, expected, "{name}");
        }
    }
}

/// So many seconds from 1970, or before.
fn at(seconds: i64) -> SystemTime {
    let from_epoch = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        SystemTime::UNIX_EPOCH - from_epoch
    } else {
        SystemTime::UNIX_EPOCH + from_epoch
    }
}
