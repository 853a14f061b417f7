//! Claims of the wrong value, and of the right one in the wrong type.

use serde_json::{Value, json};

use crate::forge::{AUDIENCE, Forge, ISSUER, Row, row};

const MALFORMED: &str = "malformed_claim";

pub fn issuers(forge: &Forge) -> Vec<Row> {
    let mut rows = vec![row("no iss", forge.without_claim("iss"), "missing_claim")];
    for look_alike in [
        "",
        "https://id.example",
        "https://id.example/",
        "https://id.example/oauth2/default/",
        "https://id.example/oauth2/default ",
        " https://id.example/oauth2/default",
        "https://id.example/oauth2/Default",
        "https://ID.example/oauth2/default",
        "HTTPS://id.example/oauth2/default",
        "http://id.example/oauth2/default",
        "https://id.example:443/oauth2/default",
        "https://id.example./oauth2/default",
        "https://user@id.example/oauth2/default",
        "https://id.example/oauth2//default",
        "https://id.example/oauth2/./default",
        "https://id.example/oauth2/x/../default",
        "https://id.example/oauth2/defaul%74",
        "https://id.example/oauth2/default?x",
        "https://id.example/oauth2/default#x",
        "https://id.example/oauth2/default\0",
        "https://id.example.attacker.example/oauth2/default",
        "https://attacker.example/https://id.example/oauth2/default",
        "https://id.example\\@attacker.example/oauth2/default",
        "https://\u{456}d.example/oauth2/default",
        "https://id.example/oauth2/other",
        "//id.example/oauth2/default",
        "https://id.example/oauth2/default\n",
        "\thttps://id.example/oauth2/default",
        "\u{feff}https://id.example/oauth2/default",
        "https://id.example/oauth2/default\u{200b}",
        "https://id.example/oauth2/default;x",
        "https://id.example/oauth2/default%20",
        "https://id.example/oauth2/default%00",
        "https://id.example/oauth2%2Fdefault",
        "https://id.example/oauth2/defaul\u{ff54}",
        "https://id\u{3002}example/oauth2/default",
        "https://id.example:/oauth2/default",
        "https://:@id.example/oauth2/default",
        "https:\\\\id.example\\oauth2\\default",
        "https:/id.example/oauth2/default",
        "https://id.example/oauth2/default,https://attacker.example",
        "https://xn--d-0tb.example/oauth2/default",
        "accounts.google.com",
        "id.example",
        "null",
        "*",
    ] {
        rows.push(row(
            format!("iss {look_alike:?}"),
            forge.with_claim("iss", json!(look_alike)),
            "unknown_issuer",
        ));
    }
    for other_type in [
        Value::Null,
        json!([ISSUER]),
        json!({ "iss": ISSUER }),
        json!(true),
        json!(7),
        json!([]),
    ] {
        rows.push(row(
            format!("iss {other_type}"),
            forge.with_claim("iss", other_type),
            MALFORMED,
        ));
    }
    rows
}

pub fn audiences(forge: &Forge) -> Vec<Row> {
    let mut rows = vec![row("no aud", forge.without_claim("aud"), "missing_claim")];
    for look_alike in [
        json!(""),
        json!("api://defaul"),
        json!("api://default/"),
        json!("api://default "),
        json!("API://default"),
        json!("api://Default"),
        json!("api://default,api://other"),
        json!("api://other api://default"),
        json!("api:/default"),
        json!("*"),
        json!("api://default\0"),
        json!("api%3A%2F%2Fdefault"),
        json!("api://d\u{435}fault"),
        json!([]),
        json!(["api://other"]),
        json!(["api://default/"]),
        json!([""]),
        json!(["api://", "default"]),
        json!(["a", "p", "i"]),
        json!("client"),
    ] {
        rows.push(row(
            format!("aud {look_alike}"),
            forge.with_claim("aud", look_alike),
            "wrong_audience",
        ));
    }
    for other_type in [
        Value::Null,
        json!(true),
        json!(7),
        json!({ "aud": AUDIENCE }),
        json!({ AUDIENCE: true }),
        json!([[AUDIENCE]]),
        json!([AUDIENCE, null]),
        json!([AUDIENCE, 7]),
        json!([{ "aud": AUDIENCE }]),
    ] {
        rows.push(row(
            format!("aud {other_type}"),
            forge.with_claim("aud", other_type),
            MALFORMED,
        ));
    }
    rows
}

