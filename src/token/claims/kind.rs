//! Distinguishes access tokens from the other tokens that an issuer signs with the same keys.
//!
//! 1. A token that names its own kind is of that kind: `typ` among the claims (Keycloak),
//!    `token_use` (Amazon Cognito), `token_type` in a response of an issuer (RFC 7662), or the
//!    prefix of Okta's `jti`.
//! 2. `events` makes it a logout token (OpenID Connect Back-Channel Logout section 2.4) or
//!    another security event token (RFC 8417).
//! 3. `nonce` or the hash of another token makes it an ID token.
//! 4. A token with a sign-in time but without a client and a scope is an ID token. An access token
//!    has at least one of the two (RFC 9068 section 2.2), and an ID token has neither.
//!
//! If the audience of the API is a client id, no other check refuses these tokens. An ID token
//! that has only the required claims cannot be recognized: see `issuer.token_types`.

#[cfg(feature = "service")]
use serde_json::{Map, Value};

use crate::token::TokenError;
use crate::token::json::{Json, Object};

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Access,
    Id,
    Logout,
    Refresh,
}

impl Kind {
    /// Refuses every kind but an access token.
    pub(crate) fn check(self) -> Result<(), TokenError> {
        match self {
            Self::Access => Ok(()),
            Self::Id => Err(TokenError::IdToken),
            Self::Logout => Err(TokenError::LogoutToken),
            Self::Refresh => Err(TokenError::RefreshToken),
        }
    }

    /// As [`Kind::from_claims`].
    #[cfg(feature = "service")]
    pub(crate) fn from_map(claims: &Map<String, Value>) -> Self {
        Self::from_claims(&claims.into())
    }

    pub(in crate::token) fn from_claims(claims: &Object<'_>) -> Self {
        let mut named = None;
        let (mut is_of_sign_in, mut is_of_client, mut has_id_member) = (false, false, false);
        for (name, value) in claims.iter() {
            match name {
                "events" => return Self::Logout,
                "nonce" | "at_hash" | "c_hash" | "s_hash" => has_id_member = true,
                "typ" | "token_use" => named = named.or(value.as_str().and_then(Self::named)),
                // The usual values, `Bearer` and `DPoP`, do not distinguish an ID token.
                "token_type" => match value.as_str().and_then(Self::named) {
                    Some(Self::Access) | None => {}
                    kind => named = kind,
                },
                "jti" => has_id_member |= value.as_str().is_some_and(|id| id.starts_with("ID.")),
                "auth_time" | "amr" | "acr" => is_of_sign_in = true,
                "azp" => is_of_sign_in |= claims.get("aud").is_some_and(|aud| names(aud, value)),
                "client_id" | "cid" | "appid" | "scope" | "scp" | "roles" => is_of_client = true,
                _ => {}
            }
        }
        match named {
            Some(Self::Access) | None if has_id_member => Self::Id,
            None if is_of_sign_in && !is_of_client => Self::Id,
            Some(kind) => kind,
            None => Self::Access,
        }
    }

    fn named(name: &str) -> Option<Self> {
        const NAMES: [(&str, Kind); 11] = [
            ("Bearer", Kind::Access),
            ("DPoP", Kind::Access),
            ("at+jwt", Kind::Access),
            ("access", Kind::Access),
            ("access_token", Kind::Access),
            ("ID", Kind::Id),
            ("id_token", Kind::Id),
            ("Logout", Kind::Logout),
            ("Refresh", Kind::Refresh),
            ("refresh_token", Kind::Refresh),
            ("Offline", Kind::Refresh),
        ];
        let mut names = NAMES.iter();
        let found = names.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, kind)| *kind)
    }
}

/// Whether the audience is or contains this client.
fn names(audience: &Json<'_>, client: &Json<'_>) -> bool {
    match audience {
        Json::Array(audiences) => audiences.contains(client),
        audience => audience == client,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_is_recognized_by_its_claims() {
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("the required claims alone", json!({}), Kind::Access),
            ("an access token of Okta", json!({ "jti": "AT.1", "cid": "c", "scp": ["s"], "auth_time": 1 }), Kind::Access),
            ("an ID token of Okta", json!({ "jti": "ID.1", "amr": ["pwd"], "auth_time": 1 }), Kind::Id),
            ("an ID token of Okta by its jti alone", json!({ "jti": "ID.1", "scp": ["s"] }), Kind::Id),
            ("an ID token by its nonce", json!({ "nonce": "n", "scp": ["s"] }), Kind::Id),
            ("a nonce before the jti of an access token", json!({ "nonce": "n", "jti": "AT.1", "scp": ["s"] }), Kind::Id),
            ("an ID token by the hash of the state", json!({ "s_hash": "h" }), Kind::Id),
            ("a sign-in without a client", json!({ "auth_time": 1 }), Kind::Id),
            ("a sign-in for a client (RFC 9068)", json!({ "auth_time": 1, "client_id": "c" }), Kind::Access),
            ("for the client that asked", json!({ "azp": "a" }), Kind::Id),
            ("for that client among others", json!({ "aud": ["b", "a"], "azp": "a" }), Kind::Id),
            ("for that client, with a scope", json!({ "azp": "a", "scope": "" }), Kind::Access),
            ("for another than the client", json!({ "azp": "b" }), Kind::Access),
            ("typ ID", json!({ "typ": "ID", "scope": "openid" }), Kind::Id),
            ("typ Bearer", json!({ "typ": "Bearer", "auth_time": 1 }), Kind::Access),
            ("typ Bearer with a nonce", json!({ "typ": "Bearer", "nonce": "n" }), Kind::Id),
            ("typ Refresh", json!({ "typ": "Refresh", "scope": "openid" }), Kind::Refresh),
            ("typ Offline", json!({ "typ": "Offline" }), Kind::Refresh),
            ("typ Logout", json!({ "typ": "Logout" }), Kind::Logout),
            ("another typ", json!({ "typ": "order" }), Kind::Access),
            ("a typ that is no string", json!({ "typ": 7 }), Kind::Access),
            ("token_use id", json!({ "token_use": "id", "client_id": "c" }), Kind::Id),
            ("token_use refresh_token", json!({ "token_use": "refresh_token", "client_id": "c" }), Kind::Refresh),
            ("token_type Bearer", json!({ "token_type": "Bearer", "scope": "s" }), Kind::Access),
            ("token_type Bearer of a sign-in alone", json!({ "token_type": "Bearer", "auth_time": 1 }), Kind::Id),
            ("token_type refresh_token", json!({ "token_type": "refresh_token", "client_id": "c" }), Kind::Refresh),
            ("token_use access", json!({ "token_use": "access", "client_id": "c" }), Kind::Access),
            ("events", json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }), Kind::Logout),
        ];
        for (row, extra, kind) in rows {
            let mut claims = json!({ "iss": "i", "aud": "a", "sub": "s", "exp": 7 });
            for (name, value) in extra.as_object().unwrap() {
                claims[name] = value.clone();
            }

            assert_eq!(
                Kind::from_claims(&claims.as_object().unwrap().into()),
                kind,
                "{row}"
            );
        }
    }
}
