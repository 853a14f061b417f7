//! APIs that verify signatures wrongly.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::parts::{Api, Refusal, segment, verified, verified_by, verifying};
use crate::world::{AUDIENCE, ISSUER, KEY};

pub(crate) fn verifies_nothing() -> Api {
    verifying(|token| async move {
        segment(&token, 1)
            .filter(Value::is_object)
            .ok_or(Refusal::Invalid)
    })
}

pub(crate) fn accepts_none() -> Api {
    verifying(|token| async move {
        let says = segment(&token, 0).ok_or(Refusal::Invalid)?;
        match says["alg"].as_str() {
            Some("none") if segment(&token, 1).is_some_and(|claims| claims["iss"] == ISSUER) => {
                segment(&token, 1).ok_or(Refusal::Invalid)
            }
            _ => verified(&token).await,
        }
    })
}

pub(crate) fn accepts_none_in_capitals() -> Api {
    verifying(|token| async move {
        let says = segment(&token, 0).ok_or(Refusal::Invalid)?;
        match says["alg"].as_str() {
            Some("none") | None => Err(Refusal::Invalid),
            Some(other) if other.eq_ignore_ascii_case("none") => {
                segment(&token, 1).ok_or(Refusal::Invalid)
            }
            _ => verified(&token).await,
        }
    })
}

/// As libraries of old, which took any key for any algorithm.
pub(crate) fn takes_public_key_as_secret() -> Api {
    verifying(|token| async move {
        let says = segment(&token, 0).ok_or(Refusal::Invalid)?;
        if says["alg"] != "HS256" {
            return verified(&token).await;
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Invalid)?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| Refusal::Invalid)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, public_key_file().as_bytes());
        hmac::verify(&key, signed.as_bytes(), &signature).map_err(|_| Refusal::Invalid)?;
        segment(&token, 1).ok_or(Refusal::Invalid)
    })
}

/// The key as `openssl rsa -pubout` writes it.
fn public_key_file() -> String {
    let jwk = KEY.public_jwk();
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
    let prefix = "30820122300d06092a864886f70d01010105000382010f003082010a0282010100";
    let digits = prefix
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    let prefix: Vec<u8> = digits
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect();
    let der = [&prefix[..], &modulus, &[2, 3, 1, 0, 1]].concat();
    let text = STANDARD.encode(der);
    let lines = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap());
    let lines: Vec<_> = lines.collect();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    )
}

/// Built once, because that takes as long as a slow answer.
static CLIENT: LazyLock<reqwest::Client> =
    LazyLock::new(|| reqwest::Client::builder().no_proxy().build().unwrap());

pub(crate) fn follows_jku() -> Api {
    verifying(|token| async move {
        let says = segment(&token, 0).ok_or(Refusal::Invalid)?;
        let Some(link) = says["jku"].as_str() else {
            return verified(&token).await;
        };
        let answer = CLIENT
            .get(link)
            .send()
            .await
            .map_err(|_| Refusal::Invalid)?;
        let mut keys: Value = answer.json().await.map_err(|_| Refusal::Invalid)?;
        keys["keys"][0]["kid"] = says["kid"].clone();
        verified_by(&token, &keys, AUDIENCE).await
    })
}

pub(crate) fn takes_key_of_token() -> Api {
    verifying(|token| async move {
        let says = segment(&token, 0).ok_or(Refusal::Invalid)?;
        if says["jwk"].is_object() {
            return verified_by(&token, &json!({ "keys": [says["jwk"]] }), AUDIENCE).await;
        }
        verified(&token).await
    })
}
