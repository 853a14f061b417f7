//! Generated tokens whose signature is good, so that the later checks decide: the
//! verifier is held against a second reading of the rules, written from the RFCs alone.
//!
//! The seeds are handed in, so a failure is found again by its number.

use fastrand::Rng;
use poem_resource_server::verifier::{Verifier, VerifyError};
use serde_json::{Map, Value, json};

use crate::forge::{AUDIENCE, Forge, ISSUER, encode, key};
use crate::second_reading::{claims_are_good, header_is_good};

/// Values that are right somewhere, or nearly.
fn values(now: u64) -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(now - 61),
        json!(now - 60),
        json!(now - 59),
        json!(now + 60),
        json!(now + 61),
        json!(now + 300),
        json!(253_402_300_799_u64),
        json!(253_402_300_800_u64),
        json!(1e300),
        json!(now.to_string()),
        json!(""),
        json!(" "),
        json!("a"),
        json!("a b"),
        json!("a  b"),
        json!("b a"),
        json!("profile:read"),
        json!(ISSUER),
        json!(format!("{ISSUER}/")),
        json!(AUDIENCE),
        json!([]),
        json!([AUDIENCE]),
        json!(["api://other", AUDIENCE]),
        json!(["a", "b"]),
        json!(["a", 1]),
        json!([ISSUER]),
        json!({}),
        json!({ "aud": AUDIENCE }),
        json!("EdDSA"),
        json!("RS256"),
        json!("none"),
        json!("JWT"),
        json!("At+Jwt"),
        json!("application/at+jwt"),
        json!("dpop+jwt"),
    ]
}

const CLAIMS: [&str; 16] = [
    "iss",
    "aud",
    "sub",
    "exp",
    "nbf",
    "iat",
    "scp",
    "scope",
    "jti",
    "cid",
    "client_id",
    "uid",
    "cnf",
    "nonce",
    "at_hash",
    "other",
];
const PARAMETERS: [&str; 8] = ["alg", "kid", "typ", "crit", "b64", "jku", "jwk", "other"];

/// One to three members set or taken away.
fn change(members: &mut Map<String, Value>, names: &[&str], values: &[Value], random: &mut Rng) {
    for _ in 0..random.usize(1..=3) {
        let name = names[random.usize(0..names.len())];
        if random.u8(0..4) == 0 {
            members.shift_remove(name);
        } else {
            members.insert(name.into(), values[random.usize(0..values.len())].clone());
        }
    }
}

fn sign(header: &[u8], payload: &[u8]) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = key("EdDSA").sign_bytes(input.as_bytes());
    format!("{input}.{}", encode(&signature))
}

/// The object's text, with a member said twice if asked to.
fn text(members: &Map<String, Value>, twice: Option<usize>) -> String {
    let mut parts: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("{}:{value}", json!(name)))
        .collect();
    if let Some(at) = twice {
        let again = parts[at % parts.len()].clone();
        parts.insert((at / 7) % (parts.len() + 1), again);
    }
    format!("{{{}}}", parts.join(","))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => panic!("an object"),
    }
}

/// Both ways: what is good by the second reading is accepted, and nothing else is.
async fn the_two_readings_agree(
    forge: &Forge,
    verifier: &Verifier,
    seed: u64,
    count: usize,
) -> usize {
    let mut random = Rng::with_seed(seed);
    let (now, values) = (forge.now(), values(forge.now()));
    let mut accepted = 0;
    for number in 0..count {
        let mut header = object(json!({ "alg": "EdDSA", "kid": "EdDSA" }));
        let mut claims = object(forge.claims());
        if random.u8(0..3) == 0 {
            change(&mut header, &PARAMETERS, &values, &mut random);
        }
        if random.u8(0..6) > 0 {
            change(&mut claims, &CLAIMS, &values, &mut random);
        }
        let mut twice = |members: &Map<String, Value>| {
            (random.u8(0..12) == 0 && !members.is_empty()).then(|| random.usize(0..1000))
        };
        let (header_twice, claims_twice) = (twice(&header), twice(&claims));
        let is_good = header_is_good(&header)
            && claims_are_good(&claims, now)
            && header_twice.is_none()
            && claims_twice.is_none();
        let (header, claims) = (text(&header, header_twice), text(&claims, claims_twice));

        let verdict = verifier
            .verify(&sign(header.as_bytes(), claims.as_bytes()))
            .await;

        let outcome = verdict
            .as_ref()
            .map_or_else(VerifyError::reason, |_| "accepted");
        assert_eq!(
            verdict.is_ok(),
            is_good,
            "seed {seed}, number {number}, {outcome}: {header} {claims}"
        );
        accepted += usize::from(is_good);
    }
    accepted
}

