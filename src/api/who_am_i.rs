//! The response of `whoami`, as text of JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{Any, Example, ToJSON, Type};
use poem_resource_server::token::{Claims, NumericDate, ScopeToken};
use serde_json::{Value, json};

/// The caller, as the access token describes it.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, example)]
struct WhoAmI {
    /// `sub`: the user, or the client itself where no user takes part.
    subject: String,
    /// `client_id` or Okta's `cid`: the client that got the token.
    client_id: Option<String>,
    /// Okta's `uid`: the user's id, absent where no user takes part.
    user_id: Option<String>,
    /// `scope` or Okta's `scp`: what was granted.
    scopes: Vec<String>,
    /// `iss`: who issued the token.
    issuer: String,
    /// `aud`: for whom the token is meant.
    audience: Vec<String>,
    /// `iat`: when the token was issued.
    issued_at: Option<DateTime<Utc>>,
    /// `exp`: when the token expires.
    expires_at: DateTime<Utc>,
    /// `jti`: the token's own name.
    token_id: Option<String>,
    /// `acr`: how the user was authenticated.
    acr: Option<String>,
    /// `auth_time`: when the user signed in.
    auth_time: Option<DateTime<Utc>>,
    /// Every claim as it was sent.
    claims: BTreeMap<String, Any<Value>>,
}

/// The JSON of a [`WhoAmI`]. The claims are copied as the token contains them: they are neither
/// parsed nor written again.
pub(crate) struct CallerJson(String);

impl From<&Claims> for CallerJson {
    fn from(claims: &Claims) -> Self {
        let auth_time = claims.get("auth_time").and_then(|it| it.as_i64());
        let auth_time = auth_time.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let mut json = Members {
            text: String::with_capacity(claims.derived_bytes()),
            are_plain: !claims.json().contains('\\'),
        };
        json.text("subject", Some(claims.subject()));
        json.text("client_id", claims.client_id());
        json.text("user_id", claims.user_id());
        json.texts("scopes", claims.scope().iter().map(ScopeToken::as_str));
        json.text("issuer", Some(claims.issuer()));
        json.texts("audience", claims.audience().iter().map(String::as_str));
        json.text("issued_at", claims.issued_at().map(rfc3339).as_deref());
        json.text("expires_at", Some(&rfc3339(claims.expires_at())));
        json.text("token_id", claims.token_id());
        json.text("acr", claims.get("acr").as_ref().and_then(Value::as_str));
        json.text("auth_time", auth_time.map(|it| it.to_rfc3339()).as_deref());
        json.name("claims");
        Self(json.text + claims.json() + "}")
    }
}

/// An object of JSON that is being written.
struct Members {
    text: String,
    /// Whether all values are those of a text without escapes, so that they need none here.
    are_plain: bool,
}

impl Members {
    fn name(&mut self, name: &str) {
        self.text += if self.text.is_empty() { "{\"" } else { ",\"" };
        self.text += name;
        self.text += "\":";
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name);
            self.value(value);
        }
    }

    fn texts<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a str>) {
        self.name(name);
        self.text += "[";
        for (position, value) in values.enumerate() {
            self.text += if position == 0 { "" } else { "," };
            self.value(value);
        }
        self.text += "]";
    }

    fn value(&mut self, value: &str) {
        let is_plain = |byte| byte >= b' ' && byte != b'"' && byte != b'\\';
        debug_assert!(!self.are_plain || value.bytes().all(is_plain));
        // A loop without an early exit lets the compiler compare many bytes at once.
        if self.are_plain || value.bytes().fold(true, |all, byte| all & is_plain(byte)) {
            self.text += "\"";
            self.text += value;
            self.text += "\"";
        } else {
            self.text += &json!(value).to_string();
        }
    }
}

/// Documented as a [`WhoAmI`].
impl Type for CallerJson {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        WhoAmI::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        WhoAmI::schema_ref()
    }

    fn register(registry: &mut Registry) {
        WhoAmI::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(iter::once(self))
    }
}

impl ToJSON for CallerJson {
    fn to_json(&self) -> Option<Value> {
        serde_json::from_str(&self.0).ok()
    }

    fn to_json_string(&self) -> String {
        self.0.clone()
    }
}

/// In whole seconds; fractions are cut off.
fn rfc3339(date: NumericDate) -> String {
    let seconds = i64::try_from(date.since_epoch().as_secs()).ok();
    let date = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    date.expect("a numeric date ends with year 9999")
        .to_rfc3339()
}

impl Example for WhoAmI {
    /// A user's token as Okta makes it.
    fn example() -> Self {
        let date = |seconds| DateTime::from_timestamp(seconds, 0).expect("a date of our time");
        let claims = json!({
            "ver": 1,
            "jti": "AT.7fQ2bXb0qmcT3dB6cDkzvQk1J3K0f3E8mYV9",
            "iss": "https://dev-1.okta.com/oauth2/default",
            "aud": "api://default",
            "iat": 1_767_225_600,
            "exp": 1_767_229_200,
            "cid": "0oa1example",
            "uid": "00u1example",
            "scp": ["profile:read"],
            "sub": "ada@example.com",
        });
        let text = |name: &str| claims[name].as_str().map(str::to_owned);
        Self {
            subject: "ada@example.com".to_owned(),
            client_id: text("cid"),
            user_id: text("uid"),
            scopes: vec!["profile:read".to_owned()],
            issuer: "https://dev-1.okta.com/oauth2/default".to_owned(),
            audience: vec!["api://default".to_owned()],
            issued_at: Some(date(1_767_225_600)),
            expires_at: date(1_767_229_200),
            token_id: text("jti"),
            acr: None,
            auth_time: None,
            claims: (claims.as_object().into_iter().flatten())
                .map(|(name, value)| (name.clone(), Any(value.clone())))
                .collect(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn members_are_json_whatever_their_text_contains() {
        let texts = [
            "plain",
            "",
            "a\"b",
            "a\\b",
            "a\nb",
            "\u{1}",
            "\u{7f}",
            "ü😀",
            "</script>",
        ];
        for text in texts {
            let mut json = Members {
                text: String::new(),
                are_plain: false,
            };
            json.text("one", Some(text));
            json.text("none", None);
            json.texts("two", [text, "b"].into_iter());
            json.texts("no", iter::empty());

            let read: Value = serde_json::from_str(&(json.text + "}")).unwrap();

            let expected = json!({ "one": text, "two": [text, "b"], "no": [] });
            assert_eq!(read, expected, "{text:?}");
        }
    }
}
