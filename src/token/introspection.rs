//! Reads what an issuer says about a token (RFC 7662 section 2.2, RFC 9701 section 5).
//!
//! 1. `active` must be `true` or `false`. Everything else is no response.
//! 2. A response that is not active has no other content.
//! 3. A response about another kind of token is refused. At Okta and others, ID tokens and refresh
//!    tokens are active too.
//!
//! An active token is not accepted yet: its claims pass the same
//! [`Validation`](super::Validation) as those of a signed token.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::json::{self, Json, Object};
use super::{ActiveToken, ClaimFault, Kind, NumericDate, SignedPayload, TokenError};

/// What an issuer says about a token.
#[derive(Debug)]
pub(crate) enum IntrospectionResponse {
    /// The token is active.
    Active(ActiveToken),
    /// The token is not active: unknown, expired, revoked, or not for this client to know.
    Inactive,
}

impl IntrospectionResponse {
    /// Reads the body of a response that came from the issuer itself.
    ///
    /// # Errors
    ///
    /// [`TokenError::MalformedPayload`] if it is not a JSON object with unique names, and
    /// [`TokenError::Claim`] without a boolean `active`.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, TokenError> {
        let members = json::object(body).ok_or(TokenError::MalformedPayload)?;
        Self::read(&members, || body.into())
    }

    /// Reads the payload of a signed response for the client `client_id`.
    ///
    /// # Errors
    ///
    /// As [`IntrospectionResponse::parse`], and [`TokenError::WrongIssuer`],
    /// [`TokenError::WrongAudience`], or [`TokenError::Claim`] if `iat` is missing or not about now.
    pub(crate) fn parse_signed(
        payload: &SignedPayload,
        issuer: &str,
        client_id: &str,
        now: SystemTime,
    ) -> Result<Self, TokenError> {
        let members = json::object(payload.as_bytes()).ok_or(TokenError::MalformedPayload)?;
        if members.text("iss") != Some(issuer) {
            return Err(TokenError::WrongIssuer);
        }
        if !members.get("aud").is_some_and(|aud| names(aud, client_id)) {
            return Err(TokenError::WrongAudience);
        }
        let issued_at = members
            .get("iat")
            .and_then(|it| NumericDate::read(it.as_number()?));
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or_default();
        let age = issued_at.map(|at| at.since_epoch().abs_diff(now));
        if age.is_none_or(|age| age > MAX_DIFFERENCE) {
            return Err(malformed("iat"));
        }
        match members.get("token_introspection") {
            Some(inner @ Json::Object(members)) => Self::read(members, || {
                Value::from(inner.clone()).to_string().into_bytes().into()
            }),
            _ => Err(malformed("token_introspection")),
        }
    }

    fn read(members: &Object<'_>, bytes: impl FnOnce() -> Box<[u8]>) -> Result<Self, TokenError> {
        match members.get("active") {
            Some(Json::Boolean(true)) => Ok(Self::Active(ActiveToken {
                bytes: bytes(),
                kind: kind(members),
            })),
            Some(Json::Boolean(false)) => Ok(Self::Inactive),
            _ => Err(malformed("active")),
        }
    }
}

/// At Okta, what is said about a refresh token has `device_id`, but neither `jti` nor `iss`.
fn kind(members: &Object<'_>) -> Kind {
    let has = |name| members.contains(name);
    match Kind::from_claims(members) {
        Kind::Access if has("device_id") && !has("jti") && !has("iss") => Kind::Refresh,
        kind => kind,
    }
}

fn names(audience: &Json<'_>, client_id: &str) -> bool {
    match audience {
        Json::Array(all) => all.iter().any(|it| it.as_str() == Some(client_id)),
        audience => audience.as_str() == Some(client_id),
    }
}

fn malformed(claim: &'static str) -> TokenError {
    TokenError::Claim {
        claim,
        fault: ClaimFault::Malformed,
    }
}

/// A signed response is as old as the exchange. The rest is for the clocks, which may differ.
const MAX_DIFFERENCE: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_boolean_says_whether_a_token_is_active() {
        let malformed = |claim| Err(super::malformed(claim));
        let no_object = || Err(TokenError::MalformedPayload);
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("active", r#"{"active": true}"#, Ok(true)),
            ("not active", r#"{"active": false}"#, Ok(false)),
            ("not active, with claims", r#"{"active": false, "sub": "ada"}"#, Ok(false)),
            ("a string", r#"{"active": "true"}"#, malformed("active")),
            ("a number", r#"{"active": 1}"#, malformed("active")),
            ("absent", r#"{"sub": "ada"}"#, malformed("active")),
            ("twice", r#"{"active": false, "active": true}"#, no_object()),
            ("an array", r#"[{"active": true}]"#, no_object()),
            ("a page", "<html>", no_object()),
            ("nothing", "", no_object()),
        ];
        for (row, body, expected) in rows {
            let response = IntrospectionResponse::parse(body.as_bytes());

            let is_active = response.map(|it| matches!(it, IntrospectionResponse::Active(_)));
            assert_eq!(is_active, expected, "{row}");
        }
    }

    #[test]
    fn another_kind_of_token_is_refused_although_it_is_active() {
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("an access token of Okta", r#"{"active": true, "token_type": "Bearer", "iss": "i", "jti": "AT.1", "client_id": "c", "device_id": "d"}"#, Ok(())),
            ("a refresh token of Okta", r#"{"active": true, "token_type": "Bearer", "client_id": "c", "scope": "s", "device_id": "d"}"#, Err(TokenError::RefreshToken)),
            ("an ID token of Okta", r#"{"active": true, "iss": "i", "jti": "ID.1", "aud": "c", "amr": ["pwd"]}"#, Err(TokenError::IdToken)),
            ("a refresh token of Keycloak", r#"{"active": true, "typ": "Refresh", "client_id": "c"}"#, Err(TokenError::RefreshToken)),
            ("a refresh token of Hydra", r#"{"active": true, "token_use": "refresh_token", "client_id": "c"}"#, Err(TokenError::RefreshToken)),
            ("a refresh token by its type", r#"{"active": true, "token_type": "refresh_token", "client_id": "c"}"#, Err(TokenError::RefreshToken)),
        ];
        for (row, body, expected) in rows {
            let Ok(IntrospectionResponse::Active(token)) =
                IntrospectionResponse::parse(body.as_bytes())
            else {
                panic!("{row}");
            };

            assert_eq!(token.check_kind(), expected, "{row}");
        }
    }
}