/// Bytes changed below the signature: what is then accepted is good by the second reading.
async fn no_changed_bytes_get_in(forge: &Forge, verifier: &Verifier, seed: u64, count: usize) {
    let mut random = Rng::with_seed(seed);
    let header = json!({ "alg": "EdDSA", "kid": "EdDSA", "typ": "JWT" }).to_string();
    let claims = forge.claims().to_string();
    for number in 0..count {
        let (mut parts, part) = (
            [header.clone().into_bytes(), claims.clone().into_bytes()],
            random.usize(0..2),
        );
        for _ in 0..random.usize(1..=3) {
            let bytes = &mut parts[part];
            let at = random.usize(0..bytes.len());
            match random.u8(0..4) {
                0 => bytes[at] ^= 1 << random.u8(0..8),
                1 => bytes[at] = *random.choice(b"0123456789.eE+-\"\\{}[]:, \t\n\0").unwrap(),
                2 => bytes.insert(
                    at,
                    *random.choice(b"0123456789.eE+-\"\\{}[]:, \t\n\0").unwrap(),
                ),
                _ => drop(bytes.remove(at)),
            }
        }
        if verifier.verify(&sign(&parts[0], &parts[1])).await.is_ok() {
            let read = |bytes: &[u8]| object(serde_json::from_slice(bytes).unwrap());
            let is_good =
                header_is_good(&read(&parts[0])) && claims_are_good(&read(&parts[1]), forge.now());
            let [header, claims] = parts.map(|part| String::from_utf8_lossy(&part).into_owned());
            assert!(is_good, "seed {seed}, number {number}: {header} {claims}");
        }
    }
}

#[tokio::test]
async fn ten_thousand_signed_tokens_are_judged_as_the_rfcs_have_it() {
    let forge = Forge::new();
    let verifier = forge.verifier().with_cache(None);

    let accepted = the_two_readings_agree(&forge, &verifier, 4, 10_000).await;
    no_changed_bytes_get_in(&forge, &verifier, 5, 10_000).await;

    assert!(
        (1_000..9_000).contains(&accepted),
        "{accepted} of 10,000 say little"
    );
}

/// Run by `scripts/soak`, in release.
#[tokio::test]
#[ignore = "takes minutes: scripts/soak runs it"]
async fn a_million_signed_tokens_are_judged_as_the_rfcs_have_it() {
    let forge = Forge::new();
    let verifier = forge.verifier().with_cache(None);

    the_two_readings_agree(&forge, &verifier, 6, 500_000).await;
    no_changed_bytes_get_in(&forge, &verifier, 7, 500_000).await;
}

/// Any text, and any three segments, have an answer.
#[tokio::test]
async fn whatever_is_sent_is_answered() {
    let forge = Forge::new();
    let verifier = forge.verifier();
    let mut random = Rng::with_seed(8);
    for _ in 0..5_000 {
        let length = random.usize(0..200);
        let text: String = (0..length).map(|_| random.char(..)).collect();
        let bytes: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
        let (first, second) = bytes.split_at(random.usize(0..=length));

        assert!(verifier.verify(&text).await.is_err(), "{text}");
        let token = sign(first, second);
        assert!(verifier.verify(&token).await.is_err(), "{token}");
        let token = sign(br#"{"alg":"EdDSA","kid":"EdDSA"}"#, second);
        assert!(verifier.verify(&token).await.is_err(), "{token}");
    }
}
