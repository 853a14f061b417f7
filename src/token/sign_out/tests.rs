use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::*;
use crate::dev::{SigningAlgorithm, SigningKey};
use crate::token::Algorithm;
use crate::token::VerifyingKey;

const FORM: SignOutForm = SignOutForm::GlobalRevocation;

fn policy(algorithms: &[Algorithm]) -> SignOutPolicy {
    SignOutPolicy {
        issuer: "https://org.example".to_owned(),
        audiences: vec!["https://api.example/x".to_owned()],
        algorithms: algorithms.to_vec(),
        leeway: Duration::ZERO,
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://org.example", "sub": "0oa1", "aud": "https://api.example/x",
        "iat": 1000, "exp": 1300, "jti": "1",
    })
}

#[test]
fn only_an_algorithm_of_the_policy_verifies() {
    let key = SigningKey::generate(SigningAlgorithm::Es256);
    let header = json!({ "typ": "global-token-revocation+jwt", "alg": "ES256" });
    let token = key.sign(&header, &claims());
    let parsed = SignOutToken::parse(&token, FORM).ok().unwrap();
    let verifying = VerifyingKey::parse(&key.public_jwk()).unwrap();

    let refused = parsed.verify(&verifying, &policy(&[Algorithm::Rs256]));
    let twin = parsed.verify(&verifying, &policy(&[Algorithm::Es256]));

    assert_eq!(refused.unwrap_err(), SignOutError::AlgorithmNotAllowed);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
    let sign_out = twin.unwrap().check(&policy(&[]), now).unwrap();
    assert_eq!(
        (sign_out.sender.as_deref(), &*sign_out.id),
        (Some("0oa1"), "1")
    );
    assert_eq!(sign_out.until, Duration::from_secs(1300));
}

#[test]
fn each_form_has_its_own_types() {
    let key = SigningKey::generate(SigningAlgorithm::Es256);
    let forms = [
        (
            SignOutForm::GlobalRevocation,
            ["global-token-revocation+jwt"].as_slice(),
        ),
        (SignOutForm::BackChannel, ["logout+jwt", "JWT"].as_slice()),
        (SignOutForm::SessionRevoked, ["secevent+jwt"].as_slice()),
    ];
    for (form, types) in forms {
        for (other, names) in forms {
            for name in names {
                let token = key.sign(&json!({ "typ": name, "alg": "ES256" }), &claims());
                let error = SignOutToken::parse(&token, form).err();
                let expected = (form != other).then_some(SignOutError::WrongType);
                assert_eq!(error, expected, "{types:?}: {name}");
            }
        }
    }
}
