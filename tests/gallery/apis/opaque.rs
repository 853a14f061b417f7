//! APIs whose tokens are opaque: they ask the issuer, and some believe it too soon.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use crate::parts::{Api, Refusal, segment, verifying};
use crate::world::AUDIENCE;

pub(crate) const GOOD: &str = "Zm9vYmFyLWdvb2QtdG9rZW4";
pub(crate) const LESSER: &str = "bGVzc2VyLXNjb3BlLXRva2Vu";
pub(crate) const OTHER_AUDIENCE: &str = "b3RoZXItYXVkaWVuY2UtdG9r";
pub(crate) const REFRESH: &str = "cmVmcmVzaC10b2tlbi1vZi1h";

/// The tokens that the issuer knows. Each test has its own.
static ISSUED: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

pub(crate) fn revoke(token: &str) {
    ISSUED.lock().unwrap().remove(token);
}

/// A token of this test alone, with the rights of `kind`.
pub(crate) fn token(kind: &str, test: &str) -> String {
    let token = format!("{kind}-{test}");
    ISSUED.lock().unwrap().insert(token.clone());
    token
}

/// The thumbprints of the keys that tokens are bound to.
static BOUND: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

/// A token of this test alone that is bound to the key with this thumbprint.
pub(crate) fn bound_token(kind: &str, test: &str, thumbprint: &str) -> String {
    let token = token(kind, test);
    let mut bound = BOUND.lock().unwrap();
    bound.insert(token.clone(), thumbprint.to_owned());
    token
}

/// What the issuer answers about a token (RFC 7662 section 2.2, RFC 9449 section 6.2).
pub(crate) fn introspected(token: &str) -> Value {
    let mut answer = introspected_as_bearer(token);
    if let Some(thumbprint) = BOUND.lock().unwrap().get(token)
        && answer["active"] == true
    {
        answer["cnf"] = json!({ "jkt": thumbprint });
    }
    answer
}

fn introspected_as_bearer(token: &str) -> Value {
    if !ISSUED.lock().unwrap().contains(token) {
        return json!({ "active": false });
    }
    let good = json!({ "active": true, "sub": "ada", "aud": AUDIENCE, "token_use": "access",
        "scp": ["reports:read"] });
    let with = |name: &str, value: Value| {
        let mut answer = good.clone();
        answer[name] = value;
        answer
    };
    match token.split_once('-').map_or(token, |(kind, _)| kind) {
        GOOD => good,
        LESSER => with("scp", json!(["other"])),
        OTHER_AUDIENCE => with("aud", json!("api://another")),
        REFRESH => with("token_use", json!("refresh")),
        _ => json!({ "active": false }),
    }
}

/// The issuer's answer, as far as it is looked at.
fn judged(answer: Value, skipped: &str) -> Result<Value, Refusal> {
    let wrong = [
        ("active", answer["active"] != true),
        ("aud", answer["active"] == true && answer["aud"] != AUDIENCE),
        (
            "kind",
            answer["active"] == true && answer["token_use"] != "access",
        ),
    ];
    if wrong
        .iter()
        .any(|(step, is_wrong)| *is_wrong && *step != skipped)
    {
        return Err(Refusal::Invalid);
    }
    Ok(answer)
}

/// An API that introspects each token, and skips this step.
pub(crate) fn introspects(skipped: &'static str) -> Api {
    verifying(move |token| async move { judged(introspected(&token), skipped) })
}

/// Remembers for ever what the issuer has answered once.
pub(crate) fn remembers_for_ever() -> Api {
    static REMEMBERED: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);
    verifying(|token| async move {
        if REMEMBERED.lock().unwrap().contains(&token) {
            return Ok(json!({ "sub": "ada", "scp": ["reports:read"] }));
        }
        let answer = judged(introspected(&token), "")?;
        if answer["scp"] == json!(["reports:read"]) {
            REMEMBERED.lock().unwrap().insert(token);
        }
        Ok(answer)
    })
}

/// Remembers answers under the first half of the token.
pub(crate) fn remembers_by_prefix() -> Api {
    verifying(|token| async move {
        let half = GOOD.len() / 2;
        if token.get(..half) == Some(&GOOD[..half]) {
            return judged(introspected(&self::token(GOOD, "")), "");
        }
        judged(introspected(&token), "")
    })
}

/// Reads the claims of a JWT itself, without its signature, and introspects all other tokens.
pub(crate) fn believes_jwts() -> Api {
    verifying(|token| async move {
        match segment(&token, 1) {
            Some(claims) if claims["aud"] == AUDIENCE => Ok(claims),
            _ => judged(introspected(&token), ""),
        }
    })
}