pub fn subjects_and_scopes(forge: &Forge) -> Vec<Row> {
    let mut rows = vec![row("no sub", forge.without_claim("sub"), "missing_claim")];
    for sub in [
        json!(""),
        Value::Null,
        json!(7),
        json!(["ada"]),
        json!({}),
        json!(true),
    ] {
        rows.push(row(
            format!("sub {sub}"),
            forge.with_claim("sub", sub),
            MALFORMED,
        ));
    }
    for claim in ["scp", "scope"] {
        for scope in [
            json!("a  b"),
            json!(" a"),
            json!("a "),
            json!("a\tb"),
            json!("a\nb"),
            json!("\"a\""),
            json!("a\\b"),
            json!("\u{e4}"),
            Value::Null,
            json!(7),
            json!(true),
            json!({ "a": true }),
            json!(["a", 7]),
            json!(["a b"]),
            json!([""]),
            json!([["a"]]),
            json!([null]),
        ] {
            let mut claims = forge.claims();
            claims.as_object_mut().unwrap().shift_remove("scp");
            let name = format!("{claim} {scope}");
            claims[claim] = scope;
            rows.push(row(
                name,
                Forge::signed(&crate::forge::header("RS256"), &claims),
                MALFORMED,
            ));
        }
    }
    for differing in [json!("admin"), json!("profile:read admin"), json!("")] {
        let name = format!("scope {differing} beside another scp");
        rows.push(row(name, forge.with_claim("scope", differing), MALFORMED));
    }
    for (claim, value) in [
        ("jti", json!(7)),
        ("jti", Value::Null),
        ("cid", json!([])),
        ("client_id", json!(7)),
        ("uid", json!({})),
    ] {
        rows.push(row(
            format!("{claim} {value}"),
            forge.with_claim(claim, value.clone()),
            MALFORMED,
        ));
    }
    rows
}

/// ID tokens, and tokens that are only good with a proof.
pub fn other_tokens(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    for claim in ["nonce", "at_hash", "c_hash"] {
        for value in [json!("x"), Value::Null] {
            let name = format!("an ID token: {claim} {value}");
            rows.push(row(name, forge.with_claim(claim, value), "id_token"));
        }
    }
    let backchannel = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    for (claim, value, reason) in [
        ("s_hash", json!("x"), "id_token"),
        ("jti", json!("ID.x"), "id_token"),
        ("typ", json!("ID"), "id_token"),
        ("token_use", json!("id"), "id_token"),
        ("typ", json!("Refresh"), "refresh_token"),
        ("typ", json!("Offline"), "refresh_token"),
        ("token_use", json!("refresh"), "refresh_token"),
        ("typ", json!("Logout"), "logout_token"),
        ("events", backchannel, "logout_token"),
        ("events", Value::Null, "logout_token"),
    ] {
        let name = format!("{reason}: {claim} {value}");
        rows.push(row(name, forge.with_claim(claim, value), reason));
    }
    let thumbprint = "A".repeat(43);
    for (cnf, reason) in [
        (json!({ "jkt": thumbprint }), "proof_required"),
        (json!({ "x5t#S256": thumbprint }), "certificate_required"),
        (json!({ "jwk": {} }), "unsupported_confirmation"),
        (json!({ "jkt": "x" }), "malformed_claim"),
        (json!({ "x5t#S256": "x" }), "malformed_claim"),
        (json!({}), "malformed_claim"),
        (Value::Null, "malformed_claim"),
        (json!("x"), "malformed_claim"),
    ] {
        let name = format!("cnf {cnf}");
        rows.push(row(name, forge.with_claim("cnf", cnf), reason));
    }
    rows
}
