//! Hostile tokens for an API whose tokens are opaque: only the issuer can judge them (RFC 7662).

use std::time::{Duration, SystemTime};

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::issuer::ProofMaker;

use super::forge::Forged;
use super::opaque_token::OpaqueToken;
use super::parts::Parts;

/// Strings that resemble the good token, and that the issuer did not issue.
pub(super) fn not_issued(good: &str) -> Vec<Forged> {
    let letters = good.trim_end_matches('=');
    let last = letters.len().saturating_sub(1);
    let strings = [
        ("another first character", changed(good, 0)),
        ("another character in the middle", changed(good, last / 2)),
        ("another last character", changed(good, last)),
        ("the first half", good[..good.len() / 2].to_owned()),
        ("twice", format!("{letters}{good}")),
        ("one character more", format!("{letters}A")),
        ("the other case", other_case(good)),
        ("as many random characters", random(good.len())),
    ];
    let strings = strings.into_iter();
    let hostile = strings.filter(|(_, token)| !token.is_empty() && token != good);
    hostile
        .map(|(name, token)| ("not_issued", name.to_owned(), token))
        .collect()
}

/// The JWT that the issuer could have issued in place of an opaque token, without a signature. It is
/// bound to `holder`, if the opaque token is.
pub(super) fn claims(
    known: &OpaqueToken,
    keys: &[Value],
    holder: Option<&ProofMaker>,
    now: SystemTime,
) -> Parts {
    let now = now.duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap_or(Duration::ZERO).as_secs();
    let scope = known.scope.as_ref().map(ToString::to_string);
    let scope = scope.unwrap_or_default();
    let mut payload = json!({
        "iss": known.issuer, "aud": known.audience, "sub": "check", "client_id": "check",
        "cid": "check", "jti": "check", "iat": now, "nbf": now, "exp": now + 3_600,
        "scope": scope, "scp": scope.split(' ').collect::<Vec<_>>(),
    });
    if let Some(holder) = holder {
        payload["cnf"] = json!({ "jkt": holder.thumbprint().to_string() });
    }
    let mut header = Map::new();
    header.insert("alg".to_owned(), json!("RS256"));
    header.insert("typ".to_owned(), json!("at+jwt"));
    if let Some(kid) = keys.first().and_then(|key| key.get("kid")) {
        header.insert("kid".to_owned(), kid.clone());
    }
    Parts {
        header,
        payload: payload.as_object().cloned().unwrap_or_default(),
        signature: Vec::new(),
    }
}

/// The token with another character at this place. In base64, the two differ in the first bits:
/// the last bits of the last character may have no meaning.
fn changed(good: &str, place: usize) -> String {
    let change = |(index, letter): (usize, char)| match letter {
        _ if index != place => letter,
        'A'..='P' | 'a' => 'g',
        _ => 'A',
    };
    good.chars().enumerate().map(change).collect()
}

fn other_case(good: &str) -> String {
    let swap = |letter: char| {
        if letter.is_ascii_lowercase() {
            letter.to_ascii_uppercase()
        } else {
            letter.to_ascii_lowercase()
        }
    };
    good.chars().map(swap).collect()
}

fn random(length: usize) -> String {
    let mut bytes = vec![0; length];
    rand::fill(&mut bytes).expect("the system has randomness");
    let mut token = URL_SAFE_NO_PAD.encode(bytes);
    token.truncate(length);
    token
}
