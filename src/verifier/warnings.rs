//! What a token gives away of a mistake that no check of its own names.

use serde_json::{Map, Value};

use crate::token::{Kind, is_okta_org_server};

/// What a person should know of a token that says this, whatever becomes of it.
pub(super) fn warnings(claims: &Map<String, Value>) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    if Kind::of(claims) == Kind::Id {
        warnings.push(ID_TOKEN);
    }
    let issuer = claims.get("iss").and_then(Value::as_str);
    if issuer.is_some_and(is_okta_org_server) {
        warnings.push(ORG_SERVER);
    }
    warnings
}

const ID_TOKEN: &str = "this is an ID token: it tells a client who signed in, and\n  \
    opens no API; send the access token of the same answer";
const ORG_SERVER: &str = "this is a token of Okta's org authorization server: it is for\n  \
    Okta's own APIs, and nobody else can verify it; have it issued by a custom\n  \
    authorization server, as /oauth2/default";
