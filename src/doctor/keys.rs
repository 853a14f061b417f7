//! The issuer's keys, as the service would use them.

use std::fmt::Write as _;

use http::header::CACHE_CONTROL;
use serde_json::Value;

use crate::issuer::{Fetch, Metadata, RefreshPolicy};
use crate::token::{Algorithm, KeyError, KeySet, LeftOut};

use super::documents::chain;
use super::findings::Diagnosis;

pub(super) async fn examine(
    fetch: &Fetch,
    policy: &RefreshPolicy,
    metadata: &Metadata,
    diagnosis: &mut Diagnosis,
) -> Option<KeySet> {
    let url = metadata.jwks_uri().as_str();
    let document = match fetch.document(url).await {
        Ok(document) => document,
        Err(error) => {
            diagnosis.failed("jwks", &format!("{url}: {}", chain(&error)), "");
            return None;
        }
    };
    let lifetime = policy.lifetime(document.max_age);
    let sent = document.headers.get_all(CACHE_CONTROL).iter();
    let sent: Vec<_> = sent.filter_map(|value| value.to_str().ok()).collect();
    let sent = if sent.is_empty() {
        "absent".to_owned()
    } else {
        sent.join(", ")
    };
    let lifetime = lifetime.as_secs();
    let found = format!("`Cache-Control: {sent}`: the keys are cached for {lifetime} s");
    match document.max_age {
        Some(age) if !age.is_zero() => diagnosis.passed("cache_lifetime", &found),
        _ => diagnosis.warned("cache_lifetime", &found),
    }
    let parsed = match KeySet::parse(&document.body) {
        Ok(parsed) => parsed,
        Err(error) => {
            diagnosis.failed("jwks", &format!("{url}: {}", chain(&error)), "");
            return None;
        }
    };
    let raw: Value = serde_json::from_slice(&document.body).unwrap_or_default();
    let keys = parsed.key_set.keys().iter().map(|key| {
        let kid = key.key_id().unwrap_or("without a kid");
        let algorithms: Vec<_> = key.algorithms().map(Algorithm::name).collect();
        let algorithms = algorithms.join(", ");
        format!("{kid} ({algorithms}{})", details(&raw, key.key_id()))
    });
    let mut found: Vec<String> = keys.collect();
    found.extend(parsed.left_out.iter().map(|key| {
        let kid = key.key_id.as_deref().unwrap_or("without a kid");
        format!("left out: {kid}, {}", chain(&key.error))
    }));
    if parsed.key_set.keys().is_empty() {
        found.insert(0, "there is no key that can be used".to_owned());
        diagnosis.failed("jwks", &found.join("; "), "");
        return None;
    }
    let is_given_away =
        |key: &LeftOut| matches!(key.error, KeyError::Private | KeyError::Symmetric);
    if parsed.left_out.iter().any(is_given_away) {
        diagnosis.failed("jwks", &found.join("; "), GIVEN_AWAY);
        return None;
    }
    diagnosis.passed("jwks", &found.join("; "));
    Some(parsed.key_set)
}

/// Other members of the published key: its type, its size or curve, and its use.
fn details(raw: &Value, key_id: Option<&str>) -> String {
    let mut keys = raw["keys"].as_array().into_iter().flatten();
    let Some(key) = keys.find(|key| key["kid"].as_str() == key_id) else {
        return String::new();
    };
    let text = |name: &str| key[name].as_str();
    let mut details = format!(", {}", text("kty").unwrap_or("without a type"));
    if let Some(modulus) = text("n") {
        // Six bits per character, rounded down to whole bytes.
        let _ = write!(details, " {} bits", modulus.len() * 6 / 8 * 8);
    } else if let Some(curve) = text("crv") {
        let _ = write!(details, " {curve}");
    }
    let _ = write!(details, ", use {}", text("use").unwrap_or("absent"));
    if text("alg").is_none() {
        details.push_str(", alg absent");
    }
    details
}

const GIVEN_AWAY: &str = "The issuer publishes a private key, with which anybody can sign. Have the issuer withdraw and replace that key.";
