//! An API that accepts tokens that are bound to a key (RFC 9449), and skips one step.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::http::HeaderValue;
use poem::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use poem::{Request, Response};
use poem_resource_server::token::{Audience, KeySet, Validation};
use poem_resource_server::verifier::Verifier;
use serde_json::{Value, json};

use crate::apis::opaque;
use crate::parts::{Api, Refusal, answering, is_own, refused, require_scope, segment, shown};
use crate::world::{AUDIENCE, ISSUER, KEY};

/// Accepts bearer tokens, and bound tokens by the scheme `DPoP`. `skipped` names the step that it
/// does not make; an empty string names none.
pub(crate) fn skips_of_proofs(skipped: &'static str) -> Api {
    guarded(Guard {
        skipped,
        ..Guard::default()
    })
}

/// Accepts bound tokens only. `skipped` names the step that it does not make.
pub(crate) fn requires_bound(skipped: &'static str) -> Api {
    guarded(Guard {
        skipped,
        requires_bound: true,
        ..Guard::default()
    })
}

/// Accepts bound tokens only, and names the scheme `DPoP` alone in its challenges.
pub(crate) fn requires_bound_with_one_challenge() -> Api {
    guarded(Guard {
        requires_bound: true,
        has_one_challenge: true,
        ..Guard::default()
    })
}

#[derive(Clone, Copy, Default)]
struct Guard {
    skipped: &'static str,
    requires_bound: bool,
    has_one_challenge: bool,
}

fn guarded(guard: Guard) -> Api {
    // The test ends with its process.
    let used: &'static Mutex<HashSet<String>> = Box::leak(Box::default());
    let guarded = move |request: Request| async move { answer(&request, guard, used).await };
    answering(guarded, is_own)
}

/// Does not know what `cnf` means, as an API of before RFC 7800.
pub(crate) fn ignores_cnf() -> Api {
    let guarded = |request: Request| async move {
        let claims = match crate::parts::token(&request) {
            Ok(token) => claims(&token).await,
            Err(refusal) => Err(refusal),
        };
        let claims = claims.and_then(|claims| {
            require_scope(&request, &claims)?;
            Ok(claims)
        });
        claims.map_or_else(refused, |claims| shown(&claims))
    };
    answering(guarded, is_own)
}

async fn answer(request: &Request, guard: Guard, used: &Mutex<HashSet<String>>) -> Response {
    match judged(request, guard, used).await {
        Ok(claims) => shown(&claims),
        Err((refusal, error)) => {
            let mut response = refused(refusal);
            if guard.has_one_challenge {
                response.headers_mut().remove(WWW_AUTHENTICATE);
            }
            if response.status() != 400 || guard.has_one_challenge {
                let scope = match refusal {
                    Refusal::Scope => ", scope=\"reports:read\"",
                    _ => "",
                };
                let challenge = match error {
                    "" => "DPoP realm=\"api\", algs=\"ES256\"".to_owned(),
                    error => {
                        format!("DPoP realm=\"api\", algs=\"ES256\", error=\"{error}\"{scope}")
                    }
                };
                let challenge = HeaderValue::try_from(challenge).unwrap();
                response.headers_mut().append(WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

type Judged<T> = Result<T, (Refusal, &'static str)>;

async fn judged(request: &Request, guard: Guard, used: &Mutex<HashSet<String>>) -> Judged<Value> {
    let skipped = guard.skipped;
    let mut fields = request.headers().get_all(AUTHORIZATION).iter();
    let field = fields.next().ok_or((Refusal::Missing, ""))?;
    let text = field.to_str().map_err(|_| (Refusal::Malformed, ""))?;
    let credentials = text.split_once(' ').filter(|_| fields.next().is_none());
    let (scheme, token) = credentials.ok_or((Refusal::Malformed, ""))?;
    if !matches!(scheme, "Bearer" | "DPoP") {
        return Err((Refusal::Missing, ""));
    }
    if token.contains(' ') {
        return Err((Refusal::Malformed, ""));
    }
    let claims = claims(token).await.map_err(|it| (it, "invalid_token"))?;
    let jkt = claims["cnf"]["jkt"].as_str();
    match (scheme, jkt) {
        ("Bearer", None) if !guard.requires_bound || skipped == "binding" => {}
        ("DPoP", None) if skipped == "cnf" => {}
        ("DPoP", Some(jkt)) => prove(request, token, jkt, skipped, used)
            .ok_or((Refusal::Invalid, "invalid_dpop_proof"))?,
        ("Bearer", Some(_)) if skipped == "scheme" => {}
        _ => return Err((Refusal::Invalid, "invalid_token")),
    }
    require_scope(request, &claims).map_err(|it| (it, "insufficient_scope"))?;
    Ok(claims)
}

/// Whether the caller proves that it has the key of the token.
fn prove(
    request: &Request,
    token: &str,
    jkt: &str,
    skipped: &str,
    used: &Mutex<HashSet<String>>,
) -> Option<()> {
    let keeps = |step: &str, is_kept: bool| (skipped == step || is_kept).then_some(());
    let Some(field) = request.headers().get("dpop") else {
        return keeps("proof", false);
    };
    let proof = field.to_str().ok()?;
    let (header, claims) = (segment(proof, 0)?, segment(proof, 1)?);
    let member = |name: &str| header["jwk"][name].as_str().unwrap_or_default();
    let (crv, kty, x, y) = (member("crv"), member("kty"), member("x"), member("y"));
    let jwk = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#);
    let text = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    let host = request.headers().get("host")?.to_str().ok()?;
    let url = format!("http://{host}{}", request.original_uri().path());
    let age = unix_secs().abs_diff(claims["iat"].as_u64()?);
    keeps("typ", header["typ"] == "dpop+jwt")?;
    keeps("jkt", encoded_digest(&jwk) == jkt)?;
    keeps("htm", text("htm") == request.method().as_str())?;
    keeps("htu", text("htu") == url)?;
    keeps("ath", text("ath") == encoded_digest(token))?;
    keeps("iat", age < 60)?;
    keeps("signature", has_signature(proof, x, y))?;
    keeps("jti", used.lock().unwrap().insert(text("jti")))
}

fn has_signature(proof: &str, x: &str, y: &str) -> bool {
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let point = [vec![4], bytes(x), bytes(y)].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(signed.as_bytes(), &bytes(signature)).is_ok()
}

/// The claims of a token that is right in everything except perhaps for `cnf`: a JWT, or an opaque
/// token that the issuer knows.
async fn claims(token: &str) -> Result<Value, Refusal> {
    let answer = opaque::introspected(token);
    if answer["active"] == true {
        return Ok(answer);
    }
    let keys = json!({ "keys": [KEY.public_jwk()] }).to_string();
    let parsed = KeySet::parse(keys.as_bytes()).map_err(|_| Refusal::Invalid)?;
    let validation = Validation::new(ISSUER, Audience::parse(AUDIENCE).unwrap());
    let verifier = Verifier::new(Arc::new(Arc::new(parsed.key_set)), validation);
    if !verifier.explain(token).await.is_accepted() {
        return Err(Refusal::Invalid);
    }
    segment(token, 1).ok_or(Refusal::Invalid)
}

fn encoded_digest(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

fn unix_secs() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs()
}
