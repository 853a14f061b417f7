//! A token whose payload is read once: its issuer before the signature is verified, and the other
//! claims after that.
//!
//! 1. The `iss` selects the issuer whose keys verify the signature.
//! 2. A payload with many values takes long to read, and anybody can write it. Of such a payload,
//!    only `iss` is read before the signature is verified.
//! 3. No fault of another claim is reported before the signature is verified.

use std::borrow::Cow;

use super::json::{self, Json, Object};
use super::{ClaimFault, ClaimNames, Claims, Jws, TokenError, VerifyingKey, unverified_issuer};

/// A well-formed token. Its signature is not verified yet.
pub(crate) struct ReadJws<'j> {
    jws: &'j Jws<'j>,
    text: &'j str,
    /// The claims; `None` if they must be read later.
    members: Option<Object<'j>>,
}

impl<'j> ReadJws<'j> {
    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// [`TokenError::Base64`] or [`TokenError::MalformedPayload`].
    pub(crate) fn read(jws: &'j Jws<'_>) -> Result<Self, TokenError> {
        let text = str::from_utf8(jws.payload()?).map_err(|_| TokenError::MalformedPayload)?;
        let members = json::object_of_few_values(MAX_UNVERIFIED_VALUES, text);
        Ok(Self { jws, text, members })
    }

    /// As [`Jws::unverified_issuer`].
    ///
    /// # Errors
    ///
    /// [`TokenError::MalformedPayload`], or [`TokenError::Claim`] if `iss` is missing or not a
    /// string.
    pub(crate) fn unverified_issuer(&self) -> Result<Cow<'_, str>, TokenError> {
        let Some(members) = &self.members else {
            return unverified_issuer::read(self.text);
        };
        let fault = match members.get("iss") {
            Some(Json::Text(issuer)) => return Ok(Cow::Borrowed(issuer)),
            Some(_) => ClaimFault::Malformed,
            None => ClaimFault::Missing,
        };
        Err(TokenError::Claim {
            claim: "iss",
            fault,
        })
    }

    /// The token that was read.
    pub(crate) fn jws(&self) -> &'j Jws<'j> {
        self.jws
    }

    /// Verifies the signature with this key, and then reads the claims.
    ///
    /// # Errors
    ///
    /// As [`VerifyingKey::verify`] and [`Claims::parse_with`].
    pub(crate) fn verify(
        self,
        key: &VerifyingKey,
        names: &ClaimNames,
    ) -> Result<Claims, TokenError> {
        key.verify_signature(self.jws)?;
        match self.members {
            Some(members) => Claims::from_members(self.text, &members, names),
            None => Claims::read(self.text.as_bytes(), names),
        }
    }
}

/// More than the claims of most access tokens have, at every depth.
const MAX_UNVERIFIED_VALUES: usize = 64;

#[cfg(all(test, feature = "dev"))]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;
    use crate::dev::{SigningAlgorithm, SigningKey};

    fn signed(key: &SigningKey, payload: &str) -> String {
        let header = json!({ "alg": "ES256", "kid": key.kid() }).to_string();
        let [header, payload] = [&header, payload].map(|text| URL_SAFE_NO_PAD.encode(text));
        let input = format!("{header}.{payload}");
        let signature = URL_SAFE_NO_PAD.encode(key.sign_bytes(input.as_bytes()));
        format!("{input}.{signature}")
    }

    /// The issuer of a token, or why the key refuses it.
    fn verified(token: &str, key: &SigningKey) -> Result<String, TokenError> {
        let key = VerifyingKey::parse(&key.public_jwk()).expect("it is a key");
        let jws = Jws::parse(token)?;
        let read = ReadJws::read(&jws)?;
        assert_eq!(read.unverified_issuer(), jws.unverified_issuer());
        read.unverified_issuer()?;
        let claims = read.verify(&key, &ClaimNames::default())?;
        Ok(claims.issuer().to_owned())
    }

    /// Claims with this many values, and with one more member.
    fn claims(values: usize, last: &str) -> String {
        let nulls = vec![Value::Null; values - 6];
        let claims = json!({ "iss": "a", "aud": "b", "sub": "c", "exp": 1, "list": nulls });
        format!("{}{last}}}", claims.to_string().trim_end_matches('}'))
    }

    #[test]
    fn a_payload_is_read_alike_whether_it_has_few_values_or_many() {
        let malformed = Err(TokenError::MalformedPayload);
        let wrong = Err(TokenError::Claim {
            claim: "nbf",
            fault: ClaimFault::Malformed,
        });
        let key = SigningKey::generate(SigningAlgorithm::Es256);
        let other = SigningKey::generate(SigningAlgorithm::Es256);
        let forged = Err(TokenError::BadSignature);
        for values in [8, MAX_UNVERIFIED_VALUES, MAX_UNVERIFIED_VALUES + 1, 500] {
            for (row, last, by_key, by_other) in [
                ("good", "", Ok("a".to_owned()), &forged),
                ("a wrong claim", r#","nbf":"x""#, wrong.clone(), &forged),
                (
                    "a repeated name",
                    r#","sub":"c""#,
                    malformed.clone(),
                    &forged,
                ),
                ("not JSON", ",", malformed.clone(), &malformed),
            ] {
                let token = signed(&key, &claims(values, last));

                assert_eq!(verified(&token, &key), by_key, "{row}, {values}");
                assert_eq!(verified(&token, &other), *by_other, "{row}, {values}");
            }
        }
    }

    #[test]
    fn only_the_issuer_is_read_from_a_payload_with_many_values_before_the_signature() {
        let key = SigningKey::generate(SigningAlgorithm::Es256);
        for (values, is_read) in [
            (MAX_UNVERIFIED_VALUES, true),
            (MAX_UNVERIFIED_VALUES + 1, false),
        ] {
            let token = signed(&key, &claims(values, ""));
            let jws = Jws::parse(&token).expect("it is well-formed");
            let read = ReadJws::read(&jws).expect("it has a payload");

            assert_eq!(read.members.is_some(), is_read, "{values}");
            assert_eq!(read.unverified_issuer().as_deref(), Ok("a"), "{values}");
        }
    }
}
