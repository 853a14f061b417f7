//! Mistakes that show in a token, and that no rule of its own names.

use serde_json::{Map, Value};

use crate::token::{Kind, is_okta_org_server};

/// What a person should know about a token with these claims, whatever the verdict is.
pub(super) fn warnings(claims: &Map<String, Value>) -> Vec<&'static str> {
    let mut warnings = Vec::new();
    if Kind::from_map(claims) == Kind::Id {
        warnings.push(ID_TOKEN);
    }
    let issuer = claims.get("iss").and_then(Value::as_str);
    if issuer.is_some_and(is_okta_org_server) {
        warnings.push(ORG_SERVER);
    }
    warnings
}

const ID_TOKEN: &str = "This is an ID token. It informs a client about the user who signed in. An \
    API does not accept it. Send the access token of the same response.";
const ORG_SERVER: &str = "This token comes from an Okta org authorization server. It is for \
    Okta's own APIs, and only Okta can verify it: request a token from a custom authorization \
        server, as in /oauth2/default.";
