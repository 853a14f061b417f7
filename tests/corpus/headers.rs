//! `kid`, `crit`, `b64`, `typ`, and keys that a token brings along.

use serde_json::{Value, json};

use crate::forge::{ATTACKER, Forge, Row, row};

fn with(forge: &Forge, member: &str, value: Value) -> String {
    let mut header = json!({ "alg": "RS256", "kid": "RS256" });
    header[member] = value;
    forge.with_header(&header)
}

pub fn key_ids(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    for kid in [
        json!(0),
        json!(256),
        Value::Null,
        json!(["RS256"]),
        json!({ "kid": "RS256" }),
        json!(true),
        json!("k".repeat(257)),
    ] {
        let name = format!(
            "kid {}",
            kid.to_string().chars().take(40).collect::<String>()
        );
        rows.push(row(name, with(forge, "kid", kid), "malformed_kid"));
    }
    for kid in [
        "",
        " ",
        "rs256",
        "RS256 ",
        " RS256",
        "RS256\0",
        "RS256\n",
        "RS25",
        "RS2566",
        "../../../../dev/null",
        "/dev/null",
        "file:///etc/passwd",
        "http://attacker.example/keys",
        "' OR '1'='1",
        "RS256' UNION SELECT 'key",
        "$(id)",
        "`id`",
        "%52S256",
        "R\u{405}256",
        "RS256;ES256",
        "*",
        "${jndi:ldap://attacker.example}",
        "0",
    ] {
        rows.push(row(
            format!("kid {kid:?}"),
            with(forge, "kid", json!(kid)),
            "unknown_key",
        ));
    }
    rows.push(row(
        "kid of 256 bytes",
        with(forge, "kid", json!("k".repeat(256))),
        "unknown_key",
    ));
    // Of the keys that are published, three are for RS256.
    rows.push(row(
        "no kid",
        forge.with_header(&json!({ "alg": "RS256" })),
        "ambiguous_key",
    ));
    rows
}

pub fn critical(forge: &Forge) -> Vec<Row> {
    let mut rows = Vec::new();
    for crit in [
        json!([]),
        Value::Null,
        json!(["exp"]),
        json!(["b64"]),
        json!(["alg"]),
        json!(""),
        json!("exp"),
        json!({}),
        json!(0),
        json!(false),
        json!(["http://openbanking.org.uk/iat"]),
        json!([["exp"]]),
    ] {
        rows.push(row(
            format!("crit {crit}"),
            with(forge, "crit", crit),
            "critical_header",
        ));
    }
    for b64 in [json!(true), json!(false), Value::Null, json!("true")] {
        rows.push(row(
            format!("b64 {b64}"),
            with(forge, "b64", b64),
            "unencoded_payload",
        ));
    }
    rows
}

/// A header of this many values in all, shallow or within a member.
pub fn with_values(count: usize) -> [(&'static str, Value); 3] {
    let header = |x: Value| json!({ "alg": "RS256", "kid": "RS256", "x": x });
    let mut members = json!({ "alg": "RS256", "kid": "RS256" });
    for number in 3..count {
        members[format!("member {number}")] = json!(number);
    }
    let nested = (0..count - 4).fold(json!(1), |inner, _| json!([inner]));
    [
        ("members", members),
        ("elements", header(json!(vec![1; count - 4]))),
        ("depths", header(nested)),
    ]
}

/// More values than a header needs, each of which takes time.
pub fn crowded(forge: &Forge) -> Vec<Row> {
    [17, 33, 100]
        .into_iter()
        .flat_map(|count| {
            with_values(count).map(|(kind, header)| {
                let name = format!("a header of {count} values by {kind}");
                row(name, forge.with_header(&header), "malformed_header")
            })
        })
        .collect()
}

/// The `typ` values that are registered or specified for other kinds of tokens.
pub fn types(forge: &Forge) -> Vec<Row> {
    let others = [
        "JOSE",
        "JOSE+JSON",
        "JWE",
        "JWS",
        "id_token",
        "id_token+jwt",
        "logout+jwt",
        "dpop+jwt",
        "secevent+jwt",
        "token-introspection+jwt",
        "oauth-authz-req+jwt",
        "client-authentication+jwt",
        "authorization-grant+jwt",
        "entity-statement+jwt",
        "trust-mark+jwt",
        "trust-mark-delegation+jwt",
        "resolve-response+jwt",
        "explicit-registration-response+jwt",
        "jwk-set+jwt",
        "kb+jwt",
        "dc+sd-jwt",
        "vc+sd-jwt",
        "sd-jwt",
        "vc+jwt",
        "vp+jwt",
        "vc+ld+json+jwt",
        "statuslist+jwt",
        "passport",
        "rat+jwt",
        "wit+jwt",
        "wpt+jwt",
        "txn_token+jwt",
        "N_A",
        "oauth-id-jag+jwt",
        "oauth-client-attestation+jwt",
        "oauth-client-attestation-pop+jwt",
        "openid4vci-proof+jwt",
        "key-attestation+jwt",
        "trust-mark-status-response+jwt",
        "trust-chain+json",
        "gnap-binding-jws",
        "gnap-binding-jwsd",
        "gnap-binding-rotation-jws",
        "siop+jwt",
        "rdap+jwt",
        "webpush",
        "shaken",
        "refresh+jwt",
        "Refresh",
        "ID",
        "Bearer",
        "application/id_token+jwt",
        "application/logout+jwt",
        "application/secevent+jwt",
        "application/token-introspection+jwt",
        "at+jwt\0",
        "at+jwt,JWT",
        "at+jwt;charset=utf-8",
        "a\u{442}+jwt",
        "jwt+json",
        "at%2Bjwt",
        "tn+jwt",
        "eat+jwt",
        "cose",
        "at",
        "at+jws",
        "rt+jwt",
        "AT+JWTX",
        "xat+jwt",
        "application/jwt",
        "application/at+jwt; x=y",
        "application/application/at+jwt",
        "text/at+jwt",
        "at+jwt ",
        " at+jwt",
        "at jwt",
        "jwt+at",
        "",
        "JWT\0",
        "\u{212a}WT",
    ];
    let mut rows: Vec<Row> = others
        .into_iter()
        .map(|typ| {
            row(
                format!("typ {typ:?}"),
                with(forge, "typ", json!(typ)),
                "wrong_type",
            )
        })
        .collect();
    for typ in [
        Value::Null,
        json!(7),
        json!(["JWT"]),
        json!(["at+jwt", "dpop+jwt"]),
        json!({ "typ": "at+jwt" }),
        json!({}),
        json!(false),
    ] {
        rows.push(row(
            format!("typ {typ}"),
            with(forge, "typ", typ),
            "wrong_type",
        ));
    }
    rows
}

/// RFC 8725 section 3.10: keys come from the issuer, whatever a token says.
pub fn keys_of_the_attacker(forge: &Forge) -> Vec<Row> {
    let jwk = ATTACKER.public_jwk();
    let url = "https://attacker.example/keys";
    let mut rows = Vec::new();
    for (member, value) in [
        ("jwk", jwk.clone()),
        ("jku", json!(url)),
        ("x5u", json!(url)),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("jwks", json!({ "keys": [jwk] })),
        ("key", json!("secret")),
    ] {
        for (kid, reason) in [("RS256", "bad_signature"), ("attacker", "unknown_key")] {
            let header = json!({ "alg": "RS256", "kid": kid, member: value });
            let token = ATTACKER.sign(&header, &forge.claims());
            rows.push(row(
                format!("the attacker's {member} under kid {kid}"),
                token,
                reason,
            ));
        }
    }
    rows
}
